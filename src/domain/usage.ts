/** What an agent has used: tokens by kind, money, time. */

/** Tokens of a run, each counted once. Cached input is not part of `inputTokens`; reasoning is part of `outputTokens`. */
export interface Tokens {
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
}

export interface Usage extends Tokens {
  /** US dollars, to a millionth; null when neither the CLI nor the price table knows. */
  costUsd: number | null;
}

export const noTokens: Tokens = { inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
export const noUsage: Usage = { ...noTokens, costUsd: null };

/** All tokens together, as budgets count them. */
export function totalTokens({ inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens }: Tokens): number {
  return inputTokens + cachedInputTokens + cacheWriteTokens + outputTokens;
}

export function addTokens(a: Tokens, b: Tokens): Tokens {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    outputTokens: a.outputTokens + b.outputTokens,
  };
}

/** What some tokens have beyond others, kind by kind; never below zero. */
export function tokensBeyond(all: Tokens, part: Tokens): Tokens {
  return {
    inputTokens: Math.max(0, all.inputTokens - part.inputTokens),
    cachedInputTokens: Math.max(0, all.cachedInputTokens - part.cachedInputTokens),
    cacheWriteTokens: Math.max(0, all.cacheWriteTokens - part.cacheWriteTokens),
    outputTokens: Math.max(0, all.outputTokens - part.outputTokens),
  };
}

/** Two usages together; a cost that is unknown on one side leaves the other's. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    ...addTokens(a, b),
    costUsd: a.costUsd === null && b.costUsd === null ? null : roundUsd((a.costUsd ?? 0) + (b.costUsd ?? 0)),
  };
}

/** Dollars to a millionth: sums come out the same in any replay. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1_000_000) / 1_000_000;
}

/** US dollars per million tokens. */
export interface Price {
  input: number;
  cachedInput: number;
  cacheWrite: number;
  output: number;
}

/** What these tokens cost at a price. */
export function costOf(tokens: Tokens, price: Price): number {
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = tokens;
  return roundUsd(
    (inputTokens * price.input +
      cachedInputTokens * price.cachedInput +
      cacheWriteTokens * price.cacheWrite +
      outputTokens * price.output) /
      1_000_000,
  );
}
