/** What can be done with tasks: the same verbs for the command line now and for HTTP later. */
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gitIn, resolveCommit } from '../actors/git.ts';
import type { App } from '../app/open.ts';
import { ensureServices, mergeQueueId } from '../app/services.ts';
import type { AgentSpec } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import { type Hooks, noHooks } from '../domain/hook.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { checkId, checkTitle, quote, slugOf } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { defaultPipeline } from '../machines/default-pipeline.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import type { TaskContext } from '../machines/task-context.ts';
import type { ActorRow, Outcome, StoredLogEntry } from '../persistence/store.ts';
import { type AgentView, reasonsOf, viewsOfRuns } from './agents.ts';
import { contextOf } from './context.ts';
import { explainState, type Move, movesOf, type Standing, stageOf, standingOf } from './explain.ts';

export interface NewTask {
  id?: string;
  /** Of an id that is made up here. */
  prefix?: string;
  title: string;
  body?: string;
  repository: string;
  target: string;
  priority?: number;
  pipeline?: Pipeline;
  /** The project's name; that of the repository's folder by default. */
  project?: string;
  /** Who plays a role that `agents` does not name. */
  agent: AgentSpec;
  agents?: Record<string, AgentSpec>;
  hooks?: Hooks;
}

/** A task for people and programs. */
export interface TaskView {
  id: string;
  title: string;
  project: string;
  pipeline: string;
  state: string;
  stage: string;
  standing: Standing;
  /** Why it is where it is. */
  why: string;
  /** What would move it. */
  moves: Move[];
  priority: number;
  attempts: Record<string, number>;
  rework: Record<string, number>;
  verdicts: TaskContext['verdicts'];
  spent: TaskContext['spent'];
  /** Tokens by kind, and what they cost. */
  usage: TaskContext['usage'];
  stageSpent: TaskContext['stageSpent'];
  repository: string;
  branch: string;
  target: string;
  /** The commit on which the branch began. */
  base: string;
  head: string;
  merged: TaskContext['merged'];
  questions: string | null;
  version: number;
  createdAt: string;
  updatedAt: string;
}

export interface SentEvent {
  seq: number;
  outcome: Outcome;
  state: string;
  reason: string | null;
}

/** Events that a person may send, with the fields that they need. */
export const personEvents: Record<string, readonly string[]> = {
  'task.approve': [],
  'task.reject': ['reason'],
  'task.answer': ['text'],
  'task.retry': [],
  'task.pause': [],
  'task.resume': [],
  'task.cancel': [],
  'task.fail': ['reason'],
  'task.move': ['stage'],
};

const longestText = 20_000;
const pageSize = 500;

export type Tasks = ReturnType<typeof createTasks>;

