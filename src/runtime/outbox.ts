/**
 * Delivers named actions at least once: in order for each actor and lane, tried again with backoff, set aside when hopeless.
 * What goes to an integration that is away waits in that one's lane and counts nowhere else.
 */
import { messageOf, SignalboxError } from '../domain/errors.ts';
import type { EventObject, OutboxUpdate, Store, StoredOutbox } from '../persistence/store.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import type { Clock } from './clock.ts';
import { type EffectHandler, Later } from './kind.ts';
import { createPlaces, type LaneKeeper, type Places } from './lanes.ts';

export interface OutboxPolicy {
  /** Deliveries before an action becomes a dead letter. */
  attempts: number;
  /** The wait after attempt n is min(baseMs · 2ⁿ⁻¹, capMs). */
  baseMs: number;
  capMs: number;
  /** How long an action is tried for an integration that is away, however often. */
  patienceMs: number;
}

export interface OutboxOptions {
  store: Store;
  clock: Clock;
  policy: OutboxPolicy;
  capacity: number;
  lanes: LaneKeeper;
  isWanted(actorId: string): boolean;
  handlerOf(row: StoredOutbox): Promise<EffectHandler | undefined>;
  /** Gives an event to a live job; false when the job is not running. */
  sendToJob(ref: string, event: EventObject): boolean;
  /** Whether the job is still to run, so that its events have to be kept for it. */
  isJobOpen(actorId: string, ref: string): Promise<boolean>;
  /** Commits what became of a row, together with the event that the delivery led to. */
  settle(settled: Settled): Promise<void>;
  /** Called around every delivery. */
  onEffect(phase: 'before' | 'after', row: StoredOutbox): void;
}

export interface Settled {
  row: StoredOutbox;
  update: OutboxUpdate;
  event: EventObject | undefined;
}

export interface Outbox {
  /** Takes up actions that have just been stored. */
  add(rows: readonly StoredOutbox[]): void;
  /** Takes up what waits in the store. */
  pull(): Promise<void>;
  /** Takes up one action again that had been given up. */
  revive(row: StoredOutbox): void;
  /** Looks again at what was held back for a job, now that it has started or ended. */
  jobChanged(ref: string): void;
  drain(deadline: Promise<void>): Promise<void>;
  readonly inFlight: number;
}

/** Rows that have to be delivered one after another: those of one actor in one lane, or those for one job. */
interface Line {
  key: string;
  rows: StoredOutbox[];
  isBusy: boolean;
  /** The job that the line leads to has started or ended since the last look. */
  hasNews: boolean;
  callOff: (() => void) | undefined;
}

/** What became of a delivery: settled one way or the other, or put off without anything to remember. */
type Delivered = Omit<Settled, 'row'> | { heldMs: number };

const placesPerLane = 4;
const forNews = Number.POSITIVE_INFINITY;

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, clock, policy, capacity, lanes, isWanted, settle } = options;
  const lines = new Map<string, Line>();
  /** Of each lane, and under null of what stays here. */
  const backlogs = new Map<string | null, Backlog<StoredOutbox>>();
  const places = new Map<string, Places>();
  const stopping = new AbortController();
  const busy = new Set<Promise<void>>();
  const deliver = createDelivery(options, stopping.signal);

  const backlogOf = (lane: string | null): Backlog<StoredOutbox> => {
    const known = backlogs.get(lane);
    if (known !== undefined) return known;
    const backlog = createBacklog<StoredOutbox>({
      capacity,
      load: (after, limit) => store.openOutbox({ lane, after, limit }),
      isWanted: row => isWanted(row.actorId),
      start: takeUp,
    });
    backlogs.set(lane, backlog);
    return backlog;
  };

  const placesIn = (lane: string): Places => {
    const known = places.get(lane) ?? createPlaces(placesPerLane);
    places.set(lane, known);
    return known;
  };

  function takeUp(row: StoredOutbox): void {
    const key = lineOf(row);
    const line = lines.get(key) ?? { key, rows: [], isBusy: false, hasNews: false, callOff: undefined };
    lines.set(key, line);
    line.rows.push(row);
    work(line);
  }

  function wait(line: Line, ms: number): void {
    line.callOff = clock.wake(ms, () => {
      line.callOff = undefined;
      work(line);
    });
  }

  function work(line: Line): void {
    if (line.isBusy || line.callOff !== undefined || stopping.signal.aborted) return;
    const row = line.rows[0];
    if (row === undefined) {
      lines.delete(line.key);
      return;
    }
    const waitMs = row.notBefore - clock.now();
    if (waitMs > 0) {
      wait(line, waitMs);
      return;
    }
    const place = row.lane === null ? undefined : placesIn(row.lane);
    if (place?.take(line, () => work(line)) === false) return;
    line.isBusy = true;
    line.hasNews = false;
    const delivery = deliver(row)
      .then(async delivered => {
        if ('heldMs' in delivered) return delivered.heldMs;
        await settle({ row, ...delivered });
        if (delivered.update.state === 'open') {
          Object.assign(row, delivered.update);
        } else {
          line.rows.shift();
          backlogOf(row.lane).done();
        }
        return 0;
      })
      // The commit of the outcome failed: the row is as it was and will be delivered again.
      .catch(() => policy.baseMs)
      .then(heldMs => {
        busy.delete(delivery);
        line.isBusy = false;
        place?.free();
        if (heldMs === 0 || line.hasNews) work(line);
        else if (heldMs !== forNews && !stopping.signal.aborted) wait(line, heldMs);
      });
    busy.add(delivery);
  }

  lanes.onOpen(lane => {
    for (const line of lines.values()) {
      if (line.rows[0]?.lane !== lane || line.isBusy) continue;
      line.callOff?.();
      line.callOff = undefined;
      work(line);
    }
    places.get(lane)?.callAll();
  });

  return {
    add(rows) {
      for (const [lane, own] of Map.groupBy(rows, row => row.lane)) backlogOf(lane).add(own);
    },
    async pull() {
      const waiting = await store.lanes();
      await Promise.all([null, ...waiting.map(({ lane }) => lane)].map(lane => backlogOf(lane).pull()));
    },
    revive: row => backlogOf(row.lane).revive(row),
    jobChanged(ref) {
      const line = lines.get(lineOf({ target: ref, actorId: '', lane: null }));
      if (line === undefined) return;
      line.hasNews = true;
      work(line);
    },
    async drain(deadline) {
      stopping.abort();
      for (const backlog of backlogs.values()) backlog.close();
      for (const line of lines.values()) line.callOff?.();
      await Promise.race([deadline, Promise.all(busy)]);
    },
    get inFlight() {
      return busy.size;
    },
  };
}

