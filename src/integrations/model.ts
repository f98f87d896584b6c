/**
 * The contract of a model that reads issues. What it is asked is always the same question; what it answers is bounded, and
 * taken for no more than a reading of a text that anybody may have written.
 */
import type { IssueText, Understanding } from '../domain/understanding.ts';
import { OutsideError, type OutsideFailure } from './outside.ts';

export interface IssueForModel extends IssueText {
  /** As people call it. */
  project: string;
  /** The names of the agents that there are. Only one of them can be answered. */
  agents: readonly string[];
}

export interface ModelUsage {
  /** Those read from a cache and written to one are among them. */
  inputTokens: number;
  outputTokens: number;
}

export const noModelUsage: ModelUsage = { inputTokens: 0, outputTokens: 0 };

export interface Understood {
  /** Never with a priority, a pipeline, an estimate of time, or items that it blocks: those nobody gets by a reading. */
  understanding: Understanding;
  usage: ModelUsage;
}

export interface Understander {
  /** Tokens that a question about this issue may cost, by a cautious guess: no less is to be left of a budget. */
  mostTokens(issue: IssueForModel): number;
  /** Asks once. Throws `ModelError` and nothing else, also when the signal comes first. */
  understand(issue: IssueForModel, signal: AbortSignal): Promise<Understood>;
}

/** Why there is no reading. A refusal and an answer that makes no sense are `invalid`. */
export class ModelError extends OutsideError {
  /** What it has cost all the same. For an answer that did not come, the most that it may have cost. */
  readonly usage: ModelUsage;

  constructor(
    failure: OutsideFailure,
    message: string,
    { usage = noModelUsage, ...rest }: { usage?: ModelUsage; status?: number | null; retryAt?: number | null } = {},
  ) {
    super(failure, message, rest);
    this.name = 'ModelError';
    this.usage = usage;
  }
}
