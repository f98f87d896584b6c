/** What can be known of agent runs and done with them: the same verbs for the command line now and for HTTP later. */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../app/open.ts';
import type { AgentKind } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import type { OutcomeClass } from '../domain/outcome.ts';
import { addUsage, type Usage } from '../domain/usage.ts';
import { type AgentRunContext, attemptId, contextShare } from '../machines/agent-run-context.ts';
import { workerId } from '../machines/breaker.ts';
import type { QueuedRun, WorkerContext } from '../machines/worker-context.ts';
import { whyQueued } from '../machines/worker-rules.ts';
import type { ActorRow } from '../persistence/store.ts';
import { followActivity } from './agent-log.ts';
import { contextOf } from './context.ts';

export type AgentStatus = 'spawning' | 'running' | 'completed' | 'failed' | 'killed';

/** An agent run for people and programs. */
export interface AgentView {
  agentId: string;
  taskId: string;
  project: string;
  stage: string;
  role: string;
  agent: string;
  kind: AgentKind;
  provider: string;
  model: string | null;
  status: AgentStatus;
  /** Where its machine stands: `queued`, `working.running.inTool`, `backoff` … */
  state: string;
  attempt: number;
  pid: number | null;
  /** The CLI's session, once it has named it. */
  session: string | null;
  /** What it does now, or did last, in a line. */
  activity: string;
  /** Used by all its attempts so far. */
  usage: Usage;
  /** How full the model's context is, from 0 to 1; null where the CLI does not say. */
  contextUsed: number | null;
  outcome: OutcomeClass | null;
  spawnedAt: string;
  startedAt?: string;
  completedAt?: string;
  error?: string;
  /** Why it has not started, while it has not. */
  why?: string;
}

/** What became of an order to kill. */
export interface KillResult {
  message: string;
  total: number;
  killed: number;
  failed: number;
  errors: string[];
}

type Reader = Pick<App['runtime'], 'actor'>;

export type Agents = ReturnType<typeof createAgents>;

const pollMs = 50;

export function createAgents({ runtime, paths }: Pick<App, 'runtime' | 'paths'>) {
  async function row(id: string): Promise<ActorRow> {
    const actor = await runtime.actor(id);
    if (actor?.kind === 'agentRun') return actor;
    // An agent that was spawned for a task is known by the task's id: its newest run is meant.
    if (actor?.kind === 'task') {
      const runs = await runtime.actors({ parentId: id, kind: 'agentRun', limit: 10_000 });
      const newest = runs.reduce<ActorRow | undefined>(
        (last, run) => (last === undefined || run.createdAt >= last.createdAt ? run : last),
        undefined,
      );
      if (newest !== undefined) return newest;
      throw new SignalboxError('not_found', 'noRunYet', `${id} is a task for which no agent has been called yet.`);
    }
    const known = (await runtime.actors({ kind: 'agentRun', limit: 10_000 })).map(run => run.id);
    const hint = known.length === 0 ? 'there are none yet' : `did you mean ${nearest(id, known).join(', ')}?`;
    throw new SignalboxError('not_found', 'noRun', `There is no agent run ${quote(id)}; ${hint}`);
  }

  const rows = (more: object = {}) => runtime.actors({ kind: 'agentRun', limit: 10_000, ...more });

  const viewsOf = (runs: ActorRow[]) => viewsOfRuns(runtime, runs);

  async function killRuns(ids: readonly string[], by: string, reason?: string): Promise<KillResult> {
    const errors: string[] = [];
    const ended: string[] = [];
    for (const id of ids) {
      const event = { type: 'run.stop', cause: 'killed', by, ...(reason !== undefined && { reason }) };
      const { outcome, reason: refusal } = await runtime.send(id, event, { source: by });
      if (outcome === 'applied') ended.push(id);
      else errors.push(`${id}: ${refusal ?? outcome}`);
    }
    // A run that is being killed always ends: its process actor does not give up.
    for (const id of ended) {
      while ((await row(id)).status === 'active') await new Promise(resolve => setTimeout(resolve, pollMs));
    }
    const total = ids.length;
    const killed = ended.length;
    return { message: `${killed} of ${total} runs killed`, total, killed, failed: errors.length, errors };
  }

  return {
    row,
    async show(id: string): Promise<AgentView> {
      const [view] = await viewsOf([await row(id)]);
      return view!;
    },
    list: async (): Promise<AgentView[]> => viewsOf(await rows()),
    /** Why runs that have asked to start have not. */
    reasons: (): Promise<Reason[]> => reasonsOf(runtime),
    /** Runs that have not ended. */
    live: async (): Promise<AgentView[]> => viewsOf(await rows({ status: 'active' })),
    /**
     * Ends a run for good: its worktree is checkpointed, then it is asked, then forced. Answers when nothing of it is left.
     * The cause and who gave the order are on record with the run.
     */
    kill: async (id: string, by: string, reason?: string) => killRuns([(await row(id)).id], by, reason),
    /** The same for every run that has not ended. */
    killAll: async (by: string, reason?: string) =>
      killRuns(
        (await rows({ status: 'active' })).map(run => run.id),
        by,
        reason,
      ),
    /** What the agent of a run's present attempt does, as it comes. */
    async follow(id: string) {
      const { agent, attempt } = contextOf<AgentRunContext>(await row(id));
      return followActivity(agent.kind, join(paths.runsDir, attemptId(id, attempt)));
    },
    /** Log files of a run's attempts that exist, oldest first; standard error after the output of its attempt. */
    async logFiles(id: string): Promise<string[]> {
      const run = await row(id);
      const context = contextOf<AgentRunContext>(run);
      const attempts = Array.from({ length: context.attempt }, (_, index) => attemptId(run.id, index + 1));
      return attempts
        .flatMap(attempt => ['output.log', 'error.log'].map(name => join(paths.runsDir, attempt, name)))
        .filter(existsSync);
    },
  };
}

