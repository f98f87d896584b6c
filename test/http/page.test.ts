/** The page on the network: to whom it is given, and under which policy. */
import { expect, test } from 'vitest';
import { places } from '../../src/http/page/places.ts';
import { addPage } from '../../src/http/page/routes.ts';
import { emptySite, openService } from './place.ts';

async function withPage() {
  const { ask } = await openService(await emptySite(), { more: server => addPage(server) });
  const look = (path: string, accept?: string) =>
    ask('GET', path, undefined, { authorization: undefined, ...(accept && { accept }) });
  return { ask, look };
}

const ofBrowser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

test('a browser that is led to a place of the page gets the page, also without a token', async () => {
  const { look } = await withPage();
  for (const place of places) {
    const path = place.replace(/:\w+/g, 'ET-3');
    const { status, headers, body } = await look(path, ofBrowser);
    expect([path, status, headers['content-type']]).toEqual([path, 200, 'text/html; charset=utf-8']);
    expect(headers.vary).toContain('accept');
    expect(headers['cache-control']).toBe('no-cache');
    expect(body).toContain('<div id="root">');
  }
});

test('a program gets from the same address what it always got', async () => {
  const { ask, look } = await withPage();
  expect(await ask('GET', '/tasks')).toMatchObject({ status: 200, json: { items: [] } });
  expect(await ask('GET', '/tasks', undefined, { accept: '*/*' })).toMatchObject({ json: { items: [] } });
  expect(await ask('GET', '/tasks/ET-3')).toMatchObject({ status: 404, json: { reason: 'noTask' } });
  expect((await look('/tasks')).status).toBe(401);
  expect((await look('/')).headers['content-type']).toBe('text/html; charset=utf-8');
});

test('the policy lets nothing in from outside and runs nothing that is written into the page', async () => {
  const { look } = await withPage();
  const { headers, body } = await look('/', ofBrowser);
  const policy = headers['content-security-policy']!;
  expect(policy).not.toContain('unsafe');
  expect(policy).not.toMatch(/https?:|\*|data:/);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['referrer-policy']).toBe('no-referrer');
  expect(body).not.toMatch(/<style|<script(?![^>]* src=)|\son\w+=/);
  expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
});

test('what the page loads is there for as long as its name, and nothing beside it can be had', async () => {
  const { look } = await withPage();
  const { body } = await look('/', ofBrowser);
  const files = [...body.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) {
    const { status, headers } = await look(file);
    expect([file, status]).toEqual([file, 200]);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
  }
  for (const path of ['/assets/', '/assets/..%2findex.html', '/assets/.env', '/index.html', '/assets/no.js']) {
    expect([path, (await look(path)).status]).not.toEqual([path, 200]);
  }
});
