/** An agent run for people and programs. */
import { z } from 'zod';
import { contextOf } from '../../app/context.ts';
import { addUsage } from '../../domain/usage.ts';
import { type AgentRunContext, contextShare } from '../../machines/agent-run-context.ts';
import { runStatuses, runStatusIn } from '../../machines/standing.ts';
import type { ActorRow } from '../../persistence/store.ts';
import { at, usage } from '../fields.ts';
import { type Looked, type Reason, reasonsOf } from './reasons.ts';
import { timeOf } from './time.ts';

export const agentView = z.lazy(() =>
  z.object({
    agentId: z.string(),
    taskId: z.string(),
    project: z.string(),
    stage: z.string(),
    role: z.string(),
    agent: z.string().describe('the name of the agent'),
    kind: z.enum(['claude', 'codex', 'gemini', 'opencode', 'aider', 'command']),
    provider: z.string().describe('whose breaker it depends on'),
    model: z.string().nullable(),
    status: z.enum(runStatuses),
    state: z.string().describe('where its machine stands'),
    attempt: z.int().describe('processes started so far'),
    pid: z.int().nullable(),
    session: z.string().nullable().describe("the CLI's session, once it has named it"),
    activity: z.string().describe('what it does now, or did last, in a line'),
    usage: usage.describe('used by all its attempts so far'),
    contextUsed: z
      .number()
      .nullable()
      .describe("how full the model's context is, 0 to 1; null where that is not known"),
    outcome: z.string().nullable().describe('how it ended'),
    spawnedAt: at,
    startedAt: at.optional(),
    completedAt: at.optional(),
    error: z.string().optional().describe('why it did not succeed'),
    why: z.string().optional().describe('why it has not started, while it has not'),
  }),
);
export type AgentView = z.output<typeof agentView>;

/** A run from its row. */
export function viewOfRun(row: ActorRow, reason?: Reason): AgentView {
  const context = contextOf<AgentRunContext>(row);
  const { assignment, agent, report } = context;
  const status = runStatusIn(row.tags);
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
    status,
    state: row.state,
    attempt: context.attempt,
    pid: context.pid,
    session: report?.session ?? context.resume,
    activity: context.activity,
    usage: status === 'running' && report !== null ? addUsage(context.usage, report.usage) : context.usage,
    contextUsed: share === 0 ? null : Math.round(share * 100) / 100,
    outcome: context.outcome,
    spawnedAt: timeOf(row.createdAt),
    ...(context.startedAt !== null && { startedAt: timeOf(context.startedAt) }),
    ...(row.status !== 'active' && { completedAt: timeOf(row.updatedAt) }),
    ...(context.reason !== null && context.outcome !== 'succeeded' && { error: context.reason }),
    ...(reason !== undefined && { why: reason.why }),
  };
}

/** Runs from their rows, each that waits for the worker with the reason. */
export async function viewsOfRuns(app: Looked, rows: readonly ActorRow[]): Promise<AgentView[]> {
  const reasons = rows.some(row => row.tags.includes('queued')) ? await reasonsOf(app) : [];
  return rows.map(row =>
    viewOfRun(
      row,
      reasons.find(({ runId }) => runId === row.id),
    ),
  );
}
