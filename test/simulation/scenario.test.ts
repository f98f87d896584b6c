/**
 * A work item from its hand-over at a tracker to the merge at a forge, as 22 recorded deliveries tell it. However they come -
 * in order or not, twice, under another id, or never - and however often the process is killed between two of them, it ends
 * the same.
 *
 *   SIGNALBOX_SEED=42   the same orders as another time
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromPromise } from 'xstate';
import { takeDelivery } from '../../src/app/deliveries.ts';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { outsideKinds, taskOutside } from '../../src/app/outside/kinds.ts';
import { defaultSettings, type Settings } from '../../src/app/settings.ts';
import { usualBoard } from '../../src/domain/board.ts';
import type { Tracker } from '../../src/integrations/tracker.ts';
import { intakeId } from '../../src/machines/addresses.ts';
import type { Arranged } from '../../src/machines/candidate.ts';
import { itemLink } from '../../src/machines/links.ts';
import { pipelineSchema } from '../../src/machines/pipeline.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import type { Store } from '../../src/persistence/store.ts';
import type { MachineKind, Runtime, Transition } from '../../src/runtime/index.ts';
import { secretOf } from '../integrations/webhooks/deliveries.ts';
import { places } from '../persistence/places.ts';
import { createFakeClock } from '../support/clock.ts';
import { atForge, forgeKinds, forgeTask } from '../support/forge-tasks.ts';
import { startTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { item, playItem, silentTracker } from './played-item.ts';
import { base, heads, mergeCommit, type PlayedWork, playWork, type Step, steps } from './played-work.ts';

const branch = 'feature/ORCH-017-delivery-log';
const senders = {
  gitea: { kind: 'gitea' as const, name: 'home', secrets: [secretOf.gitea], repositories: ['acme/shop'] },
  plane: { kind: 'plane' as const, name: 'plan', secrets: [secretOf.plane], repositories: [] },
};
const senderOf = ({ name }: Step) => senders[name.includes('plane') ? 'plane' : 'gitea'];
const intake = intakeId('shop', 'plan', 'ORCH');

/** What is planned is approved by a person at the tracker; then as everywhere at a forge. */
const pipeline = pipelineSchema.parse({
  ...atForge,
  name: 'planned',
  stages: [
    { name: 'plan', role: 'planner', gates: [{ kind: 'approval', name: 'approval' }], rework: { limit: 1 } },
    ...atForge.stages,
  ],
});

/** How the delivery of a step fares. */
interface Fate {
  isLost: boolean;
  /** After how many later steps it arrives. */
  delay: number;
  /** Breaks ties between what arrives at once. */
  rank: number;
  /** How often it arrives under its own id. */
  copies: number;
  /** Whether it also arrives under another id. */
  isReplayed: boolean;
  /** Whether the process is killed before it arrives, and before the step itself. */
  isKilled: boolean;
}

const calm: Fate = { isLost: false, delay: 0, rank: 0, copies: 1, isReplayed: false, isKilled: false };

/** Lives from one kill to the next on the same data. */
async function live(open: () => Store) {
  const work = playWork();
  const clock = createFakeClock();
  const played = playItem(clock.now);
  const transitions: Transition[] = [];
  let system: TestRuntime | undefined;
  const begin = async () => {
    const listeners = [(transition: Transition) => void transitions.push(transition)];
    const kinds = scenarioKinds(work, played.tracker, async () => system!.runtime);
    system = await startTestRuntime({ kinds, clock, store: open(), listeners });
    await system.settle();
    return system;
  };
  const { runtime } = await begin();
  await runtime.create('mergeQueue', 'merge:r', { resource: 'r' });
  await runtime.create('intake', intake, { project: 'shop', tracker: 'plan', place: 'ORCH', pollMs: 30_000 });
  // Before anything is handed over there has been a look.
  await runtime.send(intake, { type: 'intake.look' });
  await system!.settle();
  return {
    work,
    clock,
    played,
    transitions,
    system: () => system!,
    async kill() {
      await system!.runtime.stop({ drainMs: 0 });
      await system!.store.close();
      await begin();
    },
  };
}

