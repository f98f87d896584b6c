/** The one place that knows everybody: opens the store, gives machines their actors, recovers, and starts to work. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fromPromise } from 'xstate';
import { checkAgent } from './actors/agent-preflight.ts';
import { createAgentProcess } from './actors/agent-process.ts';
import { checkpoint } from './actors/checkpoint.ts';
import { judgeGates } from './actors/gate.ts';
import { type HookInput, runHook } from './actors/hook.ts';
import { createHostGauge, type HostNeeds } from './actors/host-gauge.ts';
import { inTurn } from './actors/in-turn.ts';
import { type InspectInput, inspect } from './actors/inspect.ts';
import { merge } from './actors/merge.ts';
import { endOrphans, type Orphan } from './actors/orphans.ts';
import { publish } from './actors/publish.ts';
import { homeOf } from './actors/sandboxed.ts';
import { type PrepareInput, prepareWorkspace, type RemoveInput, removeWorkspace } from './actors/workspace.ts';
import type { Config } from './config/schema.ts';
import { type AgentSpec, noSandbox } from './domain/agent-spec.ts';
import { isBecause, SignalboxError } from './domain/errors.ts';
import type { Json } from './domain/json.ts';
import { ownIdentity } from './host/process-identity.ts';
import type { PriceTable } from './integrations/agent-cli.ts';
import { builtInPrices } from './integrations/prices.ts';
import { agentRunMachine } from './machines/agent-run.ts';
import { breakerId, breakerMachine, workerId } from './machines/breaker.ts';
import { defaultPipeline } from './machines/default-pipeline.ts';
import { mergeQueueMachine } from './machines/merge-queue.ts';
import { type Pipeline, pipelineSchema } from './machines/pipeline.ts';
import { preflightId, preflightMachine } from './machines/preflight.ts';
import { agentRunTags, taskTags } from './machines/standing.ts';
import { compileTask } from './machines/task.ts';
import { workerMachine } from './machines/worker.ts';
import {
  type BudgetPlan,
  noPlan,
  usualLimits,
  type WorkerContext,
  type WorkerLimits,
} from './machines/worker-context.ts';
import { openSqliteStore } from './persistence/sqlite/store.ts';
import type { Store } from './persistence/store.ts';
import {
  type JobInput,
  type MachineKind,
  type Runtime,
  type RuntimeObserver,
  startRuntime,
  type TransitionListener,
} from './runtime/index.ts';

/** Where everything of one data directory lies. Absolute paths. */
export interface DataPaths {
  dataDir: string;
  database: string;
  runsDir: string;
  worktreesDir: string;
  lock: string;
}

export function dataPaths(dataDir: string): DataPaths {
  const absolute = resolve(dataDir);
  return {
    dataDir: absolute,
    database: join(absolute, 'signalbox.db'),
    runsDir: join(absolute, 'runs'),
    worktreesDir: join(absolute, 'worktrees'),
    lock: join(absolute, 'lock'),
  };
}

export interface AppOptions {
  dataDir: string;
  /**
   * - `work`: owns the data and does what is to be done.
   * - `commit`: owns the data and only records events; whoever works next carries them out.
   * - `read`: looks, beside whoever owns the data.
   */
  mode: 'work' | 'commit' | 'read';
  /** Whether a data directory that is not there is made. */
  creates?: boolean;
  /** What the configuration says of the whole application; without it what holds already, or else all defaults. */
  settings?: Settings;
  /** With `work`: carries out what these actors and those below them ask for, and starts nothing new. */
  only?: readonly string[];
  observer?: RuntimeObserver;
  /** Who hears of every transition from the very beginning on. */
  listeners?: readonly TransitionListener[];
  /** Called with every database statement before it runs. */
  trace?: (sql: string) => void;
  onOrphans?: (orphans: Orphan[]) => void;
  onDamage?: (problems: string[]) => void;
}

