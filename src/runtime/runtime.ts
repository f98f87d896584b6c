/**
 * The durable actor system. Events come in, a turn moves the actors, one commit stores the turn, and only then do its
 * effects begin. All turns run one after another; whatever arrives meanwhile shares the next commit.
 *
 *   send ─▶ queue ─▶ turn (pure) ─▶ commit ─▶ receipts, observers, jobs, outbox, timers ─▶ events again
 */
import type { AnyActorLogic } from 'xstate';
import { SignalboxError } from '../domain/errors.ts';
import {
  type Commit,
  type Committed,
  emptyCommit,
  type OutboxUpdate,
  type Store,
  type StoredInbox,
  type StoredOutbox,
} from '../persistence/store.ts';
import { createAlarm } from './alarm.ts';
import { type Announced, announce } from './announce.ts';
import { createActorCache, type LiveActor } from './cache.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Runtime, RuntimeObserver } from './contract.ts';
import { createDefinitions } from './definitions.ts';
import { type Delivery, internal, type Receipt } from './delivery.ts';
import { createFeed, type TransitionListener } from './feed.ts';
import { createJobs } from './jobs.ts';
import type { EffectHandler, MachineKind } from './kind.ts';
import { type LaneKeeper, openLanes } from './lanes.ts';
import { createOutbox, type OutboxPolicy } from './outbox.ts';
import { createPruning } from './pruning.ts';
import { createReader } from './reader.ts';
import { revive, tagOldRows } from './revive.ts';
import { createTurn, type Turn } from './turn.ts';

export interface RuntimeOptions {
  store: Store;
  kinds: readonly MachineKind[];
  clock?: Clock;
  /** Snapshots kept in memory. */
  cacheSize?: number;
  /** Transitions that share one commit at the most. */
  batchSize?: number;
  /** Jobs that run at once. */
  jobConcurrency?: number;
  outbox?: OutboxPolicy;
  /** Who knows whether the lanes of the outbox are passable. */
  lanes?: LaneKeeper;
  /** Whose effects run here: everybody's, those of some actors, or nobody's (then no timer fires either). */
  effects?: 'all' | 'none' | ((actorId: string) => boolean);
  observer?: RuntimeObserver;
  /** Who hears of what is committed, from the very beginning on. */
  listeners?: readonly TransitionListener[];
}

/** Work for a turn: an event or a creation, and who waits for its receipt. */
interface Entry {
  run(turn: Turn): Promise<Receipt>;
  resolve?: (receipt: Receipt) => void;
  reject?: (error: unknown) => void;
}

/** A turn that is over: what it has done, and what was stored of it, if there was anything to store. */
interface Taken {
  turn: Turn;
  committed: Committed | undefined;
  leftOver: Delivery[];
  closedJobs: string[];
  actors: LiveActor[];
  receipts: (() => void)[];
}

