/** Expected failures: a kind, a stable reason, a sentence for people and what would fix it. Without a reason it is a bug. */
import type { JsonObject } from './json.ts';
import type { ErrorCode, Reason } from './reasons.ts';

export type { ErrorCode, Reason } from './reasons.ts';

/**
 * What would fix a failure, for no particular client: a command line names the option, a page the button, an HTTP answer
 * the field. `say` is an order without its first capital and without a full stop: `give another directory`.
 */
export interface Remedy {
  say: string;
  /** The field of the input that should be given, or given otherwise; `data` and `config` are where it was asked. */
  field?: string;
  /** What to ask next. */
  operation?: string;
  input?: JsonObject;
}

/** One problem in a document or a form, located as exactly as possible. */
export interface Problem {
  /** Dotted path inside the document, such as `stages.2.gates.0.kind`. */
  path: string;
  message: string;
  /** One-based line in the file, when the document came from a file with lines. */
  line?: number;
}

export interface ErrorDetails extends ErrorOptions {
  problems?: readonly Problem[];
  remedy?: Remedy | undefined;
  /** The document that the problems are in, as it was named. */
  file?: string;
}

/** An expected failure with a message for people. */
export class SignalboxError extends Error {
  readonly code: ErrorCode;
  readonly reason: Reason;
  readonly problems: readonly Problem[];
  readonly remedy: Remedy | undefined;
  readonly file: string | undefined;

  constructor(code: ErrorCode, reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message, details);
    this.name = 'SignalboxError';
    this.code = code;
    this.reason = reason;
    this.problems = details.problems ?? [];
    this.remedy = details.remedy;
    this.file = details.file;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error is the expected failure of this name. */
export function isBecause(error: unknown, reason: Reason): error is SignalboxError {
  return error instanceof SignalboxError && error.reason === reason;
}