export interface App {
  paths: DataPaths;
  store: Store;
  runtime: Runtime;
  /** In force now. */
  readonly settings: Settings;
  /** Takes over other settings while working: limits and budgets at once, the rest with the next start of an agent. */
  configure(settings: Settings): Promise<void>;
  /** Stops cleanly and closes the store. Agents that work go on working. */
  close(options?: { drainMs?: number }): Promise<void>;
}

/** What holds for all tasks, whoever began them. */
export interface Settings {
  limits: WorkerLimits;
  budgets: BudgetPlan;
  host: HostNeeds;
  breaker: { failureLimit: number; cooldownMs: number };
  preflight: { cacheMs: number; timeLimitMs: number };
  prices: PriceTable;
}

export const defaultSettings: Settings = {
  limits: usualLimits,
  budgets: noPlan,
  host: { minFreeDiskBytes: 1024 ** 3, minFreeMemoryBytes: 512 * 1024 ** 2 },
  breaker: { failureLimit: 3, cooldownMs: 300_000 },
  preflight: { cacheMs: 45_000, timeLimitMs: 15_000 },
  prices: builtInPrices,
};

/** The settings of a configuration. */
export function settingsOf(config: Config): Settings {
  const budgets = Object.entries(config.projects).map(([name, { budget }]) => [name, budget] as const);
  return {
    limits: config.worker,
    budgets: { ...config.budget, projects: Object.fromEntries(budgets) },
    host: config.host,
    breaker: config.breaker,
    preflight: config.preflight,
    prices: { ...builtInPrices, models: [...config.prices, ...builtInPrices.models] },
  };
}

/**
 * Opens the data directory. Throws `not_found` when there is nothing to read, `conflict` when another process owns it,
 * `unavailable` and `invalid` when the database cannot be used.
 */
export async function openApp({
  dataDir,
  mode,
  creates = true,
  settings: given,
  only,
  observer,
  listeners = [],
  trace,
  onOrphans,
  onDamage,
}: AppOptions): Promise<App> {
  const paths = dataPaths(dataDir);
  if ((mode === 'read' || !creates) && !existsSync(paths.database)) {
    throw new SignalboxError('not_found', 'noData', `There is no Signalbox data in ${paths.dataDir}.`, {
      remedy: { say: 'give another directory', field: 'data' },
    });
  }
  if (mode !== 'read') makeDataDir(paths);
  const open = (readonly: boolean) =>
    openSqliteStore({
      file: paths.database,
      readonly,
      ...(trace && { trace }),
      ...(onDamage && { onDamage }),
    });
  const store = await openMigrated(open, mode === 'read');
  let runtime: Runtime | undefined;
  let settings = given ?? defaultSettings;
  try {
    if (mode !== 'read') writeFileSync(paths.lock, `${JSON.stringify({ ...ownIdentity(), epoch: store.epoch })}\n`);
    if (mode === 'work') {
      const orphans = await endOrphans(paths, async job => isJobOpen(store, job));
      if (orphans.length > 0) onOrphans?.(orphans);
    }
    runtime = await startRuntime({
      store,
      kinds: kindsFor(paths, () => settings),
      readonly: mode === 'read',
      effects: mode !== 'work' ? 'none' : only === undefined ? 'all' : id => isAmong(only, id),
      ...(observer && { observer }),
      listeners,
    });
    if (mode !== 'read') {
      const { limits, budgets } = settings;
      await runtime.create('worker', workerId, { limits, budgets } as unknown as Json);
      if (given !== undefined) await configureServices(runtime, settings);
    }
    // For the work of one actor nothing else is started, also not in the places that it frees.
    const order = only === undefined ? 'worker.started' : 'worker.shutdown';
    if (mode === 'work') await runtime.send(workerId, { type: order });
    const working = runtime;
    return {
      paths,
      store,
      runtime,
      get settings() {
        return settings;
      },
      async configure(next) {
        settings = next;
        await configureServices(working, next);
      },
      async close(options) {
        await working.stop(options);
        await store.close();
        if (mode !== 'read') rmSync(paths.lock, { force: true });
      },
    };
  } catch (error) {
    await runtime?.stop({ drainMs: 0 });
    await store.close();
    throw error;
  }
}

