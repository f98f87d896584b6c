/**
 * What a Claude Code process has used. Two sources have to be brought together: every line of an answer repeats what its
 * request used, at once but with a placeholder for the output; each `result` has the true numbers of its turn, but a
 * process that is killed never prints one. And what a `result` says about money is the total of the session, which may
 * have begun in an earlier process.
 */
import {
  addTokens,
  addUsage,
  costOf,
  noTokens,
  noUsage,
  roundUsd,
  type Tokens,
  tokensBeyond,
  totalTokens,
  type Usage,
} from '../../domain/usage.ts';
import type { PriceTable } from '../agent-cli.ts';
import { priceOf } from '../prices.ts';
import { countOf, type Fields, fieldsOf, usdOf } from './reading.ts';

/** Requests of sub-agents run side by side, so the lines of one answer need not follow each other closely. */
const rememberedMessages = 64;
const mostModels = 20;

export class ClaudeUsage {
  readonly #prices: PriceTable;
  readonly #messages = new Map<string, Tokens>();
  /** Up to the last `result`. */
  #settled = noTokens;
  #settledCost: number | null = null;
  /** What the session had cost before this process; null until the first `result` tells. */
  #costBefore: number | null = null;
  /** Since the last `result`. */
  #pending: Usage = noUsage;

  constructor(prices: PriceTable, isResumed: boolean) {
    // A session that begins with this process has cost nothing before it.
    if (!isResumed) this.#costBefore = 0;
    this.#prices = prices;
  }

  /** Returns what the request that this line belongs to has put into the context, or null when the line does not say. */
  message(id: string, model: string | null, usage: Fields): number | null {
    const tokens: Tokens = {
      inputTokens: countOf(usage.input_tokens),
      cachedInputTokens: countOf(usage.cache_read_input_tokens),
      cacheWriteTokens: countOf(usage.cache_creation_input_tokens),
      outputTokens: countOf(usage.output_tokens),
    };
    this.#addNews(id, model, tokens);
    const used = tokens.inputTokens + tokens.cachedInputTokens + tokens.cacheWriteTokens;
    return used === 0 ? null : used;
  }

  result(event: Fields, model: string | null): void {
    const turn = sumOf(event.model_usage_since_last_result);
    const usage = fieldsOf(event.usage);
    const tokens = turn?.tokens ?? {
      inputTokens: countOf(usage.input_tokens),
      cachedInputTokens: countOf(usage.cache_read_input_tokens),
      cacheWriteTokens: countOf(usage.cache_creation_input_tokens),
      outputTokens: countOf(usage.output_tokens),
    };
    const turnCost = turn?.costUsd ?? null;
    this.#settleCost(event, tokens, turnCost, model);
    // A turn that ended badly may report nothing although it used something.
    this.#settled = addTokens(this.#settled, totalTokens(tokens) === 0 ? this.#pending : tokens);
    this.#pending = noUsage;
  }

  total(): Usage {
    return addUsage({ ...this.#settled, costUsd: this.#settledCost }, this.#pending);
  }

  /** Adds what the message has not counted yet: its later lines repeat the first one, or raise the output. */
  #addNews(id: string, model: string | null, tokens: Tokens): void {
    const known = this.#messages.get(id) ?? noTokens;
    const news = tokensBeyond(tokens, known);
    if (totalTokens(news) === 0) return;
    this.#messages.set(id, addTokens(known, news));
    if (this.#messages.size > rememberedMessages) this.#messages.delete(this.#messages.keys().next().value!);
    const price = priceOf(this.#prices, model);
    this.#pending = addUsage(this.#pending, { ...news, costUsd: price === null ? null : costOf(news, price) });
  }

  /**
   * The cost of this process is the difference between the newest total of the session and the total before us, which is
   * the first total less the cost of the first turn. Where the turn's cost is missing the price table stands in for it.
   */
  #settleCost(event: Fields, tokens: Tokens, turnCost: number | null, model: string | null): void {
    const total = usdOf(event.total_cost_usd);
    const price = priceOf(this.#prices, model);
    const cost = turnCost ?? (price === null ? null : costOf(tokens, price));
    if (total === null) {
      if (cost !== null) this.#settledCost = roundUsd((this.#settledCost ?? 0) + cost);
      return;
    }
    // With nothing to take the first turn's cost from, a total that is too high is better than none: budgets stop early.
    this.#costBefore ??= Math.max(0, total - (cost ?? total));
    this.#settledCost = roundUsd(Math.max(0, total - this.#costBefore));
  }
}

/** Tokens and money of all models in a `modelUsage`; null when there is none. */
function sumOf(modelUsage: unknown): { tokens: Tokens; costUsd: number | null } | null {
  if (typeof modelUsage !== 'object' || modelUsage === null) return null;
  let tokens = noTokens;
  let costUsd: number | null = null;
  for (const value of Object.values(modelUsage).slice(0, mostModels)) {
    const model = fieldsOf(value);
    tokens = addTokens(tokens, {
      inputTokens: countOf(model.inputTokens),
      cachedInputTokens: countOf(model.cacheReadInputTokens),
      cacheWriteTokens: countOf(model.cacheCreationInputTokens),
      outputTokens: countOf(model.outputTokens),
    });
    const cost = usdOf(model.costUSD);
    if (cost !== null) costUsd = (costUsd ?? 0) + cost;
  }
  return { tokens, costUsd: totalTokens(tokens) === 0 ? (costUsd ?? 0) : costUsd };
}
