/**
 * What projects have spent, and what is set aside for runs at work. Pure bookkeeping: the worker owns the ledger, reserves
 * before a run starts and settles on every end, so that no two runs can spend the same dollar.
 */
import {
  addSpent,
  type Budget,
  type Measure,
  measures,
  noBudget,
  nothingSpent,
  type Spent,
  tighter,
} from '../domain/budget.ts';
import { own } from '../domain/own.ts';
import type { BudgetPlan, Ledger, QueuedRun, StartedRun } from './worker-context.ts';

const dayMs = 86_400_000;
/** What one run sets aside of a limited measure when nothing says how much a run may use. */
const usualRun: Spent = { tokens: 5_000_000, moneyUsd: 5, timeMs: 1_800_000, sessions: 1 };
/** A run starts with less than it asks for, but not with less than this share of it: it would only be stopped. */
const leastShare = 0.1;

/** The budget that does not allow a run. */
export interface Lacking {
  scope: string;
  measure: Measure;
  limit: number;
  spent: number;
  reserved: number;
}

interface Books {
  budgets: BudgetPlan;
  ledger: Ledger;
  asked: StartedRun[];
  running: StartedRun[];
}

/** What one run may spend by the configuration, all its attempts together. */
export function limitOfRun({ run, projects }: BudgetPlan, project: string): Budget {
  return tighter(run, own(projects, project)?.run ?? noBudget);
}

/** What a run may spend when it starts now, or what it lacks. */
export function reserve(books: Books, run: QueuedRun, at: number): { reserved: Budget; lacking?: Lacking } {
  const { budgets } = books;
  const ledger = closeDay(books.ledger, at);
  const project = own(budgets.projects, run.project);
  const past = own(ledger.projects, run.project);
  const busy = [...books.asked, ...books.running];
  const inProject = busy.filter(other => other.project === run.project);
  const scopes: [string, Budget, Spent, StartedRun[]][] = [
    ['the day', budgets.day, ledger.today, busy],
    [`${run.project} for the day`, project?.day ?? noBudget, past?.today ?? nothingSpent, inProject],
    [`project ${run.project}`, project?.total ?? noBudget, past?.total ?? nothingSpent, inProject],
  ];
  const reserved: Budget = { ...noBudget };
  // From its second attempt on it asks for what is left of this.
  const most = tighter(run.ask, limitOfRun(budgets, run.project));
  for (const measure of measures) {
    const cap = most[measure];
    let grant = cap;
    for (const [scope, budget, spent, others] of scopes) {
      const limit = budget[measure];
      if (limit === null) continue;
      const aside = others.reduce((sum, other) => sum + (other.reserved[measure] ?? 0), 0);
      const left = limit - spent[measure] - aside;
      const wanted = Math.min(cap ?? usualRun[measure], limit);
      if (left <= 0 || left < wanted * leastShare) {
        return { reserved, lacking: { scope, measure, limit, spent: spent[measure], reserved: aside } };
      }
      grant = lesser(grant, Math.min(wanted, left));
    }
    reserved[measure] = grant;
  }
  return { reserved };
}

/** The ledger after a run has ended, well or badly. */
export function settle(ledger: Ledger, { project, spent, at }: { project: string; spent: Spent; at: number }): Ledger {
  if (measures.every(measure => spent[measure] === 0)) return ledger;
  const open = closeDay(ledger, at);
  const before = own(open.projects, project) ?? { total: nothingSpent, today: nothingSpent };
  return {
    ...open,
    today: addSpent(open.today, spent),
    projects: {
      ...open.projects,
      [project]: { total: addSpent(before.total, spent), today: addSpent(before.today, spent) },
    },
  };
}

/** The ledger as it stands on the day of `at`. */
export function closeDay(ledger: Ledger, at: number): Ledger {
  const day = Math.floor(at / dayMs);
  if (day <= ledger.day) return ledger;
  const projects = Object.entries(ledger.projects).map(
    ([name, { total }]) => [name, { total, today: nothingSpent }] as const,
  );
  return { day, today: nothingSpent, projects: Object.fromEntries(projects) };
}

function lesser(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}
