/** Asks the API as any client does; a failure is thrown as the problem that it is. */
import type { ProblemDocument } from '../../../src/domain/problem.ts';
import { envelopeType, keyHeader } from '../../../src/domain/request.ts';

export { segment } from '../../../src/domain/request.ts';

export class Refused extends Error {
  /** The HTTP status; 0 where nobody has answered. */
  readonly status: number;
  readonly problem: Partial<ProblemDocument>;

  constructor(status: number, problem: Partial<ProblemDocument>) {
    super(problem.detail ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

export interface Request {
  method?: 'GET' | 'POST';
  query?: Record<string, string | number | undefined>;
  body?: object;
  /** Under it the same order is carried out once, however often it arrives. */
  key?: string;
  signal?: AbortSignal;
}

let whenSignedOut = () => {};

/** Called when an answer says that nobody is signed in any more. */
export function onSignedOut(listener: () => void): void {
  whenSignedOut = listener;
}

export const addressOf = (path: string, query: Request['query'] = {}): string => {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
};

/** Throws `Refused`. */
export async function ask<Given>(
  path: string,
  { method = 'GET', query, body, key, signal }: Request = {},
): Promise<Given> {
  const answer = await fetch(addressOf(path, query), {
    method,
    headers: {
      accept: envelopeType,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { [keyHeader]: key }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Refused(0, { detail: 'Signalbox does not answer.' });
  });
  return (await readAnswer(answer)) as Given;
}

/** The answer's JSON; undefined without any. Throws `Refused`. */
export async function readAnswer(answer: Response): Promise<unknown> {
  const text = await answer.text();
  if (answer.ok) return text === '' ? undefined : JSON.parse(text);
  if (answer.status === 401) whenSignedOut();
  throw new Refused(answer.status, problemIn(text));
}

function problemIn(text: string): Partial<ProblemDocument> {
  try {
    return JSON.parse(text) as Partial<ProblemDocument>;
  } catch {
    return {};
  }
}