export function createTasks(app: Pick<App, 'runtime' | 'paths' | 'settings'>) {
  const { runtime, paths } = app;
  async function row(id: string): Promise<ActorRow> {
    const actor = await runtime.actor(id);
    if (actor?.kind === 'task') return actor;
    const known = (await runtime.actors({ kind: 'task', limit: 10_000 })).map(task => task.id);
    const hint = known.length === 0 ? 'there are no tasks yet' : `did you mean ${nearest(id, known).join(', ')}?`;
    throw new SignalboxError('not_found', 'noTask', `There is no task ${quote(id)}; ${hint}`);
  }

  /** Another data directory may have worked in the same repository: its branches are taken too. */
  async function freeId(prefix: string, repository: string, title: string): Promise<string> {
    const taken = new Set((await runtime.actors({ kind: 'task', limit: 1_000_000 })).map(task => task.id));
    for (let number = taken.size + 1; ; number++) {
      const id = `${prefix}-${number}`;
      if (!taken.has(id) && (await isBranchFree(repository, branchOf(id, title)))) return id;
    }
  }

  async function send(id: string, type: string, data: JsonObject, by: string): Promise<SentEvent> {
    const task = await row(id);
    const fields = personEvents[type];
    if (fields === undefined) {
      const known = Object.keys(personEvents);
      throw new SignalboxError(
        'invalid',
        'unknownEvent',
        `There is no event ${quote(type)}; the nearest are ${nearest(type, known).join(', ')}.`,
      );
    }
    for (const field of fields) {
      const value = data[field];
      if (typeof value !== 'string' || value.trim() === '' || value.length > longestText) {
        throw new SignalboxError(
          'invalid',
          'badInput',
          `${type} needs "${field}": a text of 1 to ${longestText} characters.`,
        );
      }
    }
    if (type === 'task.move') await checkStage(task, String(data.stage));
    return runtime.send(id, { ...data, type, by }, { source: by });
  }

  async function checkStage(task: ActorRow, stage: string): Promise<void> {
    const stages = await stagesOf(task.id);
    if (stages.includes(stage)) return;
    throw new SignalboxError(
      'invalid',
      'noStage',
      `There is no stage ${quote(stage)} in ${task.id}; its stages are ${stages.join(', ')}.`,
    );
  }

  async function stagesOf(id: string): Promise<string[]> {
    const definition = await runtime.definitionOf(id);
    return (definition as unknown as Pipeline).stages.map(({ name }) => name);
  }

  return {
    /** Makes a task. Throws `invalid` for a bad title or id, `conflict` when the id or its branch is taken. */
    async add(task: NewTask): Promise<TaskView> {
      const title = checkTitle(task.title);
      const { repository, target, agent, agents = {}, hooks = noHooks, body = '' } = task;
      const { priority = 5, pipeline = defaultPipeline, project = projectOf(repository) } = task;
      const id =
        task.id === undefined ? await freeId(task.prefix ?? 'T', repository, title) : checkId(task.id, 'The id');
      const branch = branchOf(id, title);
      await checkBranchIsFree(repository, branch);
      if ((await runtime.actor(id)) !== undefined) throw taken(id);
      const input = {
        title,
        body,
        project,
        repository,
        target,
        branch,
        workItem: id,
        worktree: join(paths.worktreesDir, project, id),
        priority,
        agent,
        agents,
        hooks,
        mergeQueue: mergeQueueId(repository, target),
      };
      await ensureServices(app, { agents: [agent, ...Object.values(agents)], repository, target });
      const options = { definition: pipeline as unknown as Json, source: 'cli' };
      const { outcome } = await runtime.create('task', id, input as unknown as Json, options);
      if (outcome === 'duplicate') throw taken(id);
      return view(await row(id));
    },
    find: async (id: string): Promise<TaskView | undefined> => {
      const actor = await runtime.actor(id);
      return actor?.kind === 'task' ? view(actor) : undefined;
    },
    show: async (id: string): Promise<TaskView & { runs: AgentView[] }> => {
      const task = await row(id);
      const runs = await runtime.actors({ parentId: id, kind: 'agentRun', limit: 1_000 });
      const views = await viewsOfRuns(runtime, runs);
      return { ...withReason(view(task), views.find(run => run.why !== undefined)?.why), runs: views };
    },
    async list({ state, limit = 1_000 }: { state?: string; limit?: number } = {}): Promise<TaskView[]> {
      const tasks = await runtime.actors({ kind: 'task', limit, ...(state && { state }) });
      const reasons = new Map((await reasonsOf(runtime)).map(({ taskId, why }) => [taskId, why]));
      return tasks.map(task => withReason(view(task), reasons.get(task.id)));
    },
    async *events(id: string): AsyncGenerator<StoredLogEntry> {
      await row(id);
      for (let after = 0; ; ) {
        const entries = await runtime.log(id, { after, limit: pageSize });
        yield* entries;
        const last = entries.at(-1);
        if (last === undefined) return;
        after = last.seq;
      }
    },
    send,
    /**
     * Runs a stage again, with the settings that the configuration has for its agents now: what a person has mended since
     * the task began takes effect. An agent that is configured no longer stays as it was.
     */
    async retry(id: string, by: string, configured: Readonly<Record<string, AgentSpec>>): Promise<SentEvent> {
      const { agent, agents, repository, target } = contextOf<TaskContext>(await row(id));
      const present = new Map([agent, ...Object.values(agents)].map(spec => [spec.name, spec] as const));
      const mended = [...present.values()].flatMap(spec => {
        const now = Object.hasOwn(configured, spec.name) ? configured[spec.name] : undefined;
        if (now === undefined) return [];
        // What was named on the command line stays.
        const renewed = { ...now, env: [...new Set([...now.env, ...spec.env])] };
        return isDeepStrictEqual(renewed, spec) ? [] : [renewed];
      });
      if (mended.length > 0) await ensureServices(app, { agents: mended, repository, target });
      const renewed = Object.fromEntries(mended.map(spec => [spec.name, spec] as const));
      return send(id, 'task.retry', mended.length === 0 ? {} : ({ agents: renewed } as unknown as JsonObject), by);
    },
    /** The actor behind a task. Throws `not_found` with the nearest ids. */
    row,
  };
}

/** A task whose agent waits for the worker waits for the same reason. */
function withReason(task: TaskView, why: string | undefined): TaskView {
  return why === undefined ? task : { ...task, why: `its agent waits: ${why}` };
}

/** What a project is called that nobody has named. */
export const projectOf = (repository: string) => slugOf(basename(repository)) || 'project';

const taken = (id: string) =>
  new SignalboxError('conflict', 'idTaken', `There is already a task ${id}; choose another --id.`);

/** The branch that a task with this id and title works on. */
export function branchOf(id: string, title: string): string {
  const slug = slugOf(title);
  return `feature/${id}${slug === '' ? '' : `-${slug}`}`;
}

async function isBranchFree(repository: string, branch: string): Promise<boolean> {
  return (await resolveCommit(gitIn(repository), `refs/heads/${branch}`)) === undefined;
}

/** Throws `conflict` when a branch cannot be made, because it or a branch in its way exists. */
export async function checkBranchIsFree(repository: string, branch: string): Promise<void> {
  const git = gitIn(repository);
  for (const name of [branch, branch.slice(0, branch.indexOf('/'))]) {
    if ((await resolveCommit(git, `refs/heads/${name}`)) === undefined) continue;
    const remedy = name === branch ? 'choose another --id' : `rename it, so that ${branch} can be made`;
    throw new SignalboxError('conflict', 'branchTaken', `${repository} already has a branch ${name}; ${remedy}.`);
  }
}

/** A task from its row. */
export function view(row: ActorRow): TaskView {
  const context = contextOf<TaskContext>(row);
  return {
    id: row.id,
    title: context.title,
    project: context.project,
    pipeline: context.pipeline,
    state: row.state,
    stage: stageOf(row.state),
    standing: standingOf(row.state, row.status),
    why: explainState(row.state, context),
    moves: movesOf(row.id, row.state, context),
    priority: context.priority,
    attempts: context.attempts,
    rework: context.rework,
    verdicts: context.verdicts,
    spent: context.spent,
    usage: context.usage,
    stageSpent: context.stageSpent,
    repository: context.repository,
    branch: context.branch,
    target: context.target,
    base: context.base,
    head: context.head,
    merged: context.merged,
    questions: context.questions,
    version: row.version,
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
  };
}
