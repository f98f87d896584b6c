/** What may go wrong with whatever is outside: forges, trackers, chats, models. One word for it, so that machines need one answer. */

/**
 * Why it did not do what was asked.
 *
 * - `unreachable`: no answer, a broken one, or 5xx. Trying again may help.
 * - `limited`: asked too often; `retryAt` says when to ask again.
 * - `unauthorized`: the token is missing, wrong or expired (401).
 * - `forbidden`: the account may not (403, or its own word for it).
 * - `notFound`: there is no such thing, or the account must not see it (404, 410).
 * - `conflict`: what is there stands against it (409, 412, 422 for what exists).
 * - `invalid`: it does not take it (400, 422), or answered what this client cannot read.
 */
export type OutsideFailure =
  | 'unreachable'
  | 'limited'
  | 'unauthorized'
  | 'forbidden'
  | 'notFound'
  | 'conflict'
  | 'invalid';

export class OutsideError extends Error {
  readonly failure: OutsideFailure;
  /** The HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** Epoch milliseconds before which asking again is no use; null when it does not say. */
  readonly retryAt: number | null;

  constructor(
    failure: OutsideFailure,
    message: string,
    { status = null, retryAt = null, cause }: { status?: number | null; retryAt?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.name = 'OutsideError';
    this.failure = failure;
    this.status = status;
    this.retryAt = retryAt;
  }
}

/** Whether trying the same again later may help. */
export const isPassing = (error: OutsideError): boolean =>
  error.failure === 'unreachable' || error.failure === 'limited';

/** Whether it means that there is no such thing, or not any more. */
export const isAbsent = (error: unknown): boolean => error instanceof OutsideError && error.failure === 'notFound';
