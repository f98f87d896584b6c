/** The state of the worker: what runs, what waits and why, breakers, leases, the last runs. */
import type { App } from '../app.ts';
import { type BreakerContext, workerId } from '../machines/breaker.ts';
import type { MergeQueueContext } from '../machines/merge-queue.ts';
import { type QueuedRun, type WorkerContext, whyQueued } from '../machines/worker.ts';
import type { ActorRow } from '../persistence/store.ts';
import { type AgentView, viewOfRun } from './agents.ts';
import { contextOf } from './context.ts';

export interface QueueView {
  worker: string;
  counts: { queued: number; running: number; backoff: number; done: number; failed: number };
  maxConcurrency: number;
  running: QueuedRun[];
  waiting: (QueuedRun & { why: string })[];
  /** Runs that wait for their next attempt. */
  backoff: AgentView[];
  resilience: { breakers: Record<string, BreakerView>; preflight: Record<string, never> };
  leases: { resource: string; holder: string | null; token: number; waiting: string[] }[];
  recent: AgentView[];
}

export interface BreakerView {
  state: string;
  failureCount: number;
  threshold: number;
  cooldownMs: number;
  totals: BreakerContext['totals'];
}

export async function readQueue({ runtime }: Pick<App, 'runtime'>): Promise<QueueView> {
  const all = (kind: string) => runtime.actors({ kind, limit: 10_000 });
  const [worker, runs, breakers, leases] = await Promise.all([
    runtime.actor(workerId),
    all('agentRun'),
    all('breaker'),
    all('mergeQueue'),
  ]);
  const empty: WorkerContext = {
    limits: { total: 0, perProject: 0, perStage: 0, perProvider: 0 },
    queue: [],
    asked: [],
    running: [],
  };
  const context = worker === undefined ? empty : contextOf<WorkerContext>(worker);
  const isDraining = worker?.state.startsWith('draining') ?? false;
  const views = runs.map(viewOfRun);
  const ended = views.filter(run => run.completedAt !== undefined);
  return {
    worker: worker?.state ?? 'not started',
    counts: {
      queued: context.queue.length,
      running: context.running.length,
      backoff: views.filter(run => run.state === 'backoff').length,
      done: ended.filter(run => run.status === 'completed').length,
      failed: ended.filter(run => run.status !== 'completed').length,
    },
    maxConcurrency: context.limits.total,
    running: context.running,
    waiting: context.queue.map(run => ({ ...run, why: whyQueued(run, context, isDraining) })),
    backoff: views.filter(run => run.state === 'backoff'),
    resilience: { breakers: Object.fromEntries(breakers.map(viewOfBreaker)), preflight: {} },
    leases: leases.map(row => {
      const { resource, holder, token, waiting } = contextOf<MergeQueueContext>(row);
      return { resource, holder, token, waiting };
    }),
    recent: ended.sort((a, b) => ((a.completedAt ?? '') < (b.completedAt ?? '') ? 1 : -1)).slice(0, 10),
  };
}

function viewOfBreaker(row: ActorRow): [string, BreakerView] {
  const { provider, failureCount, failureLimit, cooldownMs, totals } = contextOf<BreakerContext>(row);
  return [provider, { state: row.state, failureCount, threshold: failureLimit, cooldownMs, totals }];
}