interface PendingUpdate {
  update: OutboxUpdate;
  /** What the delivery led to, for the actor that has asked for it. */
  delivery?: Delivery | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

const retryCommitMs = 1_000;
const timersPerTurn = 256;
const defaultPolicy: OutboxPolicy = { attempts: 5, baseMs: 1_000, capMs: 60_000, patienceMs: 24 * 3_600_000 };

/**
 * Starts a runtime on a store: first the events that were committed and not yet taken, then timers, jobs and actions
 * that a predecessor left open. Throws `invalid` when a machine cannot be run durably.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const {
    store,
    kinds,
    clock = systemClock,
    cacheSize = 1_000,
    batchSize = 256,
    jobConcurrency = 256,
    outbox: policy = defaultPolicy,
    lanes = openLanes,
    effects = 'all',
    observer: given = {},
    listeners = [],
  } = options;
  const observer = guarded(given);
  const { tracing } = given;
  const feed = createFeed(observer.onFault);
  for (const listener of listeners) feed.listen(listener);
  const definitions = createDefinitions(kinds, store);
  const cache = createActorCache(cacheSize);
  const pruning = createPruning(store, cache, schedule);
  const isWanted = typeof effects === 'function' ? effects : () => effects === 'all';

  let queue: Entry[] = [];
  let updates: PendingUpdate[] = [];
  let isScheduled = false;
  let isFlushing = false;
  let fault: SignalboxError | undefined;
  const over = new AbortController();
  let isStopping = false;
  let isClosed = false;
  let callOffRetry: (() => void) | undefined;
  const alarm = createAlarm({ store, clock, ring: schedule, onFault: observer.onFault });
  // A timer that fires is a transition like any other; only what follows from it may belong to somebody else.
  if (effects === 'none') alarm.off();

  const jobs = createJobs({
    store,
    tracing,
    concurrency: jobConcurrency,
    isWanted,
    async logicOf(job) {
      const definition = (await loadActor(job.actorId)).definition;
      const child = definition.childOf(job.src);
      if (child?.type !== 'job') throw new Error(`no actor is provided under the name ${job.src}`);
      observer.onEffect('before', { key: job.ref, type: job.src, actorId: job.actorId });
      return child.logic as AnyActorLogic;
    },
    report({ job, event, isLast }) {
      if (isLast) observer.onEffect('after', { key: job.ref, type: job.src, actorId: job.actorId });
      const source = `job:${job.ref}`;
      enqueueDelivery({ ...internal(job.actorId, event, source, job), ref: job.ref, closesJob: isLast });
    },
    onStart: job => outbox.jobChanged(job.ref),
  });

  const outbox = createOutbox({
    store,
    clock,
    policy,
    capacity: 1_024,
    lanes,
    isWanted,
    handlerOf: async row => handlerOf(row),
    sendToJob: (ref, event) => jobs.send(ref, event),
    isJobOpen: async (actorId, ref) => (await store.jobs(actorId)).some(job => job.ref === ref),
    settle({ row, update, event }) {
      const delivery = event && internal(row.actorId, event, `effect:${row.key}`);
      return new Promise((resolve, reject) => {
        updates.push({ update, delivery, resolve, reject });
        schedule();
      });
    },
    onEffect: (phase, row) => observer.onEffect(phase, { key: row.key, type: row.type, actorId: row.actorId }),
  });

  async function handlerOf(row: StoredOutbox): Promise<EffectHandler | undefined> {
    const { definition } = await loadActor(row.actorId);
    const effect = definition.kind.effects?.[row.type];
    if (typeof effect !== 'object') return effect;
    return 'deliver' in effect ? effect.deliver : undefined;
  }

  async function loadActor(id: string) {
    const cached = cache.get(id);
    if (cached !== undefined) return cached;
    const row = await store.actor(id);
    if (row === undefined) throw new SignalboxError('not_found', 'noActor', `There is no actor ${id}.`);
    const live = await revive(row, definitions);
    if (live.broken !== undefined)
      throw new SignalboxError('invalid', 'brokenActor', `${id} cannot be used: ${live.broken}`);
    return live;
  }

  function schedule(): void {
    if (isScheduled || isFlushing || isClosed || callOffRetry !== undefined) return;
    isScheduled = true;
    // One round of the event loop: everything that arrives in it shares a commit.
    setImmediate(round);
  }

  function enqueueDelivery(delivery: Delivery): void {
    queue.push({ run: turn => turn.takeOrPark(delivery) });
    schedule();
  }

  // It is scheduled by whoever comes first, and takes what comes from all.
  const round = tracing?.apart(flush) ?? flush;

  async function flush(): Promise<void> {
    isScheduled = false;
    isFlushing = true;
    const entries = queue.splice(0, batchSize);
    const settled = updates;
    updates = [];
    let taken: Taken | undefined;
    try {
      taken = await takeTurn(entries, settled);
    } catch (error) {
      recover(error, entries, settled);
    }
    // Beyond this point nothing leads back: what the turn has done is done, or was nothing.
    if (taken !== undefined) conclude(taken, settled);
    if (queue.length === 0 && !isClosed) await pruning.takeOne();
    await alarm.set();
    isFlushing = false;
    if (hasWork()) schedule();
  }

  function hasWork(): boolean {
    return queue.length > 0 || updates.length > 0 || pruning.isWanted || alarm.isDue(clock.now());
  }

  /** A turn and its commit. When it throws, nothing of it is stored. */
  async function takeTurn(entries: Entry[], settled: PendingUpdate[]): Promise<Taken> {
    const at = clock.now();
    const turn = createTurn({ store, cache, definitions, at, isTraced: tracing !== undefined });
    const receipts: (() => void)[] = [];

    for (const entry of entries) {
      try {
        const receipt = await entry.run(turn);
        if (entry.resolve !== undefined) receipts.push(() => entry.resolve?.(receipt));
      } catch (error) {
        if (!(error instanceof SignalboxError)) throw error;
        receipts.push(() => entry.reject?.(error));
      }
      await turn.cascade(batchSize);
    }
    for (const { delivery } of settled) {
      if (delivery !== undefined) await turn.takeOrPark(delivery);
      await turn.cascade(batchSize);
    }
    // After what has been reported: an agent that finished while nobody watched has not missed its deadline.
    if (alarm.isDue(at)) {
      for (const timer of await store.dueTimers(at, timersPerTurn)) {
        await turn.fire(timer);
        await turn.cascade(batchSize);
      }
      alarm.taken();
    }
    const finished = turn.finish();
    turn.commit.outboxUpdates.push(...settled.map(({ update }) => update));
    const committed = isEmpty(turn.commit) ? undefined : await keep(turn);
    return { ...finished, turn, committed, receipts };
  }

