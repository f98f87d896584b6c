/** The catalogue of failures: what the code throws, what the documents say and what HTTP answers are the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorsText } from '../../scripts/errors.ts';
import { SignalboxError } from '../../src/domain/errors.ts';
import { errorOf, problemOf } from '../../src/domain/problem.ts';
import { reasons } from '../../src/domain/reasons.ts';

const root = new URL('../../', import.meta.url).pathname;
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => ({ file, text: readFileSync(join(root, 'src', file), 'utf8') }));

const thrown = sources.flatMap(({ file, text }) =>
  [...text.matchAll(/new SignalboxError\(\s*'([a-z_]+)',\s*'(\w+)'/g)].map(([, code, reason]) => ({
    file,
    code: code!,
    reason: reason!,
  })),
);

test('every reason is thrown under the kind that the catalogue gives it', () => {
  const wrong = thrown.filter(({ code, reason }) => reasons[reason as keyof typeof reasons]?.[0] !== code);
  expect(wrong).toEqual([]);
});

test('every failure in the sources names its reason as a word that can be looked up', () => {
  const all = sources.flatMap(({ text }) => [...text.matchAll(/new SignalboxError\(/g)]);
  // `errorOf` hands on what it has read, whatever it is called.
  expect(all.length).toBe(thrown.length + 1);
});

test('no reason is in the catalogue that nobody gives', () => {
  const used = new Set(sources.flatMap(({ text }) => [...text.matchAll(/'(\w+)'/g)].map(([, word]) => word)));
  expect(Object.keys(reasons).filter(reason => !used.has(reason))).toEqual([]);
});

test('the documents list every reason with its kind, status and meaning, and no other', () => {
  expect(readFileSync(join(root, 'docs/errors.md'), 'utf8')).toBe(errorsText());
  const rows = [...errorsText().matchAll(/^\| `(\w+)` \| `\w+` \| \d{3} \| .* \|$/gm)].map(([, reason]) => reason);
  expect(rows.filter(reason => reason! in reasons)).toEqual(Object.keys(reasons));
});

test('a failure survives the way through a problem document', () => {
  const error = new SignalboxError('not_found', 'noTask', 'There is no task "x".', {
    problems: [{ path: 'taskId', message: 'no such task' }],
    remedy: { say: 'look which there are', operation: 'task.list' },
  });
  const document = JSON.parse(JSON.stringify(problemOf(error)));
  expect(document).toMatchObject({ status: 404, reason: 'noTask', detail: error.message });
  expect(errorOf(document)).toEqual(error);
});

test('a bug has no reason and tells nothing but its message', () => {
  const document = problemOf(new TypeError('x is undefined'));
  expect(document).toEqual({
    type: 'https://signalbox.dev/problems/bug',
    title: 'bug',
    status: 500,
    detail: 'x is undefined',
  });
  expect(errorOf(document)).not.toBeInstanceOf(SignalboxError);
});
