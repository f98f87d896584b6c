/** An application whose open tasks are items of a fake Plane: real machines, store, client and HTTP, and a clock that moves by itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyActorLogic, fromPromise, setup } from 'xstate';
import { contextOf } from '../src/app/context.ts';
import { dataPaths } from '../src/app/data-directory.ts';
import { kindsFor } from '../src/app/kinds.ts';
import { createLanes } from '../src/app/lanes.ts';
import { lookAtTrackers } from '../src/app/outside/services.ts';
import { settingsOf } from '../src/app/settings.ts';
import { openLocal } from '../src/client/local.ts';
import { plainAgent } from '../src/domain/agent-spec.ts';
import { noHooks } from '../src/domain/hook.ts';
import type { Json } from '../src/domain/json.ts';
import { noUsage } from '../src/domain/usage.ts';
import { createPace } from '../src/integrations/http/pace.ts';
import type { ItemRef, Tracker, WorkItem } from '../src/integrations/tracker.ts';
import { createPlaneTracker } from '../src/integrations/trackers/plane.ts';
import { intakeId } from '../src/machines/addresses.ts';
import type { IntakeContext } from '../src/machines/intake.ts';
import { pipelineSchema } from '../src/machines/pipeline.ts';
import { openSqliteStore } from '../src/persistence/sqlite/store.ts';
import { type MachineKind, type Runtime, startRuntime } from '../src/runtime/index.ts';
import type { FakePlane } from '../src/testing/trackers/plane.ts';
import type { MovingClock } from './moving-clock.ts';

/** What was looked at, and when. */
export interface Look {
  id: string;
  at: number;
  /** `item`: as a whole, in a list or alone; `said`: what people have said under it. */
  what: 'item' | 'said';
  /** When the item was changed last; 0 where that is not told. */
  updatedAt: number;
}

interface Place {
  directory: string;
  plane: FakePlane;
  project: string;
  clock: MovingClock;
}

const [projectName, trackerName, identifier] = ['shop', 'plan', 'ET'];

/** One stage whose work a person has to approve. */
const pipeline = pipelineSchema.parse({
  name: 'approved',
  stages: [{ name: 'build', role: 'builder', gates: [{ kind: 'approval', name: 'people' }], rework: { limit: 1 } }],
});

const settingsFor = async ({ directory, plane }: Place, perMinute: number) => {
  const from = (name: string) => `\${${name}}`;
  mkdirSync(join(directory, 'shop'), { recursive: true });
  const tracker = { kind: 'plane', url: plane.url, workspace: plane.workspace, token: from('PLANE_TOKEN') };
  const project = { repository: './shop', target: 'main', tracker: trackerName, trackerProject: identifier };
  const config = {
    trackers: { [trackerName]: { ...tracker, requestsPerMinute: perMinute } },
    agents: { bot: { kind: 'command', program: ['true'] } },
    agent: 'bot',
    projects: { [projectName]: { ...project, pick: { labels: ['agent'] } } },
  };
  writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
  const env = { PATH: process.env.PATH ?? '', PLANE_TOKEN: plane.tokenOf('signalbox') };
  const at = { cwd: directory, env, data: join(directory, 'data'), warn: () => {} };
  const { config: read } = await openLocal(at, { name: 'bench', role: 'admin' }).here.configuration();
  return settingsOf(read);
};

export interface TrackerApp {
  runtime: Runtime;
  /** Makes a task of an item. Where nobody is asked its agent is at work, and never comes to an end. */
  addTask(item: { id: string; key: string }, how: { asks: boolean }): Promise<void>;
  intake(): Promise<IntakeContext>;
  close(): Promise<void>;
}

/** Begins to work, within this many requests a minute; what it looks at is told. */
export async function workAtTracker(
  place: Place,
  perMinute: number,
  onLook: (look: Look) => void,
): Promise<TrackerApp> {
  const { directory, project, clock } = place;
  const settings = await settingsFor(place, perMinute);
  const paths = dataPaths(join(directory, 'data'));
  mkdirSync(paths.dataDir, { recursive: true });
  const tracker = watched(trackerAt(place, perMinute), clock, onLook);
  const store = openSqliteStore({ file: paths.database });
  const faults: unknown[] = [];
  const lanes = createLanes({ now: clock.now, onFault: fault => void faults.push(fault) });
  const runtime: Promise<Runtime> = startRuntime({
    ...{ store, clock, lanes },
    kinds: kindsFor(paths, {
      settings: () => settings,
      trackers: { get: async () => tracker },
      runtime: () => runtime,
    }).map(playedIn),
    listeners: [lanes.listener, () => clock.stir()],
    observer: { onFault: fault => void faults.push(fault) },
  });
  const working = await runtime;
  await lanes.attach(working);
  await lookAtTrackers(working, settings);
  const intake = intakeId(projectName, trackerName, identifier);
  return {
    runtime: working,
    async addTask({ id, key }, { asks }) {
      const source = { tracker: trackerName, id, project, item: id, key, url: null };
      const input = { ...inputOf(key, asks), source };
      await working.create('task', key, input as unknown as Json, { definition: pipeline as unknown as Json });
    },
    intake: async () => contextOf<IntakeContext>((await working.actor(intake))!),
    async close() {
      await working.stop({ drainMs: 0 });
      await store.close();
      if (faults.length > 0) throw new Error(`${faults.length} faults`, { cause: faults[0] });
    },
  };
}

