/** Runs invoked promises and callbacks: starts them after the commit, passes on what they report, stops them. */
import { type Actor, type AnyActorLogic, type AnyActorRef, createActor, setup } from 'xstate';
import { messageOf } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { EventObject, Store, StoredJob } from '../persistence/store.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import type { JobMeta } from './kind.ts';
import { describeError } from './stepper.ts';
import type { Tracing } from './tracing.ts';

/** What a job reports: an event for the actor that invoked it. */
export interface JobReport {
  job: StoredJob;
  event: EventObject;
  /** Set when the job has settled and will report nothing more. */
  isLast: boolean;
}

export interface JobsOptions {
  store: Store;
  concurrency: number;
  isWanted(actorId: string): boolean;
  logicOf(job: StoredJob): Promise<AnyActorLogic>;
  report(report: JobReport): void;
  onStart(job: StoredJob): void;
  tracing: Tracing | undefined;
}

export interface Jobs {
  readonly backlog: Backlog<StoredJob>;
  /** Gives an event to a live job. Answers false when the job is not running here now. */
  send(ref: string, event: EventObject): boolean;
  stop(ref: string): void;
  /** Stops what runs until it is stopped, waits for what settles by itself, at most until `deadline`. */
  drain(deadline: Promise<void>): Promise<void>;
  readonly live: number;
}

interface LiveJob {
  job: StoredJob;
  mayHaveBegun: boolean;
  /** The owner of the running logic; undefined until it has started. */
  actor: Actor<AnyActorLogic> | undefined;
  isLongLived: boolean;
  settled: Promise<void>;
  settle(): void;
}

const longLived = new WeakSet<AnyActorLogic>();

/** Marks logic that only ends when it is stopped, such as a watcher: a clean shutdown does not wait for it. */
export function untilStopped<L extends AnyActorLogic>(logic: L): L {
  longLived.add(logic);
  return logic;
}

export function createJobs(options: JobsOptions): Jobs {
  const { store, concurrency, isWanted, logicOf, report, onStart, tracing } = options;
  const live = new Map<string, LiveJob>();
  let isDraining = false;

  const finish = (entry: LiveJob, last?: EventObject) => {
    if (live.get(entry.job.ref) !== entry) return;
    live.delete(entry.job.ref);
    tracing?.onEnd(entry.job, last);
    entry.settle();
    backlog.done();
  };

  const run = async (entry: LiveJob) => {
    const { job } = entry;
    const fail = (error: unknown) => {
      const event = { type: `xstate.error.actor.${job.childId}`, error: describeError(error), actorId: job.childId };
      finish(entry, event);
      report({ job, event, isLast: true });
    };
    try {
      const logic = await logicOf(job);
      if (live.get(job.ref) !== entry || isDraining) return;
      entry.isLongLived = longLived.has(logic);
      const hear = (event: EventObject) => {
        if (live.get(job.ref) !== entry) return;
        const isLast =
          event.type === `xstate.done.actor.${job.childId}` || event.type === `xstate.error.actor.${job.childId}`;
        if (isLast) finish(entry, event);
        report({ job, event, isLast });
      };
      const begin = () => {
        entry.actor = start(entry, logic, hear);
      };
      if (tracing === undefined) begin();
      else tracing.begin(job, begin);
      onStart(job);
    } catch (error) {
      fail(error);
    }
  };

  const backlog = createBacklog<StoredJob>({
    capacity: concurrency,
    load: (after, limit) => store.openJobs({ after, limit }),
    isWanted: job => isWanted(job.actorId),
    start(job, mayHaveBegun) {
      let settle = () => {};
      const settled = new Promise<void>(resolve => {
        settle = resolve;
      });
      const entry: LiveJob = { job, mayHaveBegun, actor: undefined, isLongLived: false, settled, settle };
      live.set(job.ref, entry);
      void run(entry);
    },
  });

  return {
    backlog,
    send(ref, event) {
      const entry = live.get(ref);
      const actor = entry?.actor?.getSnapshot().children[entry.job.childId] as AnyActorRef | undefined;
      actor?.send(event);
      return actor !== undefined;
    },
    stop(ref) {
      const entry = live.get(ref);
      if (entry === undefined) return;
      finish(entry);
      entry.actor?.stop();
    },
    async drain(deadline) {
      isDraining = true;
      backlog.close();
      for (const [ref, entry] of live) {
        if (entry.isLongLived || entry.actor === undefined) this.stop(ref);
      }
      await Promise.race([deadline, Promise.all([...live.values()].map(entry => entry.settled))]);
      for (const ref of [...live.keys()]) this.stop(ref);
    },
    get live() {
      return live.size;
    },
  };
}

/** Starts the logic as the only child of a machine that hears everything: reports, the result, the error. */
function start(
  { job, mayHaveBegun }: Pick<LiveJob, 'job' | 'mayHaveBegun'>,
  logic: AnyActorLogic,
  hear: (event: EventObject) => void,
): Actor<AnyActorLogic> {
  const meta: JobMeta = { ref: job.ref, actorId: job.actorId, mayHaveBegun };
  const isObject = typeof job.input === 'object' && job.input !== null && !Array.isArray(job.input);
  const input = isObject ? { ...(job.input as JsonObject), job: meta } : job.input;
  const owner = setup({
    actors: { job: logic as AnyActorLogic },
    actions: { hear: ({ event }) => hear(plain(event as EventObject)) },
  }).createMachine({
    invoke: { id: job.childId, src: 'job', input: () => input as never },
    on: { '*': { actions: 'hear' } },
  });
  return createActor(owner as AnyActorLogic).start();
}

/** A report as plain JSON; what cannot be stored becomes an error that says so. */
function plain(event: EventObject): EventObject {
  if (event.type.startsWith('xstate.error.actor.')) return { ...event, error: describeError(event.error) };
  try {
    return JSON.parse(JSON.stringify(event)) as EventObject;
  } catch (error) {
    const type = event.type.replace('xstate.done.actor.', 'xstate.error.actor.');
    return { ...event, type, output: null, error: { name: 'TypeError', message: messageOf(error) } };
  }
}