/** Real machines, real looks at the tracker and real words; the task is arranged without git. */
function scenarioKinds({ outside }: PlayedWork, tracker: Tracker, runtime: () => Promise<Runtime>): MachineKind[] {
  const arranged: Arranged = {
    id: 'ORCH-017',
    definition: pipeline as never,
    input: { ...(forgeTask(branch) as object), project: 'shop', source } as never,
    links: [itemLink('plan', item.id)],
    tokens: 0,
    notes: [],
  };
  const real = outsideKinds({
    settings: () => settings,
    trackers: { get: async (name: string) => (name === 'plan' ? tracker : silentTracker(name)) },
    chats: { get: () => Promise.reject(new Error('there is no chat')) },
    runtime,
    making: async () => ({ store: { isGone: async () => false } }) as never,
  });
  const own = machineKinds
    .filter(({ name }) => Object.hasOwn(real, name))
    .map(kind => ({ ...kind, ...real[kind.name] }))
    .map(kind =>
      kind.name === 'candidate'
        ? { ...kind, actors: { ...kind.actors, arrange: fromPromise(async () => arranged) as never } }
        : kind,
    );
  const ground = {
    settings: () => settings,
    trackers: { get: async (name: string) => (name === 'plan' ? tracker : silentTracker(name)) },
    runtime,
  } as never;
  const others = forgeKinds(outside).filter(({ name }) => !own.some(kind => kind.name === name));
  return [
    ...own,
    ...others.map(kind =>
      kind.name === 'task' ? { ...kind, effects: { ...kind.effects, ...taskOutside(ground).effects } } : kind,
    ),
  ];
}

const source = {
  ...{ tracker: 'plan', id: item.id, project: item.project, item: item.id, key: 'ORCH-17', url: null },
};
const usual = { labels: [], states: ['Todo'], assignees: [], authors: [] };
const settings = {
  ...defaultSettings,
  projects: {
    shop: {
      ...{ name: 'shop', prefix: 'ORCH', remote: 'acme/shop', forge: 'home', people: null },
      sources: [
        {
          ...{ tracker: 'plan', trackerProject: 'ORCH', pick: usual, board: usualBoard },
          wins: { text: 'tracker', card: 'tracker' },
        },
      ],
    },
  },
} as unknown as Settings;

type Life = Awaited<ReturnType<typeof live>>;

let replays = 0;

async function deliver({ system }: Life, step: Step, isReplay = false): Promise<void> {
  const { delivery } = step;
  const id = `replay-${++replays}`;
  const { kind } = senderOf(step);
  const raw = isReplay ? { ...delivery, headers: { ...delivery.headers, [`x-${kind}-delivery`]: id } } : delivery;
  const taker = {
    runtime: system().runtime,
    ownAccounts: () => ({ logins: ['dev-bot'], ids: [] }),
    secrets: () => [],
    now: Date.now,
  };
  expect(await takeDelivery(taker, [senderOf(step)], raw)).toMatchObject({
    outcome: expect.stringMatching(/^[adi]/),
  });
  await system().settle();
}

/** Lets the time go on until something is so. A gate looks again every minute. */
async function within(minutes: number, { system }: Life, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let minute = 0; minute < minutes && !(await isSo()); minute++) await system().advance(60_000);
  if (!(await isSo()))
    throw new Error(`it does not come within ${minutes} minutes: ${await system().state('ORCH-017')}`);
}

/** Nobody approves what is not asked. */
async function isAsked({ system }: Life, { name }: Step): Promise<boolean> {
  if (!name.includes('plane') || name.includes('to_todo')) return true;
  return (await system().runtime.actor('ORCH-017'))?.tags.includes('approval') === true;
}

async function play(life: Life, fates: readonly Fate[]): Promise<void> {
  const waiting: { step: Step; fate: Fate; at: number }[] = [];
  const arrive = async (now: number) => {
    const due = waiting.filter(({ at }) => at <= now).sort((a, b) => a.fate.rank - b.fate.rank);
    for (const one of due) {
      waiting.splice(waiting.indexOf(one), 1);
      if (one.fate.isKilled) await life.kill();
      for (let copy = 0; copy < one.fate.copies; copy++) await deliver(life, one.step);
      if (one.fate.isReplayed) await deliver(life, one.step, true);
    }
  };
  for (const [index, step] of steps.entries()) {
    const fate = fates[index]!;
    if (fate.isKilled) await life.kill();
    await within(5, life, async () => (await isAsked(life, step)) && life.work.isPossible(step));
    if (step.name.includes('to_todo')) life.played.handOver(life.clock.now());
    if (step.name.includes('approved') && step.name.includes('plane')) life.played.approve(life.clock.now());
    life.work.happens(step);
    if (!fate.isLost) waiting.push({ step, fate, at: index + fate.delay });
    await arrive(index);
  }
  await within(5, life, async () => (await life.system().runtime.actor('ORCH-017'))?.status === 'done');
  await arrive(Number.POSITIVE_INFINITY);
}

