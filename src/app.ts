/** The one place that knows everybody: opens the store, gives machines their actors, recovers, and starts to work. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fromPromise } from 'xstate';
import { createAgentProcess } from './actors/agent-process.ts';
import { checkpoint } from './actors/checkpoint.ts';
import { judgeGates } from './actors/gate.ts';
import { inTurn } from './actors/in-turn.ts';
import { merge } from './actors/merge.ts';
import { endOrphans, type Orphan } from './actors/orphans.ts';
import { publish } from './actors/publish.ts';
import { prepareWorkspace, type RemoveInput, removeWorkspace } from './actors/workspace.ts';
import { SignalboxError } from './domain/errors.ts';
import type { Json } from './domain/json.ts';
import { ownIdentity } from './host/process-identity.ts';
import { agentRunMachine } from './machines/agent-run.ts';
import { breakerId, breakerMachine, workerId } from './machines/breaker.ts';
import { defaultPipeline } from './machines/default-pipeline.ts';
import { mergeQueueMachine } from './machines/merge-queue.ts';
import { type Pipeline, pipelineSchema } from './machines/pipeline.ts';
import { compileTask } from './machines/task.ts';
import { type WorkerLimits, workerMachine } from './machines/worker.ts';
import { openSqliteStore } from './persistence/sqlite/store.ts';
import type { Store } from './persistence/store.ts';
import { type MachineKind, type Runtime, type RuntimeObserver, startRuntime } from './runtime/index.ts';

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
  /** With `work`: carries out what this actor and those below it ask for, and starts nothing new. */
  only?: string;
  observer?: RuntimeObserver;
  /** Called with every database statement before it runs. */
  trace?: (sql: string) => void;
  onOrphans?: (orphans: Orphan[]) => void;
  onDamage?: (problems: string[]) => void;
}

export interface App {
  paths: DataPaths;
  store: Store;
  runtime: Runtime;
  /** Stops cleanly and closes the store. Agents that work go on working. */
  close(options?: { drainMs?: number }): Promise<void>;
}

export const defaultLimits: WorkerLimits = { total: 2, perProject: 2, perStage: 2, perProvider: 2 };
export const defaultBreaker = { failureLimit: 3, cooldownMs: 300_000 };

/**
 * Opens the data directory. Throws `not_found` when there is nothing to read, `conflict` when another process owns it,
 * `unavailable` and `invalid` when the database cannot be used.
 */
export async function openApp({
  dataDir,
  mode,
  creates = true,
  only,
  observer,
  trace,
  onOrphans,
  onDamage,
}: AppOptions): Promise<App> {
  const paths = dataPaths(dataDir);
  if ((mode === 'read' || !creates) && !existsSync(paths.database)) {
    throw new SignalboxError(
      'not_found',
      `There is no Signalbox data in ${paths.dataDir}; give another directory with --data.`,
    );
  }
  if (mode !== 'read') makeDataDir(paths);
  const store = openSqliteStore({
    file: paths.database,
    readonly: mode === 'read',
    ...(trace && { trace }),
    ...(onDamage && { onDamage }),
  });
  let runtime: Runtime | undefined;
  try {
    if (mode !== 'read') writeFileSync(paths.lock, `${JSON.stringify({ ...ownIdentity(), epoch: store.epoch })}\n`);
    if (mode === 'work') {
      const orphans = await endOrphans(paths, async job => isJobOpen(store, job));
      if (orphans.length > 0) onOrphans?.(orphans);
    }
    runtime = await startRuntime({
      store,
      kinds: kindsFor(paths),
      readonly: mode === 'read',
      effects: mode !== 'work' ? 'none' : only === undefined ? 'all' : id => id === only || id.startsWith(`${only}.`),
      ...(observer && { observer }),
    });
    if (mode !== 'read') await runtime.create('worker', workerId, { limits: { ...defaultLimits } });
    // For the work of one actor nothing else is started, also not in the places that it frees.
    const order = only === undefined ? 'worker.started' : 'worker.shutdown';
    if (mode === 'work') await runtime.send(workerId, { type: order });
    const working = runtime;
    return {
      paths,
      store,
      runtime,
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

/** The id of the actor that holds the merge lease of a branch. */
export const mergeQueueId = (repository: string, target: string) => `merge:${repository}:${target}`;

/** Makes sure that the actors exist on which a task relies. */
export async function ensureServices(
  runtime: Runtime,
  { provider, repository, target }: { provider: string; repository: string; target: string },
): Promise<void> {
  const resource = mergeQueueId(repository, target);
  await Promise.all([
    runtime.create('breaker', breakerId(provider), { provider, ...defaultBreaker }),
    runtime.create('mergeQueue', resource, { resource }),
  ]);
}

/** Every kind of actor, with what it needs of the outside world. */
export function kindsFor({ runsDir }: Pick<DataPaths, 'runsDir'>): MachineKind[] {
  const written = (version: number) => ({ version });
  return [
    { name: 'worker', definition: written(1), build: () => workerMachine },
    { name: 'breaker', definition: written(1), build: () => breakerMachine },
    { name: 'mergeQueue', definition: written(1), build: () => mergeQueueMachine },
    {
      name: 'agentRun',
      definition: written(1),
      build: () => agentRunMachine,
      actors: {
        agent: createAgentProcess(runsDir),
        checkpoint: inWorktree(checkpoint),
      },
    },
    {
      name: 'task',
      definition: defaultPipeline as unknown as Json,
      build: definition => compileTask(pipelineSchema.parse(definition) as Pipeline),
      actors: {
        prepare: inWorktree(prepareWorkspace),
        publish: inWorktree(publish),
        gates: fromPromise(({ input, signal }) => judgeGates(input as never, runsDir, signal)),
        merge: inWorktree(merge),
      },
      effects: { removeWorktree: (params: RemoveInput) => inTurn(params.worktree, () => removeWorkspace(params)) },
    },
  ];
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
    // The data directory often lies in a repository; it never belongs to it.
    const ignore = join(dataDir, '.gitignore');
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
  } catch (error) {
    const reason = (error as Error).message;
    throw new SignalboxError('unavailable', `${dataDir} cannot be used as data directory: ${reason}`, { cause: error });
  }
}
