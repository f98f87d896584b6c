/** A simulation is worth something only if it finds what is wrong: faults are planted, and each has to be told. */
import { expect, test } from 'vitest';
import { type AnyStateMachine, assign } from 'xstate';
import type { Spent } from '../../src/domain/budget.ts';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import { settle } from '../../src/machines/ledger.ts';
import { pipelineSchema } from '../../src/machines/pipeline.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import type { WorkerContext } from '../../src/machines/worker-context.ts';
import type { Commit } from '../../src/persistence/store.ts';
import type { Planted } from '../../src/simulation/orchestrator.ts';
import { type WorldSettings, worldSchema } from '../../src/simulation/settings.ts';
import { walk } from '../../src/simulation/walk.ts';
import { createWorld } from '../../src/simulation/world.ts';
import { atForge } from '../support/forge-tasks.ts';

const world = worldSchema.parse({ tasks: 2, crashes: 1, horizon: '7d', people: { repeats: 50 } });

/** What is told of walks with a fault in them, up to the first that tells anything. */
async function told(planted: Planted, where: WorldSettings = world): Promise<string> {
  for (let seed = 1; seed <= 20; seed++) {
    const { broken } = await walk(defaultPipeline, where, seed, { planted });
    if (broken.length > 0) return broken.join('\n');
  }
  return '';
}

/** A store that keeps something else than it is given. */
const lying = (change: (batch: Commit) => Partial<Commit>): Planted => ({
  store: store => ({ ...store, commit: batch => store.commit({ ...batch, ...change(batch) }) }),
});

/** A machine of which a part does something else. */
const careless = (name: string, parts: Parameters<AnyStateMachine['provide']>[0]): Planted => ({
  kinds: kinds =>
    kinds.map(kind =>
      kind.name === name ? { ...kind, build: definition => kind.build(definition).provide(parts) } : kind,
    ),
});

const nothing = assign({}) as never;

test('without a fault nothing is told', async () => {
  expect(await told({})).toBe('');
}, 30_000);

test('a store that forgets which agents are at work: a task waits for nobody', async () => {
  const forgetful = lying(({ jobsOpened }) => ({ jobsOpened: jobsOpened.filter(({ src }) => src !== 'agent') }));
  expect(await told(forgetful)).toMatch(/T-\d waits for nobody/);
}, 30_000);

test('a store in which nobody finds the jobs of the one before', async () => {
  const lost: Planted = { store: store => ({ ...store, openJobs: () => [] }) };
  expect(await told(lost)).toMatch(/T-\d waits for nobody/);
}, 30_000);

test('a store that never says when a deadline comes', async () => {
  const timeless: Planted = { store: store => ({ ...store, nextTimer: () => undefined, dueTimers: () => [] }) };
  const stalling = worldSchema.parse({ ...world, agents: { ends: { succeeded: 1, stalled: 1 } } });
  expect(await told(timeless, stalling)).toMatch(/the deadline \S+ of \S+ has come, and nothing came of it/);
}, 30_000);

test('a task that asks nobody, and a worker that lets nobody go', async () => {
  expect(await told(careless('task', { actions: { ask: nothing } }))).toMatch(
    /T-\d waits for a person, and nobody was asked/,
  );
  const limited = worldSchema.parse({ ...world, agents: { ends: { succeeded: 2, quota: 1 } } });
  expect(await told(careless('worker', { actions: { releaseHeld: nothing } }), limited)).toMatch(
    /T-\d waits for nobody/,
  );
}, 60_000);

test('a worktree that stays', async () => {
  const untidy: Planted = {
    kinds: kinds =>
      kinds.map(kind =>
        kind.name === 'task' ? { ...kind, effects: { ...kind.effects, removeWorktree: () => {} } } : kind,
      ),
  };
  expect(await told(untidy)).toMatch(/T-\d has ended, and its worktree was not removed/);
}, 30_000);

test('a store that forgets what was said once', async () => {
  const pipeline = pipelineSchema.parse(atForge);
  const forgetful: Planted = {
    store: store => ({
      ...store,
      hasKey: () => false,
      commit: batch => store.commit({ ...batch, log: batch.log.map(entry => ({ ...entry, dedupeKey: null })) }),
    }),
  };
  const repeating = worldSchema.parse({ ...world, forge: { lost: 0, doubled: 100 } });
  const broken: string[] = [];
  for (let seed = 1; seed <= 6 && broken.length === 0; seed++)
    broken.push(...(await walk(pipeline, repeating, seed, { planted: forgetful })).broken);
  expect(broken.join('\n')).toMatch(/came twice and was accepted again/);
}, 60_000);