/** Everything that must not depend on how the deliveries came. */
async function endOf({ work, played, system }: Life) {
  const { state, snapshot } = (await system().runtime.actor('ORCH-017'))!;
  const { context } = JSON.parse(snapshot) as { context: TaskContext };
  const { merged, head, forge, rework, attempts, verdicts, endedBecause } = context;
  const words = Object.values(verdicts).map(({ gate, verdict, codeTree }) => `${gate} ${verdict} ${codeTree}`);
  return {
    ...{ state, head, forge, rework, attempts, words, endedBecause, merged: merged?.commit },
    looked: [...work.verdicts],
    card: played.moves.at(-1),
    written: [...played.comments.keys()],
  };
}

const expected = {
  state: 'done',
  head: mergeCommit,
  merged: mergeCommit,
  looked: [
    ...[`ci fail ${heads[0]!.slice(0, 7)}`, `ci pass ${heads[1]!.slice(0, 7)}`, `people fail ${heads[1]!.slice(0, 7)}`],
    ...[`ci pass ${heads[2]!.slice(0, 7)}`, `people pass ${heads[2]!.slice(0, 7)}`],
    `shipped pass ${mergeCommit.slice(0, 7)}`,
  ],
  card: 'Done',
  written: ['<!-- signalbox:ORCH-017 -->', '<!-- signalbox:ORCH-017:question-1 -->'],
};

/** The commit of which the task is at a transition, and of which the news speaks. */
function movedByOlder({ transitions }: Life): string[] {
  let head = base;
  return transitions.flatMap(({ actorId, event, type, outcome, snapshot }) => {
    if (actorId !== 'ORCH-017') return [];
    const before = head;
    head = ((snapshot as { context?: TaskContext })?.context?.head ?? head) as string;
    const isOlder = type.startsWith('ci.') && event.sha !== before;
    return isOlder && outcome === 'applied' ? [`${type} of ${String(event.sha)}`] : [];
  });
}

async function check(life: Life) {
  expect(movedByOlder(life)).toEqual([]);
  expect(life.system().faults).toEqual([]);
  expect((await life.system().runtime.verify()).differences).toEqual([]);
  const letters = await life.system().runtime.deadLetters();
  expect([letters.events, letters.outbox]).toEqual([[], []]);
  await life.system().runtime.stop({ drainMs: 0 });
}

test.each(places)('delivered in order, it goes from the first build to the merge ($name)', async ({ find }) => {
  const life = await live(find().open);
  await play(
    life,
    steps.map(() => calm),
  );
  expect(await endOf(life)).toMatchObject(expected);
  // Nobody had to look without being told.
  expect(life.transitions.filter(({ type }) => type.startsWith('xstate.after.'))).toEqual([]);
  await check(life);
});

test.each(places)('with every delivery lost it ends the same, some minutes later ($name)', async ({ find }) => {
  const life = await live(find().open);
  await play(
    life,
    steps.map(() => ({ ...calm, isLost: true })),
  );
  expect(await endOf(life)).toMatchObject(expected);
  await check(life);
});

test.each(places)('killed between any two, and everything twice, it ends the same ($name)', async ({ find }) => {
  const life = await live(find().open);
  await play(
    life,
    steps.map(() => ({ ...calm, copies: 2, isReplayed: true, isKilled: true })),
  );
  expect(await endOf(life)).toMatchObject(expected);
  await check(life);
});

test('in any order, doubled, lost and with kills between them it ends the same', async () => {
  const fate = fc.record({
    isLost: fc.integer({ min: 0, max: 4 }).map(luck => luck === 0),
    delay: fc.integer({ min: 0, max: 6 }),
    rank: fc.nat(1_000),
    copies: fc.integer({ min: 1, max: 2 }),
    isReplayed: fc.boolean(),
    isKilled: fc.integer({ min: 0, max: 5 }).map(luck => luck === 0),
  });
  const calmly = await live(places[0]!.find().open);
  await play(
    calmly,
    steps.map(() => calm),
  );
  const end = await endOf(calmly);
  const seed = process.env.SIGNALBOX_SEED;
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { minLength: steps.length, maxLength: steps.length }), async fates => {
      const life = await live(places[0]!.find().open);
      await play(life, fates);
      expect(await endOf(life)).toEqual(end);
      await check(life);
    }),
    { numRuns: 60, ...(seed !== undefined && { seed: Number(seed) }) },
  );
}, 120_000);
