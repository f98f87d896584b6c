/** Makes a task: its id, its branch, the services that it relies on, and then the task itself. */

import { join } from 'node:path';
import { type Git, gitIn } from '../actors/git.ts';
import { refsUnder, resolveCommit } from '../actors/refs.ts';
import type { AgentSpec } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { Hooks } from '../domain/hook.ts';
import type { Json } from '../domain/json.ts';
import { slugOf } from '../domain/names.ts';
import { onceFor } from '../domain/once-for.ts';
import type { SetUpRule } from '../domain/set-up.ts';
import type { TestCommand } from '../domain/test-command.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import { projectTag } from '../machines/standing.ts';
import type { Blocker, Inheritance, TaskSource } from '../machines/task/context.ts';
import type { Store } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';
import type { DataPaths } from './data-directory.ts';
import { ensureServices, mergeQueueId } from './services.ts';
import type { Settings } from './settings.ts';

export interface NewTask {
  id?: string | undefined;
  /** Of an id that is made up here. */
  prefix: string;
  title: string;
  body: string;
  repository: string;
  target: string;
  priority: number;
  pipeline: Pipeline;
  project: string;
  /** Who plays a role that `agents` does not name. */
  agent: AgentSpec;
  agents: Record<string, AgentSpec>;
  hooks: Hooks;
  setUp?: SetUpRule;
  gateEnv?: string[];
  tests?: TestCommand[];
  wantsBaseline?: boolean;
  forge: { name: string; repository: string } | null;
  source: TaskSource | null;
  blockedBy: Blocker[];
  /** Links of items of which no task is made before this one is done. */
  blocks?: string[];
  /** What it takes over of another task, where it is a fork of that. */
  fork?: Inheritance;
}

/** What making a task needs of the application. */
export interface Making {
  runtime: Runtime;
  store: Store;
  paths: DataPaths;
  settings: Settings;
}

/** Who has a task made, and the order by which; null for one that may be given twice. */
export interface Orderer {
  name: string;
  key: string | null;
}

/** Makes a task and answers its id. Throws `idTaken` or `branchTaken`; nothing was made then. */
export async function createTask(app: Making, task: NewTask, who: Orderer): Promise<string> {
  if (task.id !== undefined) return makeTask(app, { ...task, id: task.id }, who);
  return underFreeId(app, await idsFor(app, task), id => makeTask(app, { ...task, id }, who));
}

/** The ids that a task may have, the ones that were asked for first. */
export async function idsFor(
  app: Making,
  { prefix, project, repository, title }: Pick<NewTask, 'prefix' | 'project' | 'repository' | 'title'>,
  wanted: readonly string[] = [],
): Promise<Ids> {
  const { ofProject, inAll } = await numberOfTasks(app, project);
  const numberAt = (index: number) => (index > triesInProject ? inAll : ofProject) + index;
  return {
    idAt: index => wanted[index - 1] ?? `${prefix}-${numberAt(index - wanted.length)}`,
    // Another data directory may have worked in the same repository.
    isFree: async id => (await isIdFree(app, id)) && (await isBranchFree(repository, branchOf(id, title))),
  };
}

/** A task as it is to be made, with the services that it relies on. */
export interface ArrangedTask {
  id: string;
  definition: Json;
  input: Json;
}

/** Makes everything ready for a task but the task itself. Throws `idTaken` or `branchTaken`. */
export async function arrangeTask(app: Making, task: NewTask & { id: string }): Promise<ArrangedTask> {
  const { runtime, paths } = app;
  const { id, prefix: _, pipeline, ...rest } = task;
  const { title, project, repository, target, agent, agents } = rest;
  const branch = branchOf(id, title);
  if ((await runtime.actor(id)) !== undefined) throw taken(id);
  if (await app.store.isGone('task', id)) throw takenOnce(id);
  await checkBranchIsFree(repository, branch);
  const mergeQueue = mergeQueueId(repository, target);
  const worktree = join(paths.worktreesDir, project, id);
  await ensureServices(app, { agents: [agent, ...Object.values(agents)], repository, target });
  const input = { ...rest, branch, workItem: id, worktree, mergeQueue };
  return { id, definition: pipeline as unknown as Json, input: input as unknown as Json };
}

