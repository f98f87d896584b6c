/** The actors that serve all tasks: the worker, breakers, preflights, merge queues, the janitor; made where needed, told what holds. */
import { isDeepStrictEqual } from 'node:util';
import type { AgentSpec } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { breakerId, janitorId, preflightId, reconcilerId, workerId } from '../machines/addresses.ts';
import type { BreakerContext } from '../machines/breaker.ts';
import type { PreflightContext } from '../machines/preflight.ts';
import type { ReconcilerContext } from '../machines/reconciler.ts';
import type { WorkerContext } from '../machines/worker-context.ts';
import type { Runtime } from '../runtime/index.ts';
import { contextOf } from './context.ts';
import { configureOutside, lookAtTrackers } from './outside/services.ts';
import type { Settings } from './settings.ts';

/** The id of the actor that holds the merge lease of a branch. */
export const mergeQueueId = (repository: string, target: string) => `merge:${repository}:${target}`;

/** Tells every service that is there what the settings say now, and which file they are from. */
export async function configureServices(runtime: Runtime, settings: Settings, file: string | null): Promise<void> {
  await configureWorker(runtime, settings, file);
  for (const row of await runtime.actors({ kind: 'breaker', limit: 10_000 })) {
    // Those of lanes have pauses of their own.
    if (contextOf<BreakerContext>(row).tells === null) continue;
    await reconfigure(runtime, row.id, { type: 'breaker.configured', ...settings.breaker });
  }
  for (const row of await runtime.actors({ kind: 'preflight', limit: 10_000 })) {
    const context = contextOf<{ agent: unknown }>(row);
    const event = { type: 'preflight.configured', agent: context.agent, ...settings.preflight };
    await reconfigure(runtime, row.id, event);
  }
  await configureJanitor(runtime, settings);
  await configureReconcilers(runtime, settings);
  await configureOutside(runtime, settings);
}

/** Minutes that a lost delivery may cost. */
const reconcileEveryMs = 300_000;

/** One for each forge that is configured; those of others rest. */
async function configureReconcilers(runtime: Runtime, { forges }: Settings): Promise<void> {
  for (const forge of Object.keys(forges)) {
    await runtime.create('reconciler', reconcilerId(forge), { forge, intervalMs: reconcileEveryMs });
  }
  for (const row of await runtime.actors({ kind: 'reconciler', limit: 10_000 })) {
    const { forge } = contextOf<ReconcilerContext>(row);
    const intervalMs = Object.hasOwn(forges, forge) ? reconcileEveryMs : null;
    await reconfigure(runtime, row.id, { type: 'reconciler.configured', intervalMs } as never);
  }
}

/** Has every forge and tracker looked at now: deliveries may have come while nobody was here. */
export async function lookOutside(runtime: Runtime, settings: Settings): Promise<void> {
  await configureReconcilers(runtime, settings);
  await lookAtTrackers(runtime, settings);
  for (const forge of Object.keys(settings.forges)) {
    await runtime.send(reconcilerId(forge), { type: 'reconciler.look' }, { source: 'app' });
  }
}

/** There is none until something is to be removed. */
async function configureJanitor(runtime: Runtime, { retention: { endedAfterMs } }: Settings): Promise<void> {
  if (endedAfterMs !== null) await runtime.create('janitor', janitorId, { endedAfterMs });
  await reconfigure(runtime, janitorId, { type: 'janitor.configured', endedAfterMs } as never);
}

/** Tells the worker when what it goes by is another than before: an event is a commit. */
async function configureWorker(runtime: Runtime, { limits, budgets }: Settings, file: string | null): Promise<void> {
  const worker = await runtime.actor(workerId);
  if (worker === undefined) return;
  const context = contextOf<Partial<WorkerContext>>(worker);
  if (context.ledger === undefined) {
    throw new SignalboxError(
      'invalid',
      'olderData',
      'This data directory was made by an earlier version whose runs cannot be gone on with.',
      { remedy: { say: 'use another one', field: 'data' } },
    );
  }
  const present = [context.limits, context.budgets, context.configuration];
  if (isDeepStrictEqual(present, [limits, budgets, file])) return;
  const event = { type: 'worker.configured', limits, budgets, configuration: file };
  await runtime.send(workerId, event as never, { source: 'configuration' });
}

interface ServicesOf {
  agents: readonly AgentSpec[];
  repository: string;
  target: string;
}

/**
 * Makes sure that the actors exist on which a task relies. Those that are there stay as they are, except that the check
 * of an agent learns what the agent is now.
 */
export async function ensureServices(
  { runtime, settings }: { runtime: Runtime; settings: Settings },
  { agents, repository, target }: ServicesOf,
): Promise<void> {
  const resource = mergeQueueId(repository, target);
  await runtime.create('mergeQueue', resource, { resource });
  for (const agent of agents) {
    const { provider } = agent;
    await runtime.create('breaker', breakerId(provider), { provider, ...settings.breaker });
    const input = { agent, ...settings.preflight };
    const { outcome } = await runtime.create('preflight', preflightId(agent.name), input as unknown as Json);
    if (outcome === 'duplicate') await tellAgent(runtime, agent);
  }
}

async function tellAgent(runtime: Runtime, agent: AgentSpec): Promise<void> {
  const row = await runtime.actor(preflightId(agent.name));
  if (row === undefined) return;
  const context = contextOf<PreflightContext>(row);
  const { cacheMs, timeLimitMs } = context;
  await reconfigure(runtime, row.id, { type: 'preflight.configured', agent, cacheMs, timeLimitMs } as never);
}

/** Sends what differs from what the actor has, if anything does. */
async function reconfigure(runtime: Runtime, id: string, event: { type: string }): Promise<void> {
  const row = await runtime.actor(id);
  if (row === undefined) return;
  const context = contextOf<Record<string, unknown>>(row);
  const { type: _, ...input } = event as { type: string } & Record<string, unknown>;
  const isSame = Object.entries(input).every(([key, value]) => isDeepStrictEqual(context[key], value));
  if (!isSame) await runtime.send(id, event as never, { source: 'configuration' });
}