test('a store whose log is not what led to its snapshots', async () => {
  const forged = lying(({ log }) => ({
    log: log.map(entry =>
      entry.type === 'task.approve' ? { ...entry, event: { ...entry.event, type: 'task.retry' } } : entry,
    ),
  }));
  expect(await told(forged)).toMatch(/T-\d is not what its log leads to/);
}, 30_000);

test('a gate that lets pass what the world has refused', async () => {
  const passing = assign(({ event }: { event: unknown }) => ({
    report: { ...(event as { output: object }).output, verdict: 'pass' },
  }));
  expect(await told(careless('gate', { actions: { recordVerdict: passing as never } }))).toMatch(
    /T-\d: \w+ takes main\S+, which tests has refused/,
  );
}, 30_000);

test('a worker that counts no time and no sessions', async () => {
  const free = careless('worker', {
    actions: {
      forgetRun: assign(({ context, event }: { context: unknown; event: unknown }) => forget(context, event)) as never,
    },
  });
  expect(await told(free)).toMatch(/agents have worked \d+ ms, and 0 ms are on the ledger/);
}, 30_000);

/** Ends a run, and books nothing but money. */
function forget(context: unknown, event: unknown) {
  const { ledger, queue, asked, running } = context as WorkerContext;
  const { runId, project, spent, at } = event as { runId: string; project: string; spent: Spent; at: number };
  const without = <Run extends { runId: string }>(runs: Run[]) => runs.filter(run => run.runId !== runId);
  const booked = settle(ledger, { project, spent: { ...spent, timeMs: 0, sessions: 0 }, at });
  return { ledger: booked, queue: without(queue), asked: without(asked), running: without(running) };
}

test('a task that keeps no account of its runs', async () => {
  const free = careless('task', { actions: { recordRun: nothing } });
  expect(await told(free)).toMatch(/has cost \$[\d.]+, and \$0.0000 are on its account/);
}, 30_000);

test('a worker that gives no place back', async () => {
  const greedy = careless('worker', { actions: { forgetRun: nothing } });
  expect(await told(greedy)).toMatch(/T-\S+ has ended, and holds or wants a place/);
}, 30_000);

test('a merge queue that does not let go', async () => {
  const clinging = careless('mergeQueue', { actions: { clearHolder: nothing, grantNext: nothing } });
  expect(await told(clinging)).toMatch(/T-\d has ended, and holds or wants the merge/);
}, 30_000);

test('a task that takes an answer for another question', async () => {
  const credulous = careless('task', { guards: { isForAnotherQuestion: () => false } });
  expect(await told(credulous, { ...world, people: { ...world.people, repeats: 100 } })).toMatch(
    /the answer to question \d+ was taken twice/,
  );
}, 60_000);

test('two agents in one worktree, and one that begins when all is over', () => {
  const quiet = createWorld(defaultPipeline, world, 1, () => {});
  const attempt = { taskId: 'T-1', stage: 'analysis', number: 1, isFirst: true };
  quiet.begin({ ...attempt, key: 'first' });
  expect(quiet.broken).toEqual([]);
  quiet.begin({ ...attempt, key: 'second' });
  expect(quiet.broken.at(-1)).toBe('T-1: second begins beside first, in the same worktree');
  quiet.end('T-2');
  quiet.begin({ ...attempt, taskId: 'T-2', key: 'third' });
  expect(quiet.broken.at(-1)).toBe('T-2: third begins after the task has ended');
});

test('a task that takes no answer at all', async () => {
  const deaf: Planted = {
    kinds: kinds => kinds.map(kind => (kind.name === 'task' ? { ...kind, build: () => withoutCancel() } : kind)),
  };
  expect(await told(deaf)).toMatch(/no answer to question \d+ is taken, not even to give it up/);
}, 30_000);

/** A machine of its own, in which every answer is for another question and nobody can give it up. */
function withoutCancel(): AnyStateMachine {
  const machine = compileTask(defaultPipeline);
  const walk = (node: { on?: Record<string, unknown>; states?: Record<string, object> }): void => {
    if (node.on !== undefined) delete node.on['task.cancel'];
    for (const child of Object.values(node.states ?? {})) walk(child);
  };
  walk(machine.config as never);
  return machine.provide({ guards: { isForAnotherQuestion: () => true } });
}
