/** Delivers named actions at least once: in order for each actor, tried again with backoff, set aside when hopeless. */
import { messageOf, SignalboxError } from '../domain/errors.ts';
import type { EventObject, OutboxUpdate, Store, StoredOutbox } from '../persistence/store.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import type { Clock } from './clock.ts';
import type { EffectHandler } from './kind.ts';

export interface OutboxPolicy {
  /** Deliveries before an action becomes a dead letter. */
  attempts: number;
  /** The wait after attempt n is min(baseMs · 2ⁿ⁻¹, capMs). */
  baseMs: number;
  capMs: number;
}

export interface OutboxOptions {
  store: Store;
  clock: Clock;
  policy: OutboxPolicy;
  capacity: number;
  isWanted(actorId: string): boolean;
  handlerOf(row: StoredOutbox): Promise<EffectHandler | undefined>;
  /** Gives an event to a live job; false when the job is not running. */
  sendToJob(ref: string, event: EventObject): boolean;
  /** Whether the job is still to run, so that its events have to be kept for it. */
  isJobOpen(actorId: string, ref: string): Promise<boolean>;
  /** Commits what became of a row. */
  settle(update: OutboxUpdate): Promise<void>;
  /** Called around every delivery. */
  onEffect(phase: 'before' | 'after', row: StoredOutbox): void;
}

export interface Outbox {
  readonly backlog: Backlog<StoredOutbox>;
  /** Looks again at what was held back for a job, now that it has started or ended. */
  jobChanged(ref: string): void;
  drain(deadline: Promise<void>): Promise<void>;
  readonly inFlight: number;
}

/** Rows that have to be delivered one after another: those of one actor, or those for one job. */
interface Lane {
  rows: StoredOutbox[];
  isBusy: boolean;
  /** The job that the lane leads to has started or ended since the last look. */
  hasNews: boolean;
  callOff: (() => void) | undefined;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, clock, policy, capacity, isWanted, handlerOf, sendToJob, isJobOpen, settle, onEffect } = options;
  const lanes = new Map<string, Lane>();
  const stopping = new AbortController();
  const busy = new Set<Promise<void>>();

  const backlog = createBacklog<StoredOutbox>({
    capacity,
    load: (after, limit) => store.openOutbox({ after, limit }),
    isWanted: row => isWanted(row.actorId),
    start(row) {
      const key = row.target ?? row.actorId;
      const lane = lanes.get(key) ?? { rows: [], isBusy: false, hasNews: false, callOff: undefined };
      lanes.set(key, lane);
      lane.rows.push(row);
      work(key, lane);
    },
  });

  function work(key: string, lane: Lane): void {
    if (lane.isBusy || lane.callOff !== undefined || stopping.signal.aborted) return;
    const row = lane.rows[0];
    if (row === undefined) {
      lanes.delete(key);
      return;
    }
    const waitMs = row.notBefore - clock.now();
    if (waitMs > 0) {
      lane.callOff = clock.wake(waitMs, () => {
        lane.callOff = undefined;
        work(key, lane);
      });
      return;
    }
    lane.isBusy = true;
    lane.hasNews = false;
    const delivery = deliver(row)
      .then(async update => {
        if (update === 'held') return false;
        await settle(update);
        if (update.state === 'open') {
          Object.assign(row, update);
        } else {
          lane.rows.shift();
          backlog.done();
        }
        return true;
      })
      // The commit of the outcome failed: the row is as it was and will be delivered again.
      .catch(() => {
        row.notBefore = clock.now() + policy.baseMs;
        return true;
      })
      .then(goOn => {
        busy.delete(delivery);
        lane.isBusy = false;
        if (goOn || lane.hasNews) work(key, lane);
      });
    busy.add(delivery);
  }

  async function deliver(row: StoredOutbox): Promise<OutboxUpdate | 'held'> {
    const delivered: OutboxUpdate = {
      key: row.key,
      state: 'delivered',
      attempts: row.attempts + 1,
      notBefore: 0,
      error: null,
    };
    onEffect('before', row);
    if (row.target !== null) {
      const isSent = sendToJob(row.target, row.params as EventObject);
      if (!isSent && (await isJobOpen(row.actorId, row.target))) return 'held';
      onEffect('after', row);
      return isSent ? delivered : { ...delivered, error: 'the job had ended' };
    }
    const attempt = row.attempts + 1;
    try {
      const handler = await handlerOf(row);
      if (handler === undefined)
        throw new SignalboxError('invalid', 'noHandler', `no handler for the action ${row.type}`);
      const { signal } = stopping;
      await handler(row.params as never, { idempotencyKey: row.key, actorId: row.actorId, attempt, signal });
      onEffect('after', row);
      return delivered;
    } catch (error) {
      const isHopeless = error instanceof SignalboxError && error.code === 'invalid';
      const isDead = isHopeless || attempt >= policy.attempts;
      const waitMs = Math.min(policy.baseMs * 2 ** (attempt - 1), policy.capMs);
      return {
        key: row.key,
        state: isDead ? 'dead' : 'open',
        attempts: attempt,
        notBefore: isDead ? 0 : clock.now() + waitMs,
        error: messageOf(error),
      };
    }
  }

  return {
    backlog,
    jobChanged(ref) {
      const lane = lanes.get(ref);
      if (lane === undefined) return;
      lane.hasNews = true;
      work(ref, lane);
    },
    async drain(deadline) {
      stopping.abort();
      backlog.close();
      for (const lane of lanes.values()) lane.callOff?.();
      await Promise.race([deadline, Promise.all(busy)]);
    },
    get inFlight() {
      return busy.size;
    },
  };
}