/** A run from its row. */
export function viewOfRun(row: ActorRow): AgentView {
  const context = contextOf<AgentRunContext>(row);
  const { assignment, agent, report } = context;
  const isAtWork = row.state.startsWith('working');
  const share = contextShare(report);
  return {
    agentId: row.id,
    taskId: assignment.taskId,
    project: assignment.project,
    stage: assignment.stage,
    role: assignment.role,
    agent: agent.name,
    kind: agent.kind,
    provider: agent.provider,
    model: report?.model ?? agent.model,
    status: statusOf(row, context),
    state: row.state,
    attempt: context.attempt,
    pid: context.pid,
    session: report?.session ?? context.resume,
    activity: context.activity,
    usage: isAtWork && report !== null ? addUsage(context.usage, report.usage) : context.usage,
    contextUsed: share === 0 ? null : Math.round(share * 100) / 100,
    outcome: context.outcome,
    spawnedAt: new Date(row.createdAt).toISOString(),
    ...(context.startedAt !== null && { startedAt: new Date(context.startedAt).toISOString() }),
    ...(row.status !== 'active' && { completedAt: new Date(row.updatedAt).toISOString() }),
    ...(context.reason !== null && context.outcome !== 'succeeded' && { error: context.reason }),
  };
}

/** Runs from their rows, oldest first, each that waits for the worker with the reason. */
export async function viewsOfRuns(runtime: Reader, runs: ActorRow[]): Promise<AgentView[]> {
  const reasons = runs.some(run => run.state === 'queued') ? await reasonsOf(runtime) : [];
  const inOrder = [...runs].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  return inOrder.map(run => {
    const reason = reasons.find(({ runId }) => runId === run.id);
    return reason === undefined ? viewOfRun(run) : { ...viewOfRun(run), why: reason.why };
  });
}

/** What a person has to type who has held a run back. */
function remedyFor(
  { taskId, project }: QueuedRun,
  { pausedTasks, pausedProjects }: WorkerContext,
  state: string,
): string | null {
  if (state === 'draining.byOperator') return 'signalbox queue resume';
  if (pausedTasks[taskId] !== undefined) return `signalbox task resume ${taskId}`;
  return pausedProjects[project] === undefined ? null : `signalbox queue resume --project ${project}`;
}

export interface Reason {
  runId: string;
  taskId: string;
  why: string;
  /** It waits for something; the others are on their way. */
  isHeld: boolean;
  /** The command by which a person lets it go on, where one holds it back. */
  remedy: string | null;
}

/** Why each run that has asked to start has not. */
export async function reasonsOf(runtime: Reader): Promise<Reason[]> {
  const worker = await runtime.actor(workerId);
  if (worker === undefined) return [];
  const context = contextOf<WorkerContext>(worker);
  const asked = context.asked.map(({ runId, taskId, agent }) => ({
    runId,
    taskId,
    why: `it is checked whether the agent ${agent} can be started`,
    isHeld: false,
    remedy: null,
  }));
  const queued = context.queue.map(run => ({
    runId: run.runId,
    taskId: run.taskId,
    why: whyQueued(run, context, worker.tags, Date.now()),
    isHeld: true,
    remedy: remedyFor(run, context, worker.state),
  }));
  return [...asked, ...queued];
}

function statusOf(row: ActorRow, context: AgentRunContext): AgentStatus {
  if (row.status === 'active') return row.state.startsWith('working') ? 'running' : 'spawning';
  if (context.outcome === 'succeeded') return 'completed';
  return context.outcome === 'killed' || context.outcome === 'cancelled' ? 'killed' : 'failed';
}

/** Copies a file to a stream from a position; answers where it ended. */
export async function copyFrom(file: string, start: number, to: NodeJS.WritableStream): Promise<number> {
  let end = start;
  for await (const chunk of createReadStream(file, { start })) {
    end += (chunk as Buffer).length;
    if (!to.write(chunk)) await new Promise(resolve => to.once('drain', resolve));
  }
  return end;
}
