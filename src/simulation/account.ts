/**
 * The account that a simulated world keeps of tasks and of what works for them: no two processes in one worktree, none after
 * the end, no worktree taken away from under one.
 */
import type { Attempt } from './agents/plan.ts';
import type { Processes } from './agents/processes.ts';

export interface Account {
  /** A process of an agent begins. */
  begin(attempt: Attempt): void;
  /** A person has decided something of a task: what agents do from here on is with a person's will. */
  decide(taskId: string): void;
  /** The task has ended: nothing more happens to it. */
  end(taskId: string): void;
  /** The worktree of a task is removed. */
  tidy(taskId: string): void;
  isTidy(taskId: string): boolean;
  /** Agent runs of each task since a person last decided, at the most. */
  mostRuns: Map<string, number>;
}

export function createAccount(processes: Processes, onWrong: (text: string) => void): Account {
  const runsSince = new Map<string, number>();
  const mostRuns = new Map<string, number>();
  const ended = new Set<string>();
  const tidied = new Set<string>();
  const living = (taskId: string) => processes.all.filter(one => one.taskId === taskId && one.endedAt === null);
  return {
    mostRuns,
    begin(attempt) {
      const { taskId, key } = attempt;
      for (const other of living(taskId)) onWrong(`${taskId}: ${key} begins beside ${other.key}, in the same worktree`);
      if (ended.has(taskId)) onWrong(`${taskId}: ${key} begins after the task has ended`);
      const runs = (runsSince.get(taskId) ?? 0) + (attempt.isFirst ? 1 : 0);
      runsSince.set(taskId, runs);
      mostRuns.set(taskId, Math.max(runs, mostRuns.get(taskId) ?? 0));
      processes.start(attempt);
    },
    decide: taskId => void runsSince.set(taskId, 0),
    end(taskId) {
      ended.add(taskId);
      for (const { key } of living(taskId)) onWrong(`${taskId} has ended, and its process ${key} lives on`);
    },
    tidy(taskId) {
      tidied.add(taskId);
      if (!ended.has(taskId)) return;
      for (const { key } of living(taskId)) onWrong(`the worktree of ${taskId} goes while ${key} works in it`);
    },
    isTidy: taskId => tidied.has(taskId),
  };
}
