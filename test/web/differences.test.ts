/** What differs between two snapshots, by its path. */
import { expect, test } from 'vitest';
import { differences } from '../../web/src/views/task/differences.ts';

test('each part that differs is named by its path, with what it was and is', () => {
  const was = { attempts: { analysis: 1 }, head: 'a', gone: true, list: [1] };
  const is = { attempts: { analysis: 2 }, head: 'a', new: null, list: [1, 2] };
  expect(differences(was, is)).toEqual([
    { path: 'attempts.analysis', was: '1', is: '2' },
    { path: 'gone', was: 'true', is: '' },
    { path: 'list', was: '[1]', is: '[1,2]' },
    { path: 'new', was: '', is: 'null' },
  ]);
});

test('what is the same differs in nothing, and what is long is cut', () => {
  expect(differences({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toEqual([]);
  const [only] = differences('', 'x'.repeat(1_000));
  expect(only!.is.length).toBeLessThan(310);
});
