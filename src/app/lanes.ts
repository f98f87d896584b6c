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

export interface AppLanes extends LaneKeeper {
  /** Hears of every transition. */
  listener: TransitionListener;
  /** Learns how the breakers stand. To be called before anything is delivered. */
  attach(runtime: Runtime): Promise<void>;
}

interface Standing {
  passage: ReturnType<typeof passageIn>;
  retryAt: number | null;
  failures: number;
}

export function createLanes({ now, onFault }: { now(): number; onFault(error: unknown): void }): AppLanes {
  const standings = new Map<string, Standing>();
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
    tell(lane, event).catch(onFault);
  };

  async function probe(lane: string, key: string): Promise<number> {
    await tell(lane, { type: 'run.requested', runId: key });
    const row = await runtime?.actor(breakerId(lane));
    const isProbe = row !== undefined && contextOf<BreakerContext>(row).probeRunId === key;
    return isProbe || row === undefined ? 0 : whileProbingMs;
  }

  return {
    admit(lane, key) {
      const standing = standings.get(lane);
      if (standing === undefined || standing.passage === 'all') return 0;
      if (standing.passage === 'probe') return probe(lane, key).catch(() => whileProbingMs);
      return Math.max(1, (standing.retryAt ?? 0) - now());
    },
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
      runtime = working;
      for (const row of await working.list({ kind: 'breaker', limit: 1_000 })) learn(row.state, contextOf(row));
    },
  };
}
