/** Figures of tasks that went ways by chance: times add up, counts add up, and nothing is counted twice or left out. */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type End, endIn } from '../../../src/machines/task/phases.ts';
import { compileTask } from '../../../src/machines/task/task.ts';
import { figuresShow } from '../../../src/operations/figures-show.ts';
import type { Who } from '../../../src/operations/operation.ts';
import type { FiguresView } from '../../../src/operations/views/figures.ts';
import { openMemoryStore } from '../../../src/persistence/memory.ts';
import { emptyCommit, type Store } from '../../../src/persistence/store.ts';
import { openReader } from '../../../src/runtime/reader.ts';
import { createWalks, steps, type Walked } from '../../machines/walks.ts';
import { mergingModel, smallPipeline, taskModel } from '../../model/cases.ts';
import { places } from '../../persistence/places.ts';
import { actorWrite, logEntry } from '../../persistence/rows.ts';
import { expectToAddUp } from './adding-up.ts';
import { storeTasks, type WalkedTask } from './walked.ts';

const machine = compileTask(smallPipeline);
const walks = createWalks(smallPipeline, [
  taskModel(machine),
  mergingModel(machine, { plan: 'documents', build: 'tests', ship: 'shipped' }),
]);

const day = 86_400_000;
const began = Date.parse('2026-03-01T00:00:00Z');

const run = fc.record({
  agent: fc.constantFrom('a', 'b'),
  waited: fc.nat(200_000),
  usage: fc.record({
    inputTokens: fc.nat(1_000),
    outputTokens: fc.nat(1_000),
    costUsd: fc.option(fc.nat(5_000_000).map(millionths => millionths / 1_000_000)),
  }),
});

const task = fc.record({
  way: steps,
  project: fc.constantFrom('shop', 'library'),
  delay: fc.integer({ min: 0, max: 40 * day }).map(ms => began + ms),
  runs: fc.array(run, { maxLength: 4 }),
});

const tasks = fc
  .array(task, { minLength: 1, maxLength: 6 })
  .map(all =>
    all.map(({ way, ...rest }, index): WalkedTask => ({ ...rest, id: `T-${index}`, log: walks.random(way) })),
  );

const who: Who = { name: 'ann', role: 'viewer', key: null, tell: () => {}, signal: new AbortController().signal };

function ask(store: Store, input: object): Promise<FiguresView> {
  const site = { runtime: openReader(store, async () => []) } as never;
  return figuresShow.run(site, figuresShow.input.parse(input), who) as Promise<FiguresView>;
}

const whole = { from: '2026-02-01', to: '2026-12-31' };
const latestOf = (log: readonly Walked[]) => Math.max(...log.map(({ at }) => at));

test('the times of the stages of a task add up to its lead time, and counts add up', async () => {
  await fc.assert(
    fc.asyncProperty(tasks, async all => {
      const store = openMemoryStore();
      await storeTasks(store, smallPipeline, all);
      const figures = await ask(store, whole);
      expectToAddUp(figures);
      const ended = (end: End | undefined) => all.filter(({ log }) => endIn(log.at(-1)!.to) === end);
      const { overall } = figures;
      for (const end of ['done', 'failed', 'cancelled'] as const) {
        expect(overall[end].tasks.toSorted()).toEqual(ended(end).map(({ id }) => id));
      }
      expect(overall.living.tasks.toSorted()).toEqual(ended(undefined).map(({ id }) => id));
      expect(overall.leadTime.totalMs).toBe(
        ended('done').reduce((sum, { log }) => sum + latestOf(log) - log[0]!.at, 0),
      );
      // Of those that have ended: until now there is no end to the others.
      for (const { id, project, log } of all.filter(({ log }) => endIn(log.at(-1)!.to) !== undefined)) {
        const alone = openMemoryStore();
        await storeTasks(
          alone,
          smallPipeline,
          all.filter(one => one.id === id),
        );
        const { stages } = await ask(alone, { ...whole, project });
        expect(stages.reduce((sum, { time }) => sum + time.totalMs, 0)).toBe(latestOf(log) - log[0]!.at);
      }
    }),
    { numRuns: 60 },
  );
});

