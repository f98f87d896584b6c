/** Failures as RFC 9457 problem documents, and back: the same for HTTP, for `--json` and between processes. */
import { messageOf, type Problem, type Remedy, SignalboxError } from './errors.ts';
import { type ErrorCode, isReason, type Reason, reasons } from './reasons.ts';

/** A problem document with our extension fields `reason`, `remedy` and `errors`. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  reason?: string;
  remedy?: Remedy;
  errors?: Problem[];
}

const statuses: Record<ErrorCode, number> = {
  invalid: 400,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  fenced: 409,
  unavailable: 503,
};

/** The HTTP status of a failure: that of its kind, or one of its own. */
export function statusOf(reason: Reason): number {
  const [code, , own]: readonly [ErrorCode, string, number?] = reasons[reason];
  return own ?? statuses[code];
}

/** What is told of an error. Of a bug nothing but its message: a stack is for those who can read it. */
export function problemOf(error: unknown): ProblemDocument {
  const isExpected = error instanceof SignalboxError;
  const code = isExpected ? error.code : 'bug';
  const errors = isExpected
    ? error.problems.map(({ path, message, line }) => ({ path, message, ...(line !== undefined && { line }) }))
    : [];
  return {
    type: `https://signalbox.dev/problems/${code.replace('_', '-')}`,
    title: code.replace('_', ' '),
    status: isExpected ? statusOf(error.reason) : 500,
    detail: messageOf(error),
    ...(isExpected && { reason: error.reason }),
    ...(isExpected && error.remedy !== undefined && { remedy: error.remedy }),
    ...(errors.length > 0 && { errors }),
  };
}

/** The failure that a document tells of; an ordinary error where it tells of a bug of the other side. */
export function errorOf({ detail, reason, remedy, errors = [] }: ProblemDocument): Error {
  if (reason === undefined || !isReason(reason)) return new Error(detail);
  return new SignalboxError(reasons[reason][0], reason, detail, { problems: errors, remedy });
}
