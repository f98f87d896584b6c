/** Cards are kept up with what happens: moved at once, never back, and each by the newest that is known. */
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { stageAt } from '../../src/machines/standing.ts';
import { hasEnded, needsPerson, tasksStore } from '../../web/src/state/tasks.ts';
import { cardOf, entryOf } from './cards.ts';

const board = (position: number, ...items: ReturnType<typeof cardOf>[]) => ({
  board: { position, items, pipelines: [{ name: 'default', stages: ['analysis', 'review'] }], nextCursor: null },
});
const now = () => tasksStore.getSnapshot().context;

beforeEach(() => tasksStore.trigger.forgotten());

test('a transition moves its card at once', () => {
  tasksStore.trigger.read(board(100, cardOf({})));
  tasksStore.trigger.happened({ entries: [entryOf({ seq: 2 })] });
  expect(now().cards.get('ET-1')).toMatchObject({
    ...{ state: 'paused.analysis.held', stage: 'analysis', standing: 'paused', version: 2 },
  });
});

test('what a card knows already changes nothing, and what is read later is never older than what was told', () => {
  tasksStore.trigger.read(board(100, cardOf({ version: 3, state: 'review.gating', stage: 'review' })));
  tasksStore.trigger.happened({ entries: [entryOf({ seq: 2 }), entryOf({ seq: 3 })] });
  expect(now().cards.get('ET-1')).toMatchObject({ version: 3, state: 'review.gating' });
  tasksStore.trigger.happened({ entries: [entryOf({ seq: 5 })] });
  tasksStore.trigger.read(board(104, cardOf({ version: 4, state: 'review.gating' })));
  expect(now().cards.get('ET-1')).toMatchObject({ version: 5, standing: 'paused' });
});

test('who goes on does so from the first page that was read, and then from what was told last', () => {
  tasksStore.trigger.read(board(100, cardOf({})));
  tasksStore.trigger.read(board(180, cardOf({ id: 'ET-2' })));
  expect(now().position).toBe(100);
  tasksStore.trigger.happened({ entries: [entryOf({ position: 190 })] });
  expect(now().position).toBe(190);
});

test('however pages and events come, a card shows the newest version that there was of it', () => {
  const known = fc.record({ isRead: fc.boolean(), version: fc.integer({ min: 1, max: 30 }) });
  fc.assert(
    fc.property(fc.array(known, { minLength: 1 }), told => {
      tasksStore.trigger.forgotten();
      tasksStore.trigger.read(board(1, cardOf({ version: 1 })));
      for (const { isRead, version } of told) {
        if (isRead) tasksStore.trigger.read(board(version, cardOf({ version })));
        else tasksStore.trigger.happened({ entries: [entryOf({ seq: version })] });
      }
      expect(now().cards.get('ET-1')!.version).toBe(Math.max(1, ...told.map(({ version }) => version)));
    }),
  );
});

test('events of runs and of other actors move no card', () => {
  tasksStore.trigger.read(board(100, cardOf({})));
  tasksStore.trigger.happened({ entries: [entryOf({ actorId: 'ET-1.analysis.3', kind: 'agentRun', seq: 9 })] });
  expect(now().cards.get('ET-1')!.version).toBe(1);
});

test('a paused task is in its stage, and what has ended needs nobody', () => {
  expect(['paused.review.held', 'review.gating', 'done'].map(stageAt)).toEqual(['review', 'review', 'done']);
  expect(needsPerson({ standing: 'person' }) && needsPerson({ standing: 'blocked' })).toBe(true);
  expect((['done', 'cancelled', 'failed', 'broken'] as const).every(standing => hasEnded({ standing }))).toBe(true);
});
