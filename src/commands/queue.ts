/** The state of the worker: what runs, what waits and why, breakers, leases, the last runs. */
import type { App } from '../app/open.ts';
import { type BreakerContext, workerId } from '../machines/breaker.ts';
import { closeDay } from '../machines/ledger.ts';
import type { MergeQueueContext } from '../machines/merge-queue.ts';
import type { PreflightContext } from '../machines/preflight.ts';
import {
  type BudgetPlan,
  type Ledger,
  noPlan,
  openLedger,
  type QueuedRun,
  type WorkerContext,
} from '../machines/worker-context.ts';
import { whyQueued } from '../machines/worker-rules.ts';
import type { ActorRow } from '../persistence/store.ts';
import { type AgentView, viewOfRun } from './agents.ts';
import { contextOf } from './context.ts';

export interface QueueView {
  worker: string;
  counts: { queued: number; running: number; backoff: number; done: number; failed: number };
  maxConcurrency: number;
  running: QueuedRun[];
  /** Holding a place while their agent and provider are asked. */
  starting: QueuedRun[];
  waiting: (QueuedRun & { why: string })[];
  /** Runs that wait for their next attempt. */
  backoff: AgentView[];
  /** What the host is short of; null while it can bear more. */
  pressure: string | null;
  /** Projects in which nothing starts, and who said so. */
  pausedProjects: Record<string, string>;
  /** What was spent today (UTC) and in all, beside the budgets. */
  spending: { budgets: BudgetPlan; ledger: Ledger };
  resilience: { breakers: Record<string, BreakerView>; preflight: Record<string, PreflightView> };
  leases: { resource: string; holder: string | null; token: number; waiting: string[] }[];
  recent: AgentView[];
}

export interface BreakerView {
  state: string;
  failureCount: number;
  threshold: number;
  cooldownMs: number;
  /** Why it is open, since when, and when it lets a probe through. */
  why: string | null;
  openedAt: string | null;
  retryAt: string | null;
  totals: BreakerContext['totals'];
  history: { at: string; to: string; why: string }[];
}

export interface PreflightView {
  state: string;
  version: string | null;
  problem: string | null;
  checkedAt: string | null;
}

export type Reader = Pick<App, 'runtime'>;

export async function readQueue({ runtime }: Reader): Promise<QueueView> {
  const all = (kind: string) => runtime.actors({ kind, limit: 10_000 });
  const [worker, runs, leases, breakers, preflight] = await Promise.all([
    runtime.actor(workerId),
    all('agentRun'),
    all('mergeQueue'),
    readBreakers({ runtime }),
    readPreflights({ runtime }),
  ]);
  const context = worker === undefined ? undefined : contextOf<WorkerContext>(worker);
  const views = runs.map(viewOfRun);
  const ended = views.filter(run => run.completedAt !== undefined);
  const queue = context?.queue ?? [];
  return {
    worker: worker?.state ?? 'not started',
    counts: {
      queued: queue.length,
      running: (context?.running.length ?? 0) + (context?.asked.length ?? 0),
      backoff: views.filter(run => run.state === 'backoff').length,
      done: ended.filter(run => run.status === 'completed').length,
      failed: ended.filter(run => run.status !== 'completed').length,
    },
    maxConcurrency: context?.limits.total ?? 0,
    running: context?.running ?? [],
    starting: context?.asked ?? [],
    waiting: queue.map(run => ({ ...run, why: whyQueued(run, context!, worker?.tags ?? [], Date.now()) })),
    backoff: views.filter(run => run.state === 'backoff'),
    pressure: context?.pressure ?? null,
    pausedProjects: context?.pausedProjects ?? {},
    spending: { budgets: context?.budgets ?? noPlan, ledger: closeDay(context?.ledger ?? openLedger, Date.now()) },
    resilience: { breakers, preflight },
    leases: leases.map(row => {
      const { resource, holder, token, waiting } = contextOf<MergeQueueContext>(row);
      return { resource, holder, token, waiting };
    }),
    recent: ended.sort((a, b) => ((a.completedAt ?? '') < (b.completedAt ?? '') ? 1 : -1)).slice(0, 10),
  };
}

/** Every breaker, by the provider that it guards. */
export async function readBreakers({ runtime }: Reader): Promise<Record<string, BreakerView>> {
  const rows = await runtime.actors({ kind: 'breaker', limit: 10_000 });
  return Object.fromEntries(rows.map(row => [contextOf<BreakerContext>(row).provider, viewOfBreaker(row)]));
}

function viewOfBreaker(row: ActorRow): BreakerView {
  const context = contextOf<BreakerContext>(row);
  const { failureCount, failureLimit, cooldownMs, totals, why, openedAt, retryAt, history } = context;
  return {
    state: row.state,
    failureCount,
    threshold: failureLimit,
    cooldownMs,
    why,
    openedAt: timeOf(openedAt),
    retryAt: timeOf(retryAt),
    totals,
    history: history.map(({ at, ...rest }) => ({ at: new Date(at).toISOString(), ...rest })),
  };
}

async function readPreflights({ runtime }: Reader): Promise<Record<string, PreflightView>> {
  const rows = await runtime.actors({ kind: 'preflight', limit: 10_000 });
  return Object.fromEntries(
    rows.map(row => {
      const { agent, version, problem, checkedAt } = contextOf<PreflightContext>(row);
      return [agent.name, { state: row.state, version, problem, checkedAt: timeOf(checkedAt) }];
    }),
  );
}

const timeOf = (at: number | null) => (at === null ? null : new Date(at).toISOString());
