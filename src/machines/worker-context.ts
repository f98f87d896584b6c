/** What the worker is made of: what it is given, what it remembers, what it hears. */
import { type Budget, noBudget, nothingSpent, type Spent } from '../domain/budget.ts';

/** Budgets over many runs: of all projects together, and of each. */
export interface BudgetPlan {
  day: Budget;
  run: Budget;
  projects: Record<string, { total: Budget; day: Budget; run: Budget }>;
}

export interface Ledger {
  /** Days since 1970-01-01, UTC. */
  day: number;
  today: Spent;
  projects: Record<string, { total: Spent; today: Spent }>;
}

export const noPlan: BudgetPlan = { day: noBudget, run: noBudget, projects: {} };
export const openLedger: Ledger = { day: 0, today: nothingSpent, projects: {} };

/** A run that wants to start. */
export interface QueuedRun {
  runId: string;
  taskId: string;
  project: string;
  stage: string;
  agent: string;
  provider: string;
  /** What its agent asks for; null leaves that to the CLI. */
  model?: string | null;
  /** 1 is the most urgent, 10 the least. */
  priority: number;
  queuedAt: number;
  /** What it may spend at most, as far as it and its task know. */
  ask: Budget;
  /** Who turned it away, and why; null while nobody has. */
  held: { by: 'breaker' | 'model' | 'preflight'; why: string } | null;
}

/** A run that holds a place, with what is set aside for it. */
export interface StartedRun extends QueuedRun {
  reserved: Budget;
}

export interface WorkerLimits {
  /** Agents at once, in all. */
  total: number;
  perProject: number;
  perStage: number;
  perAgent: number;
  perProvider: number;
  /** Limits for one project, stage, agent or provider, by name; they replace the general one. */
  projects: Record<string, number>;
  stages: Record<string, number>;
  agents: Record<string, number>;
  providers: Record<string, number>;
  /** A run that has waited this long counts as one step more urgent. */
  ageingMs: number;
}

/** The limits that hold without a configuration. */
export const usualLimits: WorkerLimits = {
  total: 2,
  perProject: 2,
  perStage: 2,
  perAgent: 2,
  perProvider: 2,
  projects: {},
  stages: {},
  agents: {},
  providers: {},
  ageingMs: 900_000,
};

export interface WorkerContext {
  limits: WorkerLimits;
  budgets: BudgetPlan;
  ledger: Ledger;
  queue: QueuedRun[];
  /** Asked about and not yet answered: they hold a place already. */
  asked: StartedRun[];
  running: StartedRun[];
  /** Projects in which nothing starts until somebody resumes them, and who said so. */
  pausedProjects: Record<string, string>;
  /** Tasks that are paused while their agent has not started, and who said so. */
  pausedTasks: Record<string, string>;
  /** What the host is short of; null while it can bear more. */
  pressure: string | null;
  /** The configuration file that is in force, absolute; null when all defaults are, absent before anybody has worked here. */
  configuration?: string | null;
  /** Who had it drained. */
  drainedBy: string | null;
  createdAt: number;
}

export type WorkerEvent =
  | ({ type: 'run.requested'; at: number } & Omit<QueuedRun, 'queuedAt' | 'held'>)
  | { type: 'run.admitted'; runId: string; provider: string; isProbe?: boolean; at: number }
  | { type: 'run.refused'; runId: string; by: 'breaker' | 'model' | 'preflight'; why: string; at: number }
  | { type: 'run.ended'; runId: string; project: string; spent: Spent; at: number }
  | { type: 'breaker.changed'; provider: string; at: number }
  | { type: 'preflight.changed'; agent: string; at: number }
  | { type: 'host.changed'; pressure: string | null; isDiskFilling?: boolean; at: number }
  | { type: 'worker.drain'; by: string; at: number }
  | { type: 'worker.resume'; by: string; at: number }
  | { type: 'worker.shutdown'; at: number }
  | { type: 'worker.started'; at: number }
  | { type: 'project.pause'; project: string; by: string; at: number }
  | { type: 'project.resume'; project: string; by: string; at: number }
  | { type: 'task.paused'; taskId: string; by: string; at: number }
  | { type: 'task.resumed'; taskId: string; at: number }
  | {
      type: 'worker.configured';
      limits: WorkerLimits;
      budgets: BudgetPlan;
      configuration: string | null;
      at: number;
    };
