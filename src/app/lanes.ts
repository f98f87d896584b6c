/**
 * Keeps the lanes of the outbox. Each has a breaker of its own, which is an actor like those of the agents' providers: it
 * is durable, seen and reset where they are. It is made when its integration fails for the first time.
 */
import { messageOf } from '../domain/errors.ts';
import { breakerId } from '../machines/addresses.ts';
import { type BreakerContext, passageIn } from '../machines/breaker.ts';
import type { LaneKeeper, Later, Runtime, TransitionListener } from '../runtime/index.ts';
import { contextOf } from './context.ts';

/** How lanes are guarded: by shorter pauses than agents' providers, as a try costs nothing. */
const policy = { failureLimit: 5, cooldownMs: 30_000 };
/** How long somebody waits while another one probes, unless he hears of it before. */
const whileProbingMs = 5_000;

/** The lane of an integration, such as `forge:home`: also the name of its breaker. */
export const forgeLane = (forge: string) => `forge:${forge}`;
export const trackerLane = (tracker: string) => `tracker:${tracker}`;
export const chatLane = (chat: string) => `chat:${chat}`;

export interface AppLanes extends LaneKeeper {
  /** Hears of every transition. */
  listener: TransitionListener;
  /** Learns how the breakers stand. What is to be delivered waits until then. */
  attach(runtime: Runtime): Promise<void>;
}

interface Standing {
  passage: ReturnType<typeof passageIn>;
  retryAt: number | null;
  failures: number;
}

export function createLanes({ now, onFault }: { now(): number; onFault(error: unknown): void }): AppLanes {
  const standings = new Map<string, Standing>();
  /** Actions that probe for this process. */
  const probing = new Set<string>();
  const attached = Promise.withResolvers<void>();
  const listeners: ((lane: string) => void)[] = [];
  let runtime: Runtime | undefined;

  const learn = (state: string, context: BreakerContext): void => {
    const lane = context.provider;
    const before = standings.get(lane)?.passage ?? 'all';
    const passage = passageIn(state);
    standings.set(lane, { passage, retryAt: context.retryAt, failures: context.failureCount });
    if (before !== passage && passage !== 'none') for (const listener of listeners) listener(lane);
  };

  const tell = async (lane: string, event: { type: string; runId: string } & Record<string, unknown>) => {
    if (runtime === undefined) return;
    await runtime.create('breaker', breakerId(lane), { provider: lane, ...policy, tells: null });
    await runtime.send(breakerId(lane), event as never, { source: 'outbox' });
  };
  const toldOf = (lane: string, event: Parameters<typeof tell>[1]): void => {
    const told = tell(lane, event).catch(onFault);
    void told.then(() => probing.delete(event.runId));
  };
  const probeIn = async (lane: string): Promise<string | null | undefined> => {
    const row = await runtime?.actor(breakerId(lane));
    return row && contextOf<BreakerContext>(row).probeRunId;
  };

  async function probe(lane: string, key: string): Promise<number> {
    const before = await probeIn(lane);
    // One whose end was never told, as after a crash in that moment, would keep everybody out for ever.
    if (before && !probing.has(before)) await tell(lane, { type: 'run.released', runId: before });
    // Before it is asked for: others look meanwhile.
    probing.add(key);
    await tell(lane, { type: 'run.requested', runId: key });
    if ((await probeIn(lane)) === key) return 0;
    probing.delete(key);
    return whileProbingMs;
  }

  function admission(lane: string, key: string): number | Promise<number> {
    const standing = standings.get(lane);
    if (standing === undefined || standing.passage === 'all') return 0;
    if (standing.passage === 'probe') return probe(lane, key).catch(() => whileProbingMs);
    return Math.max(1, (standing.retryAt ?? 0) - now());
  }

  return {
    admit: (lane, key) =>
      runtime === undefined ? attached.promise.then(() => admission(lane, key)) : admission(lane, key),
    onPassed(lane, key) {
      const standing = standings.get(lane);
      if (standing === undefined || (standing.passage === 'all' && standing.failures === 0)) return;
      toldOf(lane, { type: 'run.succeeded', runId: key });
    },
    onAway(lane, key, why: Later) {
      const barred = { type: 'run.barred', runId: key, until: why.retryAt, why: messageOf(why) };
      toldOf(lane, why.retryAt === null ? { type: 'run.failed', runId: key } : barred);
    },
    onOpen: listener => void listeners.push(listener),
    listener({ kind, to, snapshot }) {
      if (kind === 'breaker') learn(to, snapshot.context as BreakerContext);
    },
    async attach(working) {
      for (const row of await working.list({ kind: 'breaker', limit: 1_000 })) {
        const context = contextOf<BreakerContext>(row);
        // What has been heard meanwhile is newer.
        if (!standings.has(context.provider)) learn(row.state, context);
      }
      runtime = working;
      attached.resolve();
    },
  };
}
