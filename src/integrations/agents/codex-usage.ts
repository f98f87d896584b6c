/**
 * What a Codex process has used. What it prints at the end of a turn is the total of the thread, which may have begun in an earlier
 * process; a turn that fails, or is cut off, prints none. Its session file has a `token_usage_record` for each answer of the model,
 * before the tools that it calls run (since 0.171), and after those a `token_count` with the total of the thread.
 */
import { addTokens, noTokens, type Tokens, tokensBeyond, totalTokens } from '../../domain/usage.ts';
import { countOf, type Fields, fieldsOf } from './reading.ts';

export class CodexUsage {
  readonly #isResumed: boolean;
  #printed: Tokens | null = null;
  /** By the answers of this process. */
  #answers = noTokens;
  /** The total of the thread, and what it was before this process. */
  #thread = noTokens;
  #before = noTokens;

  /** `isResumed`: the thread has used something before this process. */
  constructor(isResumed: boolean) {
    this.#isResumed = isResumed;
  }

  /** The end of a turn. */
  printed(usage: Fields): void {
    this.#printed = tokensOf(usage);
  }

  /** A line of the session file, of this process or of one before. */
  noted({ type, payload }: Fields, isOurs: boolean): void {
    const { usage, type: kind, info } = fieldsOf(payload);
    if (type === 'token_usage_record' && isOurs) this.#answers = addTokens(this.#answers, tokensOf(fieldsOf(usage)));
    if (type !== 'event_msg' || kind !== 'token_count') return;
    const total = tokensOf(fieldsOf(fieldsOf(info).total_token_usage));
    // One without numbers tells of limits alone.
    if (totalTokens(total) === 0) return;
    this.#thread = total;
    if (!isOurs) this.#before = total;
  }

  /** Null while it has told nothing. */
  total(): Tokens | null {
    const noted = larger(this.#answers, tokensBeyond(this.#thread, this.#before));
    const isNoted = totalTokens(noted) > 0;
    if (this.#isResumed && isNoted) return noted;
    if (this.#printed !== null) return isNoted ? larger(this.#printed, noted) : this.#printed;
    return isNoted ? noted : null;
  }
}

const larger = (a: Tokens, b: Tokens) => (totalTokens(b) > totalTokens(a) ? b : a);

/** Cached and newly cached input are part of `input_tokens`, reasoning is part of the output. */
function tokensOf(usage: Fields): Tokens {
  const input = countOf(usage.input_tokens);
  const cachedInputTokens = Math.min(countOf(usage.cached_input_tokens), input);
  const cacheWriteTokens = Math.min(countOf(usage.cache_write_input_tokens), input - cachedInputTokens);
  return {
    inputTokens: input - cachedInputTokens - cacheWriteTokens,
    cachedInputTokens,
    cacheWriteTokens,
    outputTokens: countOf(usage.output_tokens),
  };
}
