/** Makes a task: its id, its branch, the services that it relies on, and then the task itself. */
import { join } from 'node:path';
import { gitIn, resolveCommit } from '../actors/git.ts';
import type { AgentSpec } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { Hooks } from '../domain/hook.ts';
import type { Json } from '../domain/json.ts';
import { slugOf } from '../domain/names.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import type { App } from './open.ts';
import { ensureServices, mergeQueueId } from './services.ts';

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
  forge: { name: string; repository: string } | null;
}

/** Who has a task made, and the order by which; null for one that may be given twice. */
export interface Orderer {
  name: string;
  key: string | null;
}

/** Makes a task and answers its id. Throws `idTaken` or `branchTaken`; nothing was made then. */
export async function createTask(app: App, task: NewTask, who: Orderer): Promise<string> {
  if (task.id !== undefined) return makeTask(app, { ...task, id: task.id }, who);
  const { prefix, repository, title } = task;
  const number = await numberOfTasks(app);
  // Another data directory may have worked in the same repository.
  const isFree = async (id: string) =>
    (await isIdFree(app, id)) && (await isBranchFree(repository, branchOf(id, title)));
  const idAt = (index: number) => `${prefix}-${number + index}`;
  return underFreeId(app, { idAt, isFree }, id => makeTask(app, { ...task, id }, who));
}

async function makeTask(app: App, task: NewTask & { id: string }, { name: by, key }: Orderer): Promise<string> {
  const { runtime, paths } = app;
  const { id, title, body, project, repository, target, priority, pipeline, agent, agents, hooks, forge } = task;
  const branch = branchOf(id, title);
  if ((await runtime.actor(id)) !== undefined) throw taken(id);
  if (await app.store.isGone('task', id)) throw takenOnce(id);
  await checkBranchIsFree(repository, branch);
  const mergeQueue = mergeQueueId(repository, target);
  const worktree = join(paths.worktreesDir, project, id);
  const place = { project, repository, target, branch, workItem: id, worktree, mergeQueue };
  const input = { title, body, priority, agent, agents, hooks, forge, source: null, ...place };
  await ensureServices(app, { agents: [agent, ...Object.values(agents)], repository, target });
  // The order knows which task is its own before there is one: whoever finds it open looks whether it was made.
  if (key !== null) await runtime.send(key, { type: 'order.name', subject: id }, { source: by });
  const options = { definition: pipeline as unknown as Json, source: by, dedupeKey: key };
  const { outcome } = await runtime.create('task', id, input as unknown as Json, options);
  if (outcome === 'duplicate') throw taken(id);
  return id;
}

/** How many tasks there ever were. */
async function numberOfTasks({ runtime, store }: App): Promise<number> {
  const all = (await runtime.counts('task')).find(({ tag }) => tag === '');
  return (all?.living ?? 0) + (all?.ended ?? 0) + (await store.gone('task'));
}

/** Ids under which tasks are being made: two orders that arrive at once would find the same one free. */
const beingMade = new WeakMap<App['store'], Set<string>>();

export interface Ids {
  /** From 1. */
  idAt(index: number): string;
  isFree(id: string): Promise<boolean>;
}

/** Makes a task under the first id that is free, and keeps that from others until it is done. */
export async function underFreeId(
  { store }: Pick<App, 'store'>,
  { idAt, isFree }: Ids,
  make: (id: string) => Promise<string>,
): Promise<string> {
  const kept = beingMade.get(store) ?? new Set();
  beingMade.set(store, kept);
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
export async function isIdFree({ runtime, store }: Pick<App, 'runtime' | 'store'>, id: string): Promise<boolean> {
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
  return (await resolveCommit(gitIn(repository), `refs/heads/${branch}`)) === undefined;
}

/** Throws `branchTaken` when a branch cannot be made, because it or a branch in its way exists. */
export async function checkBranchIsFree(repository: string, branch: string): Promise<void> {
  const git = gitIn(repository);
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