test('a period divides tasks: each is counted in one of two that follow each other, and in its project', async () => {
  await fc.assert(
    fc.asyncProperty(
      tasks,
      fc.integer({ min: 0, max: 50 * day }),
      fc.constantFrom('day', 'week'),
      async (all, at, by) => {
        const store = openMemoryStore();
        await storeTasks(store, smallPipeline, all);
        const cut = new Date(began + at).toISOString();
        const [first, second, both] = await Promise.all([
          ask(store, { ...whole, to: cut, by }),
          ask(store, { ...whole, from: cut, by }),
          ask(store, { ...whole, by }),
        ]);
        for (const part of [first, second]) expectToAddUp(part);
        for (const name of ['done', 'failed', 'cancelled', 'living'] as const) {
          const [one, other] = [first.overall[name], second.overall[name]];
          expect([...other.tasks, ...one.tasks]).toEqual(both.overall[name].tasks);
        }
        for (const project of ['shop', 'library']) {
          const own = await ask(store, { ...whole, by, project });
          const among = both.projects.find(one => one.project === project);
          if (among === undefined) expect(own.projects).toEqual([]);
          else expect(own.projects).toEqual([among]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

/** Tasks that were each cancelled, a day apart. */
async function cancelledTasks(store: Store, count: number): Promise<void> {
  const log = walks.random(twoSteps).slice(0, 3);
  const { at, to, before, after } = log.at(-1)!;
  const end: Walked = {
    ...{ at: at + 1_000, type: 'task.cancel', outcome: 'applied', from: to, to: 'cancelled' },
    ...{ event: { type: 'task.cancel' }, before, after },
  };
  const all = Array.from({ length: count }, (_, index): WalkedTask => {
    return { id: `T-${index}`, project: 'shop', log: [...log, end], delay: began + index * day, runs: [] };
  });
  await storeTasks(store, smallPipeline, all);
}

const twoSteps = [
  { choice: 0, pause: 1_000 },
  { choice: 0, pause: 1_000 },
];

describe.each(places)('in $name', ({ find }) => {
  test('what has ended is read once, until more has happened', async () => {
    const store = find().open();
    await cancelledTasks(store, 5);
    const runtime = openReader(store, async () => []);
    const read = vi.spyOn(runtime, 'log');
    const asked = () => figuresShow.run({ runtime } as never, figuresShow.input.parse(whole), who);
    const first = await asked();
    expect(first.overall.cancelled.total).toBe(5);
    read.mockClear();
    expect((await asked()).overall).toEqual(first.overall);
    expect(read).not.toHaveBeenCalled();
    // Somebody speaks of a task that is over.
    const row = (await store.actor('T-2'))!;
    const version = row.version + 1;
    const late = { at: row.updatedAt + day, actorId: row.id, seq: version, from: row.state, to: row.state };
    await store.commit({
      ...emptyCommit(late.at),
      actors: [actorWrite({ ...row, listedBefore: null, baseVersion: row.version, version, snapshot: null })],
      log: [logEntry({ ...late, type: 'ci.failed', outcome: 'ignored', reason: 'it has ended' })],
    });
    expect((await asked()).overall).toEqual(first.overall);
    expect(new Set(read.mock.calls.map(([id]) => id))).toEqual(new Set(['T-2']));
  });

  test('what ended in the period is counted, whenever it was made and whatever was said of it later', async () => {
    const store = find().open();
    await cancelledTasks(store, 5);
    const from = new Date(began + day).toISOString();
    const to = new Date(began + 3 * day).toISOString();
    const { overall, periods } = await ask(store, { from, to });
    expect(overall.cancelled.tasks).toEqual(['T-2', 'T-1']);
    expect(periods.map(({ period }) => period)).toEqual(['2026-03-02', '2026-03-03']);
  });
});

test('others come in between, however much is counted', async () => {
  const store = openMemoryStore();
  await cancelledTasks(store, 60);
  let now = 0;
  // Whoever asks how long the event loop was held is told that it was for long.
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 10;
    return now;
  });
  onTestFinished(() => clock.mockRestore());
  let rounds = 0;
  let isOver = false;
  const others = (async () => {
    for (; !isOver; rounds++) await new Promise(resolve => setImmediate(resolve));
  })();
  await ask(store, whole);
  isOver = true;
  await others;
  expect(rounds).toBeGreaterThan(60);
});

test('nobody goes on counting for somebody who has left', async () => {
  const store = openMemoryStore();
  await cancelledTasks(store, 20);
  const runtime = openReader(store, async () => []);
  const read = vi.spyOn(runtime, 'log');
  const gone = { ...who, signal: AbortSignal.abort() };
  await figuresShow.run({ runtime } as never, figuresShow.input.parse(whole), gone);
  expect(read).not.toHaveBeenCalled();
});

test('a figure names its newest tasks, and says how many there are', async () => {
  const store = openMemoryStore();
  await cancelledTasks(store, 230);
  const { cancelled } = (await ask(store, whole)).overall;
  expect(cancelled.total).toBe(230);
  expect(cancelled.tasks).toEqual(Array.from({ length: 200 }, (_, index) => `T-${229 - index}`));
});