async function makeTask(app: Making, task: NewTask & { id: string }, { name: by, key }: Orderer): Promise<string> {
  const { runtime } = app;
  const { id, definition, input } = await arrangeTask(app, task);
  // The order knows which task is its own before there is one: whoever finds it open looks whether it was made.
  if (key !== null) await runtime.send(key, { type: 'order.name', subject: id }, { source: by });
  const { outcome } = await runtime.create('task', id, input, { definition, source: by, dedupeKey: key });
  if (outcome === 'duplicate') throw taken(id);
  return id;
}

/** Projects may share a prefix: whoever finds so many ids taken looks behind all of them. */
const triesInProject = 20;

/**
 * How many tasks there ever were, of a project and in all. Of those that were removed it is not known of which project they
 * were: they count for each.
 */
async function numberOfTasks({ runtime, store }: Making, project: string) {
  const counts = await runtime.counts('task');
  const gone = await store.gone('task');
  const under = (wanted: string) => {
    const found = counts.find(({ tag }) => tag === wanted);
    return (found?.living ?? 0) + (found?.ended ?? 0) + gone;
  };
  return { ofProject: under(projectTag(project)), inAll: under('') };
}

/** Ids under which tasks are being made: two orders that arrive at once would find the same one free. */
const beingMadeIn = onceFor((_: Store) => new Set<string>());

export interface Ids {
  /** From 1. */
  idAt(index: number): string;
  isFree(id: string): Promise<boolean>;
}

/** Makes a task under the first id that is free, and keeps that from others until it is done. */
export async function underFreeId<Made>(
  { store }: Pick<Making, 'store'>,
  { idAt, isFree }: Ids,
  make: (id: string) => Promise<Made>,
): Promise<Made> {
  const kept = beingMadeIn(store);
  for (let index = 1; ; index++) {
    const id = idAt(index);
    if (kept.has(id)) continue;
    kept.add(id);
    try {
      if (await isFree(id)) return await make(id);
    } finally {
      kept.delete(id);
    }
  }
}

/** An id is used once: branches, saved work and trackers may speak of a task that was removed long ago. */
export async function isIdFree({ runtime, store }: Pick<Making, 'runtime' | 'store'>, id: string): Promise<boolean> {
  return (await runtime.actor(id)) === undefined && !(await store.isGone('task', id));
}

const takenOnce = (id: string) =>
  new SignalboxError('conflict', 'idTaken', `There was a task ${id}; its record was removed, and ids are used once.`, {
    remedy: { say: 'choose another', field: 'id' },
  });

const taken = (id: string) =>
  new SignalboxError('conflict', 'idTaken', `There is already a task ${id}.`, {
    remedy: { say: 'choose another', field: 'id' },
  });

/** The branch that a task with this id and title works on. */
export function branchOf(id: string, title: string): string {
  const slug = slugOf(title);
  return `feature/${id}${slug === '' ? '' : `-${slug}`}`;
}

async function isBranchFree(repository: string, branch: string): Promise<boolean> {
  const git = gitIn(repository);
  return (
    (await resolveCommit(git, `refs/heads/${branch}`)) === undefined && (await branchBelow(git, branch)) === undefined
  );
}

/** A branch whose name begins with this one as a folder: git can keep only one of them. */
async function branchBelow(git: Git, branch: string): Promise<string | undefined> {
  const name = `refs/heads/${branch}`;
  const found = Object.keys(await refsUnder(git, [name])).find(one => one !== name);
  return found?.slice('refs/heads/'.length);
}

/** Throws `branchTaken` when a branch cannot be made, because it or a branch in its way exists. */
export async function checkBranchIsFree(repository: string, branch: string): Promise<void> {
  const git = gitIn(repository);
  const below = await branchBelow(git, branch);
  if (below !== undefined) {
    const why = `${repository} has a branch ${below}, beside which ${branch} cannot be made.`;
    throw new SignalboxError('conflict', 'branchTaken', why, {
      remedy: { say: 'rename it, or choose another', field: 'id' },
    });
  }
  for (const name of [branch, branch.slice(0, branch.indexOf('/'))]) {
    if ((await resolveCommit(git, `refs/heads/${name}`)) === undefined) continue;
    const why = `${repository} already has a branch ${name}`;
    if (name === branch) {
      throw new SignalboxError('conflict', 'branchTaken', `${why}.`, {
        remedy: { say: 'choose another', field: 'id' },
      });
    }
    throw new SignalboxError('conflict', 'branchTaken', `${why}; rename it, so that ${branch} can be made.`);
  }
}
