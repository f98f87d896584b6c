/** What the runs of a task have used. */
import { contextOf } from '../../app/context.ts';
import { addTokens, addUsage, noTokens, roundUsd, type Tokens, totalTokens, type Usage } from '../../domain/usage.ts';
import type { AgentRunContext } from '../../machines/agent-run-context.ts';
import type { ActorRow } from '../../persistence/store.ts';

/** What the runs of one agent with one model have used in one stage. */
export interface UsageFacts {
  stage: string;
  agent: string;
  model: string | null;
  runs: number;
  sessions: number;
  workedMs: number;
  tokens: Tokens;
  /** US dollars; null where it is known of none of the runs. */
  costUsd: number | null;
  /** Runs that have used tokens and do not say what they cost. */
  unpriced: number;
  /** Of these: runs of a stage that had been run before, with all that they used. */
  again: { runs: number; tokens: Tokens; costUsd: number | null };
}

/** One for each stage, agent and model that has worked. */
export function usageOf(rows: readonly ActorRow[]): UsageFacts[] {
  const all = new Map<string, UsageFacts>();
  for (const row of rows) {
    const { assignment, agent, attempt, workedMs, ...run } = contextOf<AgentRunContext>(row);
    const model = run.report?.model ?? agent.model;
    const key = JSON.stringify([assignment.stage, agent.name, model]);
    const before = all.get(key) ?? nothingUsed(assignment.stage, agent.name, model);
    // What an attempt at work has used so far stands in its report.
    const used =
      row.tags.includes('running') && run.report !== null ? addUsage(run.usage, run.report.usage) : run.usage;
    all.set(key, {
      ...before,
      runs: before.runs + 1,
      sessions: before.sessions + attempt,
      workedMs: before.workedMs + Math.round(workedMs),
      tokens: addTokens(before.tokens, used),
      costUsd: addCost(before.costUsd, used),
      unpriced: before.unpriced + (totalTokens(used) > 0 && used.costUsd === null ? 1 : 0),
      again: assignment.attempt > 1 ? oneMore(before.again, used) : before.again,
    });
  }
  return [...all.values()];
}

const oneMore = ({ runs, tokens, costUsd }: UsageFacts['again'], used: Usage): UsageFacts['again'] => ({
  runs: runs + 1,
  tokens: addTokens(tokens, used),
  costUsd: addCost(costUsd, used),
});

const addCost = (before: number | null, { costUsd }: Pick<Usage, 'costUsd'>): number | null =>
  before === null && costUsd === null ? null : roundUsd((before ?? 0) + (costUsd ?? 0));

const nothingUsed = (stage: string, agent: string, model: string | null): UsageFacts => ({
  ...{ stage, agent, model, runs: 0, sessions: 0, workedMs: 0, tokens: noTokens, costUsd: null, unpriced: 0 },
  again: notAgain,
});

/** One for all: most is not run again, and this is kept for thousands of tasks. */
const notAgain: UsageFacts['again'] = { runs: 0, tokens: noTokens, costUsd: null };