const inputOf = (id: string, asks: boolean) => ({
  ...{ title: 'Fix it', body: 'It does not work.', project: projectName, repository: '/tmp/shop', target: 'main' },
  ...{ branch: `feature/${id}`, workItem: id, worktree: asks ? '/asks' : '/works', priority: 5, forge: null },
  ...{ agent: plainAgent('true', ['true']), agents: {}, hooks: noHooks, mergeQueue: 'merge:shop', blockedBy: [] },
});

/** How long a request is on its way, there and back: the same for every run. */
function latencies() {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return 10 + (state / 2_147_483_647) ** 3 * 400;
  };
}

/** The client as it is, with the clock of the measurement, and a network on which requests overtake each other. */
function trackerAt({ plane, clock }: Place, perMinute: number): Tracker {
  const latency = latencies();
  return createPlaneTracker({
    ...{ name: trackerName, url: plane.url, workspace: plane.workspace, token: plane.tokenOf('signalbox'), perMinute },
    pace: createPace({ name: trackerName, perMinute, now: clock.now, sleep: clock.sleep }),
    async fetch(...asked) {
      await clock.sleep(latency());
      const answer = await clock.during(
        fetch(...asked).then(async response => ({ response, body: await response.arrayBuffer() })),
      );
      await clock.sleep(latency());
      const { status, headers } = answer.response;
      return new Response(status === 204 ? null : answer.body, { status, headers });
    },
  });
}

function watched(tracker: Tracker, { now }: MovingClock, onLook: (look: Look) => void): Tracker {
  const see = (item: WorkItem) => onLook({ id: item.id, at: now(), what: 'item', updatedAt: item.updatedAt });
  return Object.assign(Object.create(tracker) as Tracker, {
    async *changed(project: string, since: number | null) {
      for await (const item of tracker.changed(project, since)) {
        see(item);
        yield item;
      }
    },
    async item(ref: ItemRef) {
      const item = await tracker.item(ref);
      if (item !== undefined) see(item);
      return item;
    },
    async comments(ref: ItemRef, since: number | null) {
      const comments = await tracker.comments(ref, since);
      onLook({ id: ref.id, at: now(), what: 'said', updatedAt: 0 });
      return comments;
    },
  });
}

const playing = (play: (input: never) => unknown): AnyActorLogic =>
  fromPromise(async ({ input }) => play(input as never)) as AnyActorLogic;

/** A run that succeeds at once where its task is to ask somebody, and works on for ever elsewhere. */
const run = setup({
  types: {} as { context: { worktree: string }; input: { assignment: { worktree: string } } },
  actors: { inner: playing(() => ({})) },
  guards: { isQuick: ({ context }) => context.worktree === '/asks' },
}).createMachine({
  id: 'agentRun',
  context: ({ input }) => ({ worktree: input.assignment.worktree }),
  initial: 'beginning',
  states: {
    beginning: { always: [{ guard: 'isQuick', target: 'quick' }, { target: 'working' }] },
    quick: { invoke: { src: 'inner', input: {}, onDone: 'ended' } },
    // No job: a thousand of them would leave no place for whoever looks at the tracker.
    working: {},
    ended: { type: 'final' },
  },
  output: { outcome: 'succeeded', reason: 'succeeded', attempts: 1, workedMs: 5, usage: noUsage },
});

/** What a task does in its worktree is played, and nothing is shown at its item; all others are as they are. */
function playedIn(kind: MachineKind): MachineKind {
  if (kind.name === 'agentRun') return { name: 'agentRun', definition: { version: 1 }, build: () => run as never };
  if (kind.name !== 'task') return kind;
  const tree = { base: 'b'.repeat(40), head: 'a'.repeat(40), codeTree: 'tree' };
  const actors = {
    ...kind.actors,
    prepare: playing(() => tree),
    publish: playing(() => ({ ...tree, questions: null, objection: null })),
  };
  return { ...kind, actors, effects: { ...kind.effects, showItem: () => {}, removeWorktree: () => {} } };
}