  /** Stores a turn. How long that takes is measured where somebody asks, and only there. */
  async function keep({ commit, transitions, trail }: Turn): Promise<Committed> {
    if (given.onCommit === undefined && trail === undefined) return store.commit(commit);
    const { jobsOpened, jobsClosed } = commit;
    const commitBeganAt = performance.now();
    const committed = await store.commit(commit);
    const storedAt = performance.now();
    observer.onCommit({ ms: storedAt - commitBeganAt, transitions: transitions.length });
    // It is stored: what goes wrong from here on leads nowhere back.
    if (trail !== undefined)
      attempt(() => tracing?.onTurn({ ...trail, jobsOpened, jobsClosed, commitBeganAt, storedAt }));
    return committed;
  }

  /** What follows a turn that is stored. Each step is taken whatever becomes of the others; none can undo the turn. */
  function conclude(
    { turn, committed, leftOver, closedJobs, actors, receipts }: Taken,
    settled: PendingUpdate[],
  ): void {
    const { commit } = turn;
    if (committed !== undefined) {
      for (const actor of actors) cache.put(actor);
      for (const { due } of commit.timersSet) alarm.hear(due);
      queue.unshift(...restOf(commit, committed, leftOver));
      for (const ref of closedJobs) attempt(() => closeJob(ref));
      if (!isStopping) takeUp(commit, committed);
    }
    for (const receipt of receipts) receipt();
    for (const { resolve } of settled) resolve();
    if (committed === undefined) return;
    if (feed.isHeard) {
      feed.publish(turn.transitions.map((transition, index) => ({ ...transition, position: committed.log[index]! })));
    }
    announceDeadLetters(commit);
  }

  /** What did not fit into the turn comes first in the next. */
  function restOf(commit: Commit, committed: Committed, leftOver: Delivery[]): Entry[] {
    const parkedBefore = commit.inbox.length - leftOver.length;
    return leftOver.map((delivery, index): Entry => {
      const inbox = committed.inbox[parkedBefore + index] ?? null;
      return { run: next => next.takeOrPark({ ...delivery, inbox }) };
    });
  }

  function closeJob(ref: string): void {
    jobs.stop(ref);
    outbox.jobChanged(ref);
  }

  /** Begins the jobs and actions that the commit has opened. */
  function takeUp(commit: Commit, committed: Committed): void {
    attempt(() =>
      jobs.backlog.add(commit.jobsOpened.map((job, index) => ({ ...job, position: committed.jobs[index]! }))),
    );
    const open = { state: 'open', attempts: 0, notBefore: 0, error: null } as const;
    attempt(() =>
      outbox.add(commit.outbox.map((row, index) => ({ ...row, ...open, position: committed.outbox[index]! }))),
    );
  }

