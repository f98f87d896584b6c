/** Which column a card is in, and in which order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { standings } from '../../src/machines/standing.ts';
import { before, columnsOf, ended, filterIn, inOneList } from '../../web/src/views/board/columns.ts';
import { cardOf } from './cards.ts';

const pipelines = new Map([
  ['default', ['analysis', 'development', 'review']],
  ['quick', ['development', 'deploy']],
]);
const shown = (cards: ReturnType<typeof cardOf>[], query = {}) =>
  columnsOf(cards, pipelines, filterIn(query)).map(({ key, cards: those }) => [key, those.map(({ id }) => id)]);

test('columns are the stages in their order, then what has ended; what waits to begin comes first', () => {
  const cards = [
    cardOf({ id: 'A', stage: 'review' }),
    cardOf({ id: 'B', stage: 'created', standing: 'waiting' }),
    cardOf({ id: 'C', stage: 'done', standing: 'done' }),
    cardOf({ id: 'D', stage: 'landing' }),
  ];
  expect(shown(cards)).toEqual([
    [before, ['B']],
    ['analysis', []],
    ['development', []],
    ['review', ['A']],
    ['landing', ['D']],
    [ended, ['C']],
  ]);
});

test('what needs a person stands first, then what is blocked, then what moves', () => {
  const cards = (['paused', 'waiting', 'working', 'blocked', 'person'] as const).map(standing =>
    cardOf({ id: standing, standing }),
  );
  const [, ids] = shown(cards).find(([key]) => key === 'analysis')!;
  expect(ids).toEqual(['person', 'blocked', 'working', 'waiting', 'paused']);
});

test('in one list stands what needs a person first, and what has ended last, the newest of it first', () => {
  const at = (minute: number) => new Date(minute * 60_000).toISOString();
  const cards = [
    cardOf({ id: 'landed', standing: 'done', updatedAt: at(5) }),
    cardOf({ id: 'landed later', standing: 'done', updatedAt: at(6) }),
    cardOf({ id: 'moves', standing: 'working', updatedAt: at(2) }),
    cardOf({ id: 'asks', standing: 'person', updatedAt: at(3) }),
  ];
  expect(inOneList(cards).map(({ id }) => id)).toEqual(['asks', 'moves', 'landed later', 'landed']);
});

test('a search finds ids and titles, and a filter what it names', () => {
  const cards = [cardOf({ id: 'ET-1' }), cardOf({ id: 'ET-2', title: 'Mend totals', project: 'bank' })];
  const ids = (query: object) => shown(cards, query).flatMap(([, those]) => those);
  expect(ids({ q: 'TOTALS' })).toEqual(['ET-2']);
  expect(ids({ q: 'et-1' })).toEqual(['ET-1']);
  expect(ids({ project: 'bank' })).toEqual(['ET-2']);
  expect(ids({ standing: 'blocked' })).toEqual([]);
  expect(shown(cards, { group: 'project' }).map(([key]) => key)).toEqual(['shop', 'bank', ended]);
});

test('each card that is shown is in one column', () => {
  const card = fc.record({
    id: fc.uuid(),
    standing: fc.constantFrom(...standings),
    stage: fc.constantFrom('created', 'waiting', 'analysis', 'development', 'review', 'deploy', 'landing', 'other'),
    pipeline: fc.constantFrom('default', 'quick', 'unknown'),
    project: fc.constantFrom('shop', 'bank'),
  });
  fc.assert(
    fc.property(fc.uniqueArray(card, { selector: ({ id }) => id }), fc.constantFrom('', 'project'), (all, group) => {
      const found = columnsOf(
        all.map(fields => cardOf(fields)),
        pipelines,
        filterIn({ group }),
      );
      expect(found.flatMap(({ cards }) => cards.map(({ id }) => id)).sort()).toEqual(all.map(({ id }) => id).sort());
      expect(found.map(({ key }) => key)).toEqual([...new Set(found.map(({ key }) => key))]);
    }),
  );
});
