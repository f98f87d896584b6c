/** The worker and what it depends on: what runs, what waits and why, breakers, preflights, leases, money. */
import { z } from 'zod';
import { contextOf } from '../../app/context.ts';
import type { BreakerContext } from '../../machines/breaker.ts';
import type { MergeQueueContext } from '../../machines/merge-queue.ts';
import type { PreflightContext } from '../../machines/preflight.ts';
import type { ActorRow } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import { at, budget, remedy, spent } from '../fields.ts';
import { agentView } from './agent.ts';
import { timeOf, timeOrNull } from './time.ts';

export const breakerView = z.lazy(() =>
  z.object({
    state: z.string().describe('closed, open, or halfOpen while one probe is let through'),
    failureCount: z.int(),
    threshold: z.int(),
    cooldownMs: z.number(),
    why: z.string().nullable().describe('why it is open'),
    openedAt: at.nullable(),
    retryAt: at.nullable().describe('when it lets a probe through'),
    totals: z.object({ failures: z.int(), successes: z.int(), openings: z.int() }),
    models: z
      .array(z.object({ name: z.string(), why: z.string(), until: at }))
      .describe('models whose own allowance is used up; who asks for another one is let through'),
    history: z.array(z.object({ at, to: z.string(), why: z.string() })).describe('the last changes, newest last'),
  }),
);
export type BreakerView = z.output<typeof breakerView>;

const preflightView = z.lazy(() =>
  z.object({
    state: z.string(),
    version: z.string().nullable(),
    problem: z.string().nullable(),
    checkedAt: at.nullable(),
  }),
);
export type PreflightView = z.output<typeof preflightView>;

const queuedRun = z.object({
  runId: z.string(),
  taskId: z.string(),
  project: z.string(),
  stage: z.string(),
  agent: z.string(),
  provider: z.string(),
  model: z.string().nullable().optional().describe('what its agent asks for; null leaves that to its CLI'),
  priority: z.int(),
  queuedAt: at,
  ask: budget.describe('what it may spend at most'),
  held: z.object({ by: z.enum(['breaker', 'model', 'preflight']), why: z.string() }).nullable(),
});
const startedRun = queuedRun.extend({ reserved: budget.describe('what is set aside for it') });

export const workerView = z.lazy(() =>
  z.object({
    state: z.string(),
    drainedBy: z.string().nullable().describe('who has it start nothing'),
    pausedProjects: z.record(z.string(), z.string()).describe('projects in which nothing starts, and who said so'),
    running: z.int(),
    queued: z.int(),
  }),
);
export type WorkerView = z.output<typeof workerView>;

const ledger = z.lazy(() =>
  z.object({
    day: z.int().describe('days since 1970-01-01, UTC'),
    today: spent,
    projects: z.record(z.string(), z.object({ total: spent, today: spent })),
  }),
);

export const leaseView = z.lazy(() =>
  z.object({
    resource: z.string(),
    holder: z.string().nullable(),
    heldSince: at.nullable(),
    token: z.int().describe('the fencing token'),
    waiting: z.array(z.string()).describe('who gets it next, in this order'),
  }),
);
export type LeaseView = z.output<typeof leaseView>;

export const queueView = z.lazy(() =>
  z.object({
    worker: z.string().describe('where the machine of the worker stands'),
    isAttended: z.boolean().describe('whether somebody works on this data, or may begin to at once'),
    counts: z.object({
      queued: z.int(),
      running: z.int(),
      backoff: z.int(),
      done: z.int(),
      failed: z.int().describe('failed or killed'),
    }),
    maxConcurrency: z.int(),
    running: z.array(startedRun),
    starting: z.array(startedRun).describe('holding a place while their agent and provider are asked'),
    waiting: z.array(queuedRun.extend({ why: z.string(), remedy: remedy.nullable() })),
    backoff: z.array(agentView).describe('runs that wait for their next attempt'),
    pressure: z.string().nullable().describe('what the host is short of'),
    pausedProjects: z.record(z.string(), z.string()),
    configuration: z.string().nullable().describe('the configuration file in force; null while all defaults hold'),
    spending: z.object({
      budgets: z.object({
        day: budget,
        run: budget,
        projects: z.record(z.string(), z.object({ total: budget, day: budget, run: budget })),
      }),
      ledger,
    }),
    resilience: z.object({
      breakers: z.record(z.string(), breakerView),
      preflight: z.record(z.string(), preflightView),
    }),
    lanes: z
      .array(
        z.object({
          name: z.string().describe('the integration, such as forge:home; its breaker is called the same'),
          waiting: z.int().describe('actions that are still to be delivered'),
          oldestAt: at.describe('when the oldest of them was asked for'),
        }),
      )
      .describe('actions for integrations that wait; each has a lane of its own'),
    leases: z.array(leaseView),
    recent: z.array(agentView).describe('the newest runs that have ended'),
  }),
);
export type QueueView = z.output<typeof queueView>;

/** There is one for each provider, agent or branch that is configured: more than this is no list for people. */
const mostServices = 1_000;

/** Every breaker, by the provider that it guards. */
export async function readBreakers(runtime: Runtime): Promise<Record<string, BreakerView>> {
  const rows = await runtime.list({ kind: 'breaker', limit: mostServices });
  return Object.fromEntries(inOrder(rows).map(row => [contextOf<BreakerContext>(row).provider, viewOfBreaker(row)]));
}

const inOrder = (rows: ActorRow[]) => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));

function viewOfBreaker(row: ActorRow): BreakerView {
  const context = contextOf<BreakerContext>(row);
  const { failureCount, failureLimit, cooldownMs, totals, why, openedAt, retryAt, models = {}, history } = context;
  return {
    state: row.state,
    failureCount,
    threshold: failureLimit,
    cooldownMs,
    why,
    openedAt: timeOrNull(openedAt),
    retryAt: timeOrNull(retryAt),
    totals,
    models: Object.entries(models).map(([name, { why: said, until }]) => ({ name, why: said, until: timeOf(until) })),
    history: history.map(({ at: when, ...rest }) => ({ at: timeOf(when), ...rest })),
  };
}

export async function readPreflights(runtime: Runtime): Promise<Record<string, PreflightView>> {
  const rows = await runtime.list({ kind: 'preflight', limit: mostServices });
  return Object.fromEntries(
    inOrder(rows).map(row => {
      const { agent, version, problem, checkedAt } = contextOf<PreflightContext>(row);
      return [agent.name, { state: row.state, version, problem, checkedAt: timeOrNull(checkedAt) }];
    }),
  );
}

export async function readLeases(runtime: Runtime): Promise<LeaseView[]> {
  const rows = await runtime.list({ kind: 'mergeQueue', limit: mostServices });
  return inOrder(rows).map(row => {
    const { resource, holder, heldSince, token, waiting } = contextOf<MergeQueueContext>(row);
    return { resource, holder, heldSince: timeOrNull(heldSince), token, waiting };
  });
}
