/** Both languages say everything, and count as people count. */
import { expect, test } from 'vitest';
import { en } from '../../web/src/texts/en.ts';
import { ru } from '../../web/src/texts/ru.ts';

const textsIn = (value: unknown, path = ''): [string, unknown][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => textsIn(inner, `${path}/${key}`))
    : [[path, value]];
const keysOf = (texts: object) => textsIn(texts).map(([path]) => path);

test('each text has its counterpart', () => {
  expect(keysOf(ru).sort()).toEqual(keysOf(en).sort());
});

test('no text of the other language was left in English', () => {
  const russian = new Map(textsIn(ru));
  const same = textsIn(en).flatMap(([path, text]) =>
    typeof text === 'string' && russian.get(path) === text ? [path] : [],
  );
  expect(same).toEqual(['/views/apiDocs']);
});

test('Russian counts by its own rules', () => {
  expect([1, 2, 5, 11, 21, 22].map(ru.board.count)).toEqual([
    ...['1 задача', '2 задачи', '5 задач', '11 задач', '21 задача', '22 задачи'],
  ]);
});
