/** How much may be spent, and how much is left. */
import { totalTokens, type Usage } from './usage.ts';

/** The four measures of a budget. `null`: no limit. */
export interface Budget {
  tokens: number | null;
  /** US dollars. */
  moneyUsd: number | null;
  timeMs: number | null;
  /** Processes started. */
  sessions: number | null;
}

/** The same four as sums. */
export interface Spent {
  tokens: number;
  moneyUsd: number;
  timeMs: number;
  sessions: number;
}

export const measures = ['tokens', 'moneyUsd', 'timeMs', 'sessions'] as const;
export type Measure = (typeof measures)[number];

export const noBudget: Budget = { tokens: null, moneyUsd: null, timeMs: null, sessions: null };
export const nothingSpent: Spent = { tokens: 0, moneyUsd: 0, timeMs: 0, sessions: 0 };

const micro = 1_000_000;

export function addSpent(a: Spent, b: Spent): Spent {
  return {
    tokens: a.tokens + b.tokens,
    moneyUsd: Math.round((a.moneyUsd + b.moneyUsd) * micro) / micro,
    timeMs: a.timeMs + b.timeMs,
    sessions: a.sessions + b.sessions,
  };
}

/** What one or more processes used, as budgets count it. */
export function spentOf(usage: Usage, timeMs: number, sessions: number): Spent {
  return { tokens: totalTokens(usage), moneyUsd: usage.costUsd ?? 0, timeMs, sessions };
}

/** What is left of a budget, never below zero; null where there is no limit. */
export function leftOf(budget: Budget, spent: Spent): Budget {
  const left = (measure: Measure) => {
    const limit = budget[measure];
    return limit === null ? null : Math.max(0, Math.round((limit - spent[measure]) * micro) / micro);
  };
  return { tokens: left('tokens'), moneyUsd: left('moneyUsd'), timeMs: left('timeMs'), sessions: left('sessions') };
}

/** The tighter of two budgets in every measure. */
export function tighter(a: Budget, b: Budget): Budget {
  const less = (measure: Measure) => {
    const [x, y] = [a[measure], b[measure]];
    return x === null ? y : y === null ? x : Math.min(x, y);
  };
  return { tokens: less('tokens'), moneyUsd: less('moneyUsd'), timeMs: less('timeMs'), sessions: less('sessions') };
}

/** The first measure of which nothing is left, or undefined. */
export function exhausted(budget: Budget, spent: Spent): Measure | undefined {
  return measures.find(measure => {
    const limit = budget[measure];
    return limit !== null && spent[measure] >= limit;
  });
}

/** A measure's amount for people: `1,200,000 tokens`, `$4.20`, `25 minutes`, `3 runs`. */
export function formatAmount(measure: Measure, amount: number): string {
  switch (measure) {
    case 'tokens':
      return `${amount.toLocaleString('en-US')} tokens`;
    case 'moneyUsd':
      return `$${amount.toFixed(2)}`;
    case 'timeMs':
      return `${Math.round(amount / 6_000) / 10} minutes`;
    case 'sessions':
      return amount === 1 ? '1 run' : `${amount} runs`;
  }
}