const lineOf = ({ target, actorId, lane }: Pick<StoredOutbox, 'target' | 'actorId' | 'lane'>) =>
  `${target ?? actorId}\0${lane ?? ''}`;

/** One delivery of one row. It never throws. */
function createDelivery(options: OutboxOptions, signal: AbortSignal): (row: StoredOutbox) => Promise<Delivered> {
  const { clock, policy, lanes, handlerOf, sendToJob, isJobOpen, onEffect } = options;

  async function toJob(row: StoredOutbox, target: string): Promise<Delivered> {
    const isSent = sendToJob(target, row.params as EventObject);
    if (!isSent && (await isJobOpen(row.actorId, target))) return { heldMs: forNews };
    onEffect('after', row);
    const delivered = settledAs(row, 'delivered');
    return { update: isSent ? delivered : { ...delivered, error: 'the job had ended' }, event: undefined };
  }

  function failed(row: StoredOutbox, error: unknown): Delivered {
    const attempt = row.attempts + 1;
    const now = clock.now();
    const backoffMs = Math.min(policy.baseMs * 2 ** (attempt - 1), policy.capMs);
    const isAway = error instanceof Later;
    const isHopeless = error instanceof SignalboxError && error.code === 'invalid';
    const isDead = isAway ? now - row.at >= policy.patienceMs : isHopeless || attempt >= policy.attempts;
    const notBefore = isDead ? 0 : Math.max(now + backoffMs, isAway ? (error.retryAt ?? 0) : 0);
    const update = { ...settledAs(row, isDead ? 'dead' : 'open'), notBefore, error: messageOf(error) };
    return { update, event: undefined };
  }

  async function handOver(row: StoredOutbox): Promise<EventObject | undefined> {
    const handler = await handlerOf(row);
    if (handler === undefined)
      throw new SignalboxError('invalid', 'noHandler', `no handler for the action ${row.type}`);
    const meta = { idempotencyKey: row.key, actorId: row.actorId, attempt: row.attempts + 1, signal };
    const answer = await handler(row.params as never, meta);
    return isEvent(answer) ? answer : undefined;
  }

  return async row => {
    const { lane, key } = row;
    try {
      const waitMs = lane === null ? 0 : await lanes.admit(lane, key);
      if (waitMs > 0) return { heldMs: waitMs };
      onEffect('before', row);
      if (row.target !== null) return await toJob(row, row.target);
      const event = await handOver(row);
      onEffect('after', row);
      if (lane !== null) lanes.onPassed(lane, key);
      return { update: settledAs(row, 'delivered'), event };
    } catch (error) {
      if (lane !== null && error instanceof Later) lanes.onAway(lane, key, error);
      else if (lane !== null) lanes.onPassed(lane, key);
      return failed(row, error);
    }
  };
}

const isEvent = (answer: unknown): answer is EventObject =>
  typeof answer === 'object' && answer !== null && 'type' in answer && typeof answer.type === 'string';

const settledAs = ({ key, attempts }: StoredOutbox, state: OutboxUpdate['state']): OutboxUpdate => ({
  key,
  state,
  attempts: attempts + 1,
  notBefore: 0,
  error: null,
});
