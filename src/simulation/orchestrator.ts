/**
 * One orchestrator after another on the same disk: the runtime and the machines as they are, in a world that is simulated. It
 * may be killed at any write, before it or after it; then it is away for a while, and a next one takes over.
 */
import { ensureServices, mergeQueueId } from '../app/services.ts';
import { defaultSettings, type Settings } from '../app/settings.ts';
import type { AgentSpec } from '../domain/agent-spec.ts';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { workerId } from '../machines/addresses.ts';
import { createMemoryDisk, type MemoryDisk, openMemoryStore } from '../persistence/memory.ts';
import type { Store } from '../persistence/store.ts';
import { type MachineKind, type Runtime, startRuntime, type TransitionListener } from '../runtime/index.ts';
import type { Life } from './outside/job.ts';
import { kindsIn } from './outside/kinds.ts';
import type { World } from './world.ts';

/** Whether the process is killed at its nth write, counted over all lives: before it is stored, or after. */
export type CrashPlan = (write: number) => 'before' | 'after' | null;

/** Faults that somebody has planted, to see whether they are found. */
export interface Planted {
  kinds?(kinds: MachineKind[]): MachineKind[];
  store?(store: Store): Store;
}

export interface Orchestrator {
  /** The one that lives; undefined while none does. */
  readonly runtime: Runtime | undefined;
  /** How many deadlines that are still to come, and jobs that run, an actor and those below it have. */
  openOf(actorId: string): number;
  /** Deadlines that came more than a minute ago and were not taken. */
  overdue(): { actorId: string; timerId: string }[];
  readonly writes: number;
  readonly crashes: number;
  /** Lets everything happen that can happen without time going on. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** The process is gone, and with it whatever waited for an answer of it. */
class Killed extends Error {
  constructor() {
    super('the orchestrator was killed');
    this.name = 'Killed';
  }
}

/** Whether whoever asked was not answered because the process went. */
export const isKilled = (error: unknown): boolean =>
  error instanceof Killed || (error instanceof SignalboxError && error.code === 'unavailable');

export interface Watchers {
  crashes: CrashPlan;
  listener: TransitionListener;
  /** Called with each that begins, before anything is asked of it. */
  onBegin(runtime: Runtime): Promise<void>;
  planted?: Planted;
}

/** What stays when one is killed, and what is counted over all lives. */
interface Remains {
  disk: MemoryDisk;
  /** The states of tasks, as far as they are known. */
  states: Map<string, string>;
  writes: number;
  crashes: number;
  moves: number;
  alive: { runtime: Runtime; life: Life } | undefined;
}

export async function startOrchestrator(world: World, watchers: Watchers): Promise<Orchestrator> {
  const { calendar, settings } = world;
  const disk = createMemoryDisk();
  const remains: Remains = { disk, states: new Map(), writes: 0, crashes: 0, moves: 0, alive: undefined };
  let isWanted = true;
  let beginning: Promise<void> = Promise.resolve();
  function begin(): void {
    const onKilled = () => calendar.after(settings.away, () => void (isWanted && begin()));
    beginning = live(world, remains, watchers, onKilled).catch(error => {
      if (!(error instanceof Killed)) throw error;
    });
  }

  begin();
  await beginning;
  return {
    get runtime() {
      return remains.alive?.runtime;
    },
    openOf(actorId) {
      const isMeant = (id: string) => id === actorId || id.startsWith(`${actorId}.`);
      const deadlines = [...disk.timers.values()].filter(timer => isMeant(timer.actorId) && timer.due > calendar.now());
      const running = remains.alive?.life.jobs;
      const jobs = [...disk.jobs.values()].filter(job => isMeant(job.actorId) && running?.has(job.ref));
      return deadlines.length + jobs.length;
    },
    overdue: () => [...disk.timers.values()].filter(({ due }) => due < calendar.now() - 60_000),
    get writes() {
      return remains.writes;
    },
    get crashes() {
      return remains.crashes;
    },
    async settle() {
      for (let quiet = 0; quiet < 2; quiet++) {
        const before = remains.moves;
        await beginning;
        await remains.alive?.runtime.idle();
        await nextRound();
        if (remains.moves !== before) quiet = -1;
      }
    },
    async stop() {
      isWanted = false;
      await remains.alive?.runtime.stop({ drainMs: 0 });
      remains.alive = undefined;
    },
  };
}

/** One life: from its start to where it is killed, of which it tells. */
async function live(
  world: World,
  remains: Remains,
  { crashes: plan, listener, onBegin, planted: { kinds = same, store: stored = same } = {} }: Watchers,
  onKilled: () => void,
): Promise<void> {
  const { states } = remains;
  let isOver = false;
  let started: Runtime | undefined;
  const kill = () => {
    if (isOver) return;
    isOver = true;
    remains.crashes += 1;
    remains.alive = undefined;
    void started?.stop({ drainMs: 0 });
    world.tell(null, `the orchestrator is killed at write ${remains.writes}`);
    onKilled();
  };
  const life: Life = {
    get isOver() {
      return isOver;
    },
    stateOf: taskId => states.get(taskId) ?? '',
    jobs: new Set(),
  };
  const runtime = await startRuntime({
    store: killedAt(stored(openMemoryStore(remains.disk)), () => {
      if (isOver) throw new Killed();
      remains.writes += 1;
      return { when: plan(remains.writes), kill };
    }),
    kinds: kinds(kindsIn(world, life)),
    clock: world.calendar,
    listeners: [
      transition => {
        remains.moves += 1;
        if (transition.kind === 'task') states.set(transition.actorId, transition.to);
        listener(transition);
      },
    ],
    observer: {
      onFault(error) {
        if (!isOver) world.break(`the runtime reports a fault: ${messageOf(error)}`);
      },
    },
  });
  started = runtime;
  if (isOver) {
    await runtime.stop({ drainMs: 0 });
    return;
  }
  remains.alive = { runtime, life };
  for (const { id, state } of await runtime.actors({ kind: 'task', limit: 1_000 })) states.set(id, state);
  await prepare(runtime, world);
  await onBegin(runtime);
}

/** What a service does when it starts. */
async function prepare(runtime: Runtime, world: World): Promise<void> {
  const { limits, budgets } = settingsIn(world);
  await runtime.create('worker', workerId, { limits, budgets } as unknown as Json);
  await runtime.send(workerId, { type: 'worker.started' });
}

/** What is in force there. */
const settingsIn = ({ settings: { places } }: World): Settings => {
  const limits = { ...defaultSettings.limits, total: places, perProject: places, perStage: places };
  return { ...defaultSettings, limits: { ...limits, perAgent: places, perProvider: places } };
};

/** Where all tasks work. */
export const place = { repository: '/repository', target: 'main' };
export const mergeQueue = mergeQueueId(place.repository, place.target);

/** The services that a task relies on are made with it. */
export const serve = (runtime: Runtime, world: World, agent: AgentSpec) =>
  ensureServices({ runtime, settings: settingsIn(world) }, { agents: [agent], ...place });

/** A store whose process may be killed as it writes. */
function killedAt(store: Store, beforeWrite: () => { when: ReturnType<CrashPlan>; kill(): void }): Store {
  return {
    ...store,
    commit(batch) {
      const { when, kill } = beforeWrite();
      if (when === null) return store.commit(batch);
      if (when === 'after') store.commit(batch);
      kill();
      throw new Killed();
    },
  };
}

const same = <T>(it: T): T => it;
const nextRound = () => new Promise<void>(resolve => setImmediate(resolve));
