/**
 * What models cost and how much fits into their context, for agents whose CLI does not say so itself.
 *
 * ESTIMATES. These are list prices as we knew them in the month that the version names; nobody updates them behind your
 * back, discounts and subscriptions are not in them. The configuration can override or add entries, and what a CLI
 * reports about its own cost always comes first.
 */
import type { Price } from '../domain/usage.ts';
import type { PriceTable } from './agent-cli.ts';

const price = (input: number, cachedInput: number, cacheWrite: number, output: number): Price => ({
  input,
  cachedInput,
  cacheWrite,
  output,
});

/** The first entry whose pattern is part of the name counts, so the more precise patterns come first. */
export const builtInPrices: PriceTable = {
  version: '2026-11',
  models: [
    // Anthropic. The `-5-5` prices are worked out from what Claude Code 2.1.329 reckoned in the recordings.
    { pattern: 'claude-opus-5-5', windowTokens: 1_000_000, price: price(4, 0.2, 5, 20) },
    { pattern: 'claude-sonnet-5-5', windowTokens: 1_000_000, price: price(2, 0.1, 2.5, 10) },
    { pattern: 'claude-opus-4-1', windowTokens: 200_000, price: price(15, 1.5, 18.75, 75) },
    { pattern: 'claude-opus', windowTokens: 200_000, price: price(5, 0.5, 6.25, 25) },
    { pattern: 'claude-sonnet', windowTokens: 200_000, price: price(3, 0.3, 3.75, 15) },
    { pattern: 'claude-haiku', windowTokens: 200_000, price: price(1, 0.1, 1.25, 5) },
    // OpenAI. Written caches cost no extra there.
    { pattern: 'gpt-5.5', windowTokens: 272_000, price: price(1.75, 0.175, 1.75, 14) },
    { pattern: 'gpt-5-nano', windowTokens: 272_000, price: price(0.05, 0.005, 0.05, 0.4) },
    { pattern: 'gpt-5-mini', windowTokens: 272_000, price: price(0.25, 0.025, 0.25, 2) },
    { pattern: 'gpt-5', windowTokens: 272_000, price: price(1.25, 0.125, 1.25, 10) },
    // Google.
    { pattern: 'gemini-3.5-flash-lite', windowTokens: 1_048_576, price: price(0.1, 0.025, 0.1, 0.4) },
    { pattern: 'gemini-3.8-flash', windowTokens: 1_048_576, price: price(0.3, 0.075, 0.3, 2.5) },
    { pattern: 'flash-lite', windowTokens: 1_048_576, price: price(0.1, 0.025, 0.1, 0.4) },
    { pattern: 'gemini-3-pro', windowTokens: 1_048_576, price: price(2, 0.2, 2, 12) },
    { pattern: 'gemini-2.5-pro', windowTokens: 1_048_576, price: price(1.25, 0.31, 1.25, 10) },
    { pattern: 'gemini-2.5-flash', windowTokens: 1_048_576, price: price(0.3, 0.075, 0.3, 2.5) },
  ],
};

/** The built-in prices behind those of a configuration. */
export const pricesWith = (own: PriceTable['models']): PriceTable => ({
  ...builtInPrices,
  models: [...own, ...builtInPrices.models],
});

/** The price of a model; null when its name is unknown or its entry has none. */
export function priceOf(table: PriceTable, model: string | null): Price | null {
  return entryOf(table, model)?.price ?? null;
}

/** How many tokens fit into the context of a model; null when the table does not know it. */
export function windowOf(table: PriceTable, model: string | null): number | null {
  return entryOf(table, model)?.windowTokens ?? null;
}

function entryOf(table: PriceTable, model: string | null): PriceTable['models'][number] | null {
  if (model === null) return null;
  return table.models.find(entry => model.includes(entry.pattern)) ?? null;
}
