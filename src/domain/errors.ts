/** Expected failures. The code decides the exit code and, later, the HTTP status; an error without a code is a bug. */

/**
 * - `invalid`: what was asked for makes no sense; nothing changed.
 * - `not_found`: the thing named does not exist.
 * - `conflict`: somebody else came first; the state is another than believed.
 * - `fenced`: another process has taken over the store; this one must stop.
 * - `unavailable`: the disk, a file or a tool is not usable now; nothing changed.
 */
export type ErrorCode = 'invalid' | 'not_found' | 'conflict' | 'fenced' | 'unavailable';

/** One problem in a document or a form, located as exactly as possible. */
export interface Problem {
  /** Dotted path inside the document, such as `stages.2.gates.0.kind`. */
  path: string;
  message: string;
  /** One-based line in the file, when the document came from a file with lines. */
  line?: number;
}

/** An expected failure with a message for people. */
export class SignalboxError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { problems?: readonly Problem[] } = {}) {
    super(message, options);
    this.name = 'SignalboxError';
    this.code = code;
    this.problems = options.problems ?? [];
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