  function attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      observer.onFault(error);
    }
  }

  function announceDeadLetters(commit: Commit): void {
    for (const { actorId, event, parked, error } of commit.inbox) {
      if (parked) observer.onDeadLetter({ actorId, type: event.type, error: error ?? '' });
    }
    for (const { key, state, error } of commit.outboxUpdates) {
      if (state === 'dead') observer.onDeadLetter({ actorId: key.split(':')[0]!, type: key, error: error ?? '' });
    }
  }

  /** Nothing of the turn is stored. People are told; what the runtime itself owes is tried again. */
  function recover(error: unknown, entries: Entry[], settled: PendingUpdate[]): void {
    // The store is right and memory may not be.
    cache.clear();
    observer.onFault(error);
    const isFinal = error instanceof SignalboxError && error.code === 'fenced';
    if (isFinal) fault = error;
    for (const entry of entries) entry.reject?.(error);
    for (const { reject } of settled) reject(error);
    if (isFinal) {
      void stop({ drainMs: 0 });
      return;
    }
    queue = [...entries.filter(entry => entry.reject === undefined), ...queue];
    callOffRetry = clock.wake(retryCommitMs, () => {
      callOffRetry = undefined;
      schedule();
    });
  }

  async function stop({ drainMs = 10_000 }: { drainMs?: number } = {}): Promise<void> {
    if (isStopping) return;
    isStopping = true;
    alarm.off();
    let callOffDeadline = () => {};
    const deadline = new Promise<void>(resolve => {
      if (drainMs === 0) resolve();
      else callOffDeadline = clock.wake(drainMs, resolve);
    });
    if (fault === undefined) await Promise.race([deadline, whenQuiet()]);
    await Promise.all([jobs.drain(deadline), outbox.drain(deadline)]);
    if (fault === undefined) await Promise.race([deadline, whenQuiet()]);
    isClosed = true;
    callOffDeadline();
    callOffRetry?.();
    const closed = new SignalboxError('unavailable', 'stopped', 'The runtime has stopped; the event was not stored.');
    for (const entry of queue.splice(0)) entry.reject?.(closed);
    for (const { reject } of updates.splice(0)) reject(closed);
    pruning.refuse(closed);
    over.abort(fault ?? closed);
  }

  /** Resolves when the queue is empty and no turn runs. */
  async function whenQuiet(): Promise<void> {
    while (isFlushing || isScheduled || queue.length > 0 || updates.length > 0) await nextRound();
  }

  function refuseWhenStopped(): void {
    if (fault !== undefined) throw fault;
    if (isStopping)
      throw new SignalboxError('unavailable', 'stopped', 'The runtime is stopping; the event was not stored.');
  }

  function enqueue(run: Entry['run']): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      queue.push({ run, resolve, reject });
      schedule();
    });
  }

  /** Events that were committed for an actor before the last stop, and never taken. They come before all others. */
  async function takeInbox(): Promise<void> {
    const rows = [];
    // Read whole before anything is taken: what does not fit into a turn then gets a row and is queued already.
    for (let after = 0; ; after = rows.at(-1)!.position) {
      const page = await store.pendingInbox({ after, limit: batchSize });
      rows.push(...page);
      if (page.length === 0) break;
    }
    await Promise.all(rows.map(row => enqueue(turn => turn.takeOrPark(fromInbox(row)))));
  }

  await tagOldRows(store, definitions, clock.now());
  await takeInbox();
  await alarm.look();
  if (alarm.isDue(clock.now())) schedule();
  if (effects !== 'none') await Promise.all([jobs.backlog.pull(), outbox.pull()]);

  return {
    ...createReader(store, async () => definitions, over.signal),
    async create(kind, id, input, { definition: json, source = 'app', dedupeKey = null } = {}) {
      refuseWhenStopped();
      const definition = definitions.forNew(kind, json);
      const creation = { actorId: id, definition, input, source, dedupeKey, cause: tracing?.cause() };
      return enqueue(turn => turn.create(creation));
    },
    async send(actorId, event, { dedupeKey, source = 'app' } = {}) {
      refuseWhenStopped();
      if (event.type.startsWith('xstate.') || event.type.startsWith('signalbox.')) {
        throw new SignalboxError('invalid', 'internalEvent', `${event.type} is an event that only the runtime sends.`);
      }
      const delivery = { ...internal(actorId, event, source, tracing?.cause()), dedupeKey: dedupeKey ?? null };
      return enqueue(turn => turn.take(delivery));
    },
    async announce(announcement) {
      refuseWhenStopped();
      const cause = tracing?.cause();
      let announced: Announced | undefined;
      await enqueue(async turn => {
        announced = await announce(turn, announcement, kind => definitions.forNew(kind), cause);
        return announced.receipt;
      });
      return announced!;
    },
    async retryDeadLetter(id) {
      refuseWhenStopped();
      if (id.startsWith('event:')) {
        const row = await store.inboxRow(Number(id.slice('event:'.length)));
        if (row === undefined) throw new SignalboxError('not_found', 'noDeadLetter', `There is no dead letter ${id}.`);
        const delivery = { ...fromInbox(row), cause: tracing?.cause() };
        await enqueue(turn => turn.take(delivery));
        return;
      }
      const row = await store.outboxRow(id);
      if (row?.state !== 'dead')
        throw new SignalboxError('not_found', 'noDeadLetter', `There is no dead letter ${id}.`);
      const update: OutboxUpdate = { key: id, state: 'open', attempts: 0, notBefore: 0, error: null };
      await new Promise<void>((resolve, reject) => {
        updates.push({ update, resolve, reject });
        schedule();
      });
      outbox.revive({ ...row, ...update });
    },
    async migrate(actorId, json, convert = text => text) {
      refuseWhenStopped();
      const row = await store.actor(actorId);
      if (row === undefined) throw new SignalboxError('not_found', 'noActor', `There is no actor ${actorId}.`);
      const definition = definitions.forNew(row.kind, json);
      if (definition.hash === row.definition) return;
      await enqueue(turn => turn.migrate(actorId, definition, convert));
    },
    async prune(query) {
      refuseWhenStopped();
      return pruning.ask(query);
    },
    listen: listener => feed.listen(listener),
    async idle() {
      const isBusy = () => isFlushing || isScheduled || hasWork() || outbox.inFlight > 0;
      // Work that waits for a failed commit to be tried again waits for the clock.
      while (isBusy() && callOffRetry === undefined) await nextRound();
    },
    stop,
    get load() {
      return { cached: cache.size, jobs: jobs.live, actions: outbox.inFlight, queued: queue.length };
    },
  };
}

/** A stored event as it goes to its actor. */
function fromInbox({ actorId, event, source, dedupeKey, ref, position }: StoredInbox): Delivery {
  return { ...internal(actorId, event, source), dedupeKey, ref, inbox: position };
}

function isEmpty(commit: Commit): boolean {
  const nothing = emptyCommit(0);
  return (Object.keys(nothing) as (keyof Commit)[]).every(key => {
    const part = commit[key];
    return !Array.isArray(part) || part.length === 0;
  });
}

/** The observer as functions that never throw; what they throw is a fault. */
function guarded({ onEffect, onCommit, onDeadLetter, onFault }: RuntimeObserver) {
  const tellFault = (error: unknown) => {
    try {
      onFault?.(error);
    } catch {
      // Nobody is left who could be told.
    }
  };
  const safely =
    <Args extends unknown[]>(hear: ((...args: Args) => void) | undefined) =>
    (...args: Args) => {
      try {
        hear?.(...args);
      } catch (error) {
        tellFault(error);
      }
    };
  return {
    onEffect: safely(onEffect),
    onCommit: safely(onCommit),
    onDeadLetter: safely(onDeadLetter),
    onFault: tellFault,
  };
}

const nextRound = () => new Promise<void>(resolve => setImmediate(resolve));
