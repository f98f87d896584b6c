/** What an answer that is no success means: which failure it is, in which words, and when to ask again. */
import { z } from 'zod';
import { OutsideError, type OutsideFailure } from '../outside.ts';

/** More of its words than this is not passed on. */
const longestWords = 200;
/** A longer wait than this is a mistake or malice. */
const longestWaitMs = 24 * 60 * 60_000;

const failures: Readonly<Record<number, OutsideFailure>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  408: 'unreachable',
  409: 'conflict',
  410: 'notFound',
  412: 'conflict',
  // A repository that is archived, an issue that is locked.
  423: 'forbidden',
  425: 'unreachable',
  429: 'limited',
};

/** The failure that a status stands for. */
export function failureOf(status: number, headers: Headers): OutsideFailure {
  // GitHub says 403 for too many requests as well; only its headers tell the two apart.
  if (status === 403 && (headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after'))) return 'limited';
  return failures[status] ?? (status >= 500 ? 'unreachable' : 'invalid');
}

/** When it wants to be asked again: `Retry-After` as seconds or a date, else the reset of its rate limit. */
export function retryAtOf(headers: Headers, now: number): number | null {
  const after = headers.get('retry-after')?.trim();
  if (after) {
    const at = /^\d+(\.\d+)?$/.test(after) ? now + Math.ceil(Number(after) * 1_000) : Date.parse(after);
    if (Number.isFinite(at)) return Math.min(Math.max(at, now), now + longestWaitMs);
  }
  const reset = Number((headers.get('x-ratelimit-reset') ?? headers.get('ratelimit-reset') ?? '').trim() || Number.NaN);
  const remaining = headers.get('x-ratelimit-remaining') ?? headers.get('ratelimit-remaining');
  if (!Number.isFinite(reset) || (remaining !== null && Number(remaining) > 0)) return null;
  return Math.min(Math.max(reset * 1_000, now), now + longestWaitMs);
}

const spoken = z.union([
  z.object({
    message: z.unknown().optional(),
    error: z.unknown().optional(),
    error_message: z.unknown().optional(),
    errors: z.unknown().optional(),
    detail: z.unknown().optional(),
  }),
  z.string(),
]);

/** What one server means by an answer, as far as that is not what its status and its headers say. */
export interface Meaning {
  failure?: OutsideFailure;
  /** Its own words, however long. */
  words?: string;
  /** What to do about it, in a sentence of ours. */
  advice?: string;
  /** How long it wants to be left alone. */
  retryAfterMs?: number;
}

/** Its own words in an error's body; empty when it has none. Never the whole body, which may hold anything. */
export function wordsOf(json: unknown): string {
  const body = spoken.safeParse(json);
  if (!body.success) return '';
  if (typeof body.data === 'string') return shortened(body.data);
  const { message, error, errors, error_message: code, detail } = body.data;
  const said = [message, error, code, detail].find(words => words !== undefined && words !== null && words !== '');
  return shortened([said, errors].map(asWords).filter(Boolean).join(': '));
}

function asWords(said: unknown): string {
  if (typeof said === 'string') return said;
  if (Array.isArray(said)) return said.map(asWords).filter(Boolean).join('; ');
  if (typeof said !== 'object' || said === null) return '';
  return 'message' in said ? asWords(said.message) : Object.values(said).map(asWords).filter(Boolean).join('; ');
}

const shortened = (words: string): string => {
  const line = words.replace(/\s+/g, ' ').trim();
  return line.length <= longestWords ? line : `${line.slice(0, longestWords - 1)}…`;
};

/** The error for an answer that is no success. */
export function refusal(
  name: string,
  asked: string,
  { status, headers, words }: { status: number; headers: Headers; words: string },
  meaning: Meaning = {},
) {
  const failure = meaning.failure ?? failureOf(status, headers);
  const now = Date.now();
  const retryAt =
    meaning.retryAfterMs === undefined
      ? retryAtOf(headers, now)
      : now + Math.min(Math.max(meaning.retryAfterMs, 0), longestWaitMs);
  const said = shortened(meaning.words ?? words);
  const advice = meaning.advice === undefined ? '' : `${said ? '. ' : ' '}${meaning.advice}`;
  return new OutsideError(failure, `${name} answered ${status} to ${asked}${said ? `: ${said}` : '.'}${advice}`, {
    status,
    retryAt: failure === 'limited' || failure === 'unreachable' ? retryAt : null,
  });
}
