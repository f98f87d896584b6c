/** Every operation has a command, a route, an entry in the OpenAPI document, a way from afar and a place in the reference. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { referenceText } from '../../scripts/reference.ts';
import { commands } from '../../src/cli/commands.ts';
import { wordsOf } from '../../src/domain/command-line.ts';
import { openApiOf } from '../../src/http/openapi.ts';
import { jsonSchemaOf } from '../../src/operations/http.ts';
import { allOperations, operationNames, streamNames } from '../../src/operations/index.ts';
import { isStream } from '../../src/operations/operation.ts';

const all = await allOperations();
const described = (schema: z.ZodType) =>
  Object.entries((jsonSchemaOf(schema, 'input').properties ?? {}) as Record<string, { description?: string }>);

/** What is about the machine on which it is asked, and why it cannot be asked from afar. */
const local = ['config.check', 'data.restore', 'doctor', 'gates.detect', 'init', 'look', 'prompt.render'];

test('an operation is listed under its own name', () => {
  expect(all.map(({ name }) => name)).toEqual(operationNames);
});

test('every operation says in words what it is for, and every field what it means', () => {
  for (const { name, summary, input } of all) {
    expect(summary, name).toMatch(/^\S.{10,}[^.]$/);
    for (const [field, { description }] of described(input)) {
      const isNested = field === 'context';
      expect(isNested || Boolean(description), `${name}.${field}`).toBe(true);
    }
  }
});

test('an operation takes no field that it does not know, and names it', () => {
  for (const { name, input } of all) {
    const { error } = input.safeParse({ noSuchField: 1 });
    expect(JSON.stringify(error?.issues), name).toContain('noSuchField');
  }
});

test('every operation has a command', () => {
  expect(operationNames.filter(name => !commands.has(wordsOf(name)))).toEqual([]);
});

test('every operation has a route, but what is about the machine on which it is asked', () => {
  expect(
    all
      .filter(({ route }) => route === null)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(local);
  const routes = all.flatMap(({ route }) =>
    route === null ? [] : [route.path, ...(route.aliases ?? [])].map(path => `${route.method} ${path}`),
  );
  expect(routes).toEqual([...new Set(routes)]);
});

test('the fields of a path are fields of the input', () => {
  for (const { name, route, input } of all) {
    const fields = [...(route?.path.matchAll(/:(\w+)/g) ?? [])].map(([, field]) => field!);
    for (const field of fields) expect(Object.keys(input.shape), name).toContain(field);
  }
});

test('what changes something is no GET, and nobody who may only look may ask for it', () => {
  for (const { name, changes, may, route } of all) {
    if (changes) expect([may, route?.method], name).not.toContain('viewer');
    if (changes) expect(route?.method ?? 'POST', name).toBe('POST');
    else expect(route?.method ?? 'GET', name).toBe('GET');
  }
});

test('every operation has an entry in the OpenAPI document for each of its routes', async () => {
  const { paths } = (await openApiOf('1.2.3')) as { paths: Record<string, Record<string, Record<string, string>>> };
  const entries = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, entry]) => `${entry['x-operation']} ${method.toUpperCase()} ${path}`),
  );
  const routes = all.flatMap(({ name, route }) =>
    route === null ? [] : [route.path, ...(route.aliases ?? [])].map(path => `${name} ${route.method} ${path}`),
  );
  const written = routes.map(route => route.replace(/:(\w+)/g, '{$1}'));
  expect(entries.filter(entry => !entry.startsWith('undefined')).sort()).toEqual(written.sort());
});

test('what is answered as a document of its own says of which types', () => {
  for (const { name, media, mediaTypes } of all) expect(mediaTypes !== undefined, name).toBe(media !== undefined);
});

test('those that answer bit by bit are listed as such', () => {
  expect(
    all
      .filter(isStream)
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...streamNames].sort());
});

test('the reference in the documents is what follows from the operations', async () => {
  const file = new URL('../../docs/reference.md', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(await referenceText());
});