/** Who only reads cannot bring older data to the present schema, so it is opened for writing once. */
async function openMigrated(open: (readonly: boolean) => Store, readonly: boolean): Promise<Store> {
  try {
    return open(readonly);
  } catch (error) {
    if (!isBecause(error, 'unmigratedData')) throw error;
    await open(false).close();
    return open(readonly);
  }
}

/** The id of the actor that holds the merge lease of a branch. */
export const mergeQueueId = (repository: string, target: string) => `merge:${repository}:${target}`;

const isAmong = (actors: readonly string[], id: string) =>
  actors.some(actor => id === actor || id.startsWith(`${actor}.`));

/** Tells every service that is there what the settings say now. */
async function configureServices(runtime: Runtime, settings: Settings): Promise<void> {
  await configureWorker(runtime, settings);
  for (const { id } of await runtime.actors({ kind: 'breaker', limit: 10_000 })) {
    await reconfigure(runtime, id, { type: 'breaker.configured', ...settings.breaker });
  }
  for (const row of await runtime.actors({ kind: 'preflight', limit: 10_000 })) {
    const { context } = JSON.parse(row.snapshot) as { context: { agent: unknown } };
    const event = { type: 'preflight.configured', agent: context.agent, ...settings.preflight };
    await reconfigure(runtime, row.id, event);
  }
}

/** Tells the worker when its limits or budgets are others than before: an event is a commit. */
async function configureWorker(runtime: Runtime, { limits, budgets }: Settings): Promise<void> {
  const worker = await runtime.actor(workerId);
  if (worker === undefined) return;
  const { context } = JSON.parse(worker.snapshot) as { context: Partial<WorkerContext> };
  if (context.ledger === undefined) {
    throw new SignalboxError(
      'invalid',
      'olderData',
      'This data directory was made by an earlier version whose runs cannot be gone on with.',
      { remedy: { say: 'use another one', field: 'data' } },
    );
  }
  if (isDeepStrictEqual([context.limits, context.budgets], [limits, budgets])) return;
  const event = { type: 'worker.configured', limits, budgets, configuration: context.configuration ?? null };
  await runtime.send(workerId, event as never, { source: 'configuration' });
}

/** Makes sure that the actors exist on which a task relies, with the settings that are in force. */
export async function ensureServices(
  { runtime, settings }: Pick<App, 'runtime' | 'settings'>,
  { agents, repository, target }: { agents: readonly AgentSpec[]; repository: string; target: string },
): Promise<void> {
  const resource = mergeQueueId(repository, target);
  await runtime.create('mergeQueue', resource, { resource });
  for (const agent of agents) {
    const { provider } = agent;
    const services = [
      { kind: 'breaker', id: breakerId(provider), input: { provider, ...settings.breaker } },
      { kind: 'preflight', id: preflightId(agent.name), input: { agent, ...settings.preflight } },
    ];
    for (const { kind, id, input } of services) {
      const { outcome } = await runtime.create(kind, id, input as unknown as Json);
      if (outcome === 'duplicate') await reconfigure(runtime, id, { type: `${kind}.configured`, ...input });
    }
  }
}

/** Sends what differs from what the actor has, if anything does. */
async function reconfigure(runtime: Runtime, id: string, event: { type: string }): Promise<void> {
  const row = await runtime.actor(id);
  if (row === undefined) return;
  const { context } = JSON.parse(row.snapshot) as { context: Record<string, unknown> };
  const { type: _, ...input } = event as { type: string } & Record<string, unknown>;
  const isSame = Object.entries(input).every(([key, value]) => isDeepStrictEqual(context[key], value));
  if (!isSame) await runtime.send(id, event as never, { source: 'configuration' });
}

