/** What can be known of agent runs and done with them. */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../app.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { type AgentRunContext, attemptId } from '../machines/agent-run.ts';
import type { ActorRow } from '../persistence/store.ts';
import { contextOf } from './context.ts';

export type AgentStatus = 'spawning' | 'running' | 'completed' | 'failed' | 'killed';

/** An agent run for people and programs. */
export interface AgentView {
  agentId: string;
  taskId: string;
  stage: string;
  agent: string;
  status: AgentStatus;
  state: string;
  attempt: number;
  pid: number | null;
  spawnedAt: string;
  startedAt?: string;
  completedAt?: string;
  error?: string;
}

export type Agents = ReturnType<typeof createAgents>;

export function createAgents({ runtime, paths }: Pick<App, 'runtime' | 'paths'>) {
  async function row(id: string): Promise<ActorRow> {
    const actor = await runtime.actor(id);
    if (actor?.kind === 'agentRun') return actor;
    const known = (await runtime.actors({ kind: 'agentRun', limit: 10_000 })).map(run => run.id);
    const hint = known.length === 0 ? 'there are none yet' : `did you mean ${nearest(id, known).join(', ')}?`;
    throw new SignalboxError('not_found', `There is no agent run ${quote(id)}; ${hint}`);
  }

  return {
    row,
    show: async (id: string): Promise<AgentView> => viewOfRun(await row(id)),
    list: async (): Promise<AgentView[]> => (await runtime.actors({ kind: 'agentRun', limit: 10_000 })).map(viewOfRun),
    /** Runs that have not ended. */
    live: async (): Promise<AgentView[]> =>
      (await runtime.actors({ kind: 'agentRun', status: 'active', limit: 10_000 })).map(viewOfRun),
    /** Asks a run to end; it is checkpointed, then told, then forced. */
    kill: (id: string, by: string) => runtime.send(id, { type: 'run.stop', cause: 'killed', by }, { source: by }),
    /** Log files of a run's attempts that exist, oldest first. */
    async logFiles(id: string): Promise<string[]> {
      const context = contextOf<AgentRunContext>(await row(id));
      const attempts = Array.from({ length: context.attempt }, (_, index) => attemptId(id, index + 1));
      return attempts.map(attempt => join(paths.runsDir, attempt, 'output.log')).filter(existsSync);
    },
  };
}

/** A run from its row. */
export function viewOfRun(row: ActorRow): AgentView {
  const context = contextOf<AgentRunContext>(row);
  const status = statusOf(row, context);
  return {
    agentId: row.id,
    taskId: context.assignment.taskId,
    stage: context.assignment.stage,
    agent: context.agent.name,
    status,
    state: row.state,
    attempt: context.attempt,
    pid: context.pid,
    spawnedAt: new Date(row.createdAt).toISOString(),
    ...(context.startedAt !== null && { startedAt: new Date(context.startedAt).toISOString() }),
    ...(row.status !== 'active' && { completedAt: new Date(row.updatedAt).toISOString() }),
    ...(context.reason !== null && context.outcome !== 'succeeded' && { error: context.reason }),
  };
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