/** Every kind of actor, with what it needs of the outside world. */
export function kindsFor(
  { dataDir, runsDir }: Pick<DataPaths, 'dataDir' | 'runsDir'>,
  settings: () => Settings = () => defaultSettings,
): MachineKind[] {
  const written = (version: number) => ({ version });
  const hook = fromPromise<void, JobInput<HookInput>>(({ input, signal }) =>
    runHook(input, runsDir, input.job.ref, signal),
  );
  return [
    {
      name: 'worker',
      definition: written(3),
      build: () => workerMachine,
      actors: { hostGauge: createHostGauge(dataDir, () => settings().host) },
    },
    { name: 'breaker', definition: written(2), build: () => breakerMachine },
    {
      name: 'preflight',
      definition: written(1),
      build: () => preflightMachine,
      actors: {
        probe: fromPromise<unknown, { agent: AgentSpec; timeLimitMs: number }>(({ input, signal }) =>
          checkAgent(input.agent, { timeLimitMs: input.timeLimitMs, signal }),
        ),
      },
    },
    { name: 'mergeQueue', definition: written(1), build: () => mergeQueueMachine },
    {
      name: 'agentRun',
      definition: written(3),
      build: () => agentRunMachine,
      tags: agentRunTags,
      actors: {
        agent: createAgentProcess({ dataDir, runsDir, prices: () => settings().prices }),
        checkpoint: inWorktree(checkpoint),
        inspect: inWorktree((input: InspectInput) => inspect(input)),
        hook,
      },
    },
    {
      name: 'task',
      definition: defaultPipeline as unknown as Json,
      build: definition => compileTask(pipelineSchema.parse(definition) as Pipeline),
      tags: taskTags,
      actors: {
        prepare: fromPromise<unknown, JobInput<PrepareInput>>(({ input, signal }) =>
          inTurn(input.worktree, () =>
            prepareWorkspace(input, command =>
              runHook({ ...placeOf(input, 'afterCreate'), hook: command }, runsDir, input.job.ref, signal),
            ),
          ),
        ),
        publish: inWorktree(publish),
        gates: fromPromise(({ input, signal }) => judgeGates(input as never, runsDir, signal)),
        merge: inWorktree(merge),
      },
      effects: {
        removeWorktree: (params: RemoveInput) =>
          inTurn(params.worktree, async () => {
            await removeWorkspace(params, command =>
              runHook(
                { ...placeOf(params, 'beforeRemove'), hook: command },
                runsDir,
                `${params.taskId}.end`,
                new AbortController().signal,
              ),
            );
            rmSync(homeOf(dataDir, params.taskId), { recursive: true, force: true });
          }),
      },
    },
  ];
}

/** Where a hook of the task's own runs. */
function placeOf(
  { taskId, project, worktree }: { taskId: string; project: string; worktree: string },
  name: HookInput['name'],
): Omit<HookInput, 'hook'> {
  return { name, taskId, project, worktree, branch: '', sandbox: noSandbox, outcome: null };
}

/** Work with git in a worktree, one piece after another: a job that was stopped may still be at it. */
function inWorktree<Input extends { worktree: string }, Output>(work: (input: Input) => Promise<Output>) {
  return fromPromise<Output, Input>(({ input }) => inTurn(input.worktree, () => work(input)));
}

async function isJobOpen(store: Store, ref: string): Promise<boolean> {
  // A job's reference is its actor's id, the name of the child and the number of the transition.
  const actorId = ref.replace(/\.[^.]+\.[^.]+$/, '');
  return (await store.jobs(actorId)).some(job => job.ref === ref);
}

function makeDataDir({ dataDir, runsDir, worktreesDir }: DataPaths): void {
  try {
    for (const directory of [dataDir, runsDir, worktreesDir]) mkdirSync(directory, { recursive: true, mode: 0o700 });
    // The data directory often lies in a repository; it never belongs to it. Prompt templates beside it do.
    const ignore = join(dataDir, '.gitignore');
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n!prompts/\n!prompts/**\n');
  } catch (error) {
    const reason = (error as Error).message;
    throw new SignalboxError(
      'unavailable',
      'directoryUnusable',
      `${dataDir} cannot be used as data directory: ${reason}`,
      { cause: error },
    );
  }
}
