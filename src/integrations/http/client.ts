/**
 * The HTTP that our own clients of forges, trackers and chats share: one request with a time limit, answered by JSON of a bounded size that is parsed
 * by a schema, or by an `OutsideError`. The token goes to the server's own origin and nowhere else, and into no message.
 */
import type { z } from 'zod';
import { messageOf } from '../../domain/errors.ts';
import { OutsideError } from '../outside.ts';
import { bytesOf } from './body.ts';
import { failureOf, type Meaning, refusal, wordsOf } from './failure.ts';
import type { Pace, Urgency } from './pace.ts';
import { lastPage } from './paging.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpOptions {
  /** As the configuration calls it; messages begin with it. */
  name: string;
  /** Where the API begins, without a slash at its end. */
  base: string;
  /** Go with every request; the one that signs in is among them. */
  headers: Readonly<Record<string, string>>;
  /** What must never be in a message. */
  secrets: readonly string[];
  fetch?: typeof globalThis.fetch | undefined;
  timeoutMs?: number | undefined;
  /** Bytes of one answer. */
  maxBytes?: number;
  /** How the server calls the number of entries of a page, and how many it gives at most. */
  paging: { parameter: 'limit' | 'per_page'; size: number };
  /** Pages of one list; more than that is refused, for half a list would be taken for the whole. */
  maxPages?: number;
  /** To other addresses of the same server. */
  maxRedirects?: number;
  /** What an answer that is no success means at this server, as far as it is not what the status says. */
  meaning?: (answer: Answer) => Meaning;
  /** Waits for a turn before each request. What is refused as asked too often is asked again, for nothing came of it. */
  pace?: Pace;
  /** Hears of every answer, whatever it says, and when its question went out: epoch milliseconds. */
  onAnswer?: (headers: Headers, sentAt: number) => void;
}

/** How a client is asked to be slow, and told of answers. */
export type Watched = Pick<HttpOptions, 'pace' | 'onAnswer'>;

export interface Asking {
  query?: Query | undefined;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Statuses that are answers to this question, beside 2xx. */
  expect?: readonly number[];
  /** Where this one may take longer than others. */
  timeoutMs?: number;
  /** Ends the waiting, which is `unreachable` then. */
  signal?: AbortSignal;
  /** Which line it waits in where there is a pace; work where it is absent. */
  urgency?: Urgency | undefined;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Undefined when there was no body, or it is no JSON. */
  json: unknown;
  text: string;
  /** The forge's own words in an error. */
  words: string;
}

export interface Http {
  /** Throws for every status that is neither 2xx nor expected. */
  ask(method: Method, path: string, asking?: Asking): Promise<Answer>;
  /** What there is; throws `notFound`, and `invalid` for what the schema does not take. */
  get<T>(path: string, schema: z.ZodType<T>, query?: Query): Promise<T>;
  /** The same, but undefined when there is no such thing. */
  find<T>(path: string, schema: z.ZodType<T>, query?: Query): Promise<T | undefined>;
  /** Writes, and reads what the server answers. */
  write<T>(method: Method, path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
  /** The entries of one page after the other; a page is asked for when it is read. */
  pages<T>(path: string, entry: z.ZodType<T>, wanted?: Paging): AsyncIterable<T[]>;
  /** The entries of all pages, as many as `enough` wants to see. */
  list<T>(path: string, entry: z.ZodType<T>, wanted?: Listing<T>): Promise<T[]>;
  /** What an answer holds, by a schema. */
  read<T>(answer: Answer, schema: z.ZodType<T>, asked: string): T;
}

export interface Paging {
  query?: Query;
  /** Its count is of the page and not of the list, so that only an empty page is the end of it. */
  countsPagesOnly?: boolean;
  urgency?: Urgency;
}

export interface Listing<T> extends Paging {
  /** No more pages are asked for when this says so. */
  enough?: (entries: readonly T[]) => boolean;
}

const defaultTimeoutMs = 30_000;
const defaultMaxBytes = 8 * 1024 * 1024;
const defaultMaxPages = 100;
const defaultMaxRedirects = 5;
/** How often one question is asked where the answer is that too many were. */
const mostTurns = 3;

export function createHttp(options: HttpOptions): Http {
  const ask = createAsk(options);
  const { name, paging, maxPages = defaultMaxPages } = options;

  const read = <T>(answer: Answer, schema: z.ZodType<T>, asked: string): T => {
    const parsed = schema.safeParse(answer.json);
    if (parsed.success) return parsed.data;
    const kind = answer.headers.get('content-type')?.split(';')[0] ?? 'nothing';
    const where = parsed.error.issues[0]?.path.join('.') || 'the whole of it';
    const why = answer.json === undefined ? `it is ${kind}, not JSON` : `${where} is not as expected`;
    throw new OutsideError('invalid', `${name} answered ${asked} with what cannot be read: ${why}.`, {
      status: answer.status,
    });
  };

  async function* pages<T>(path: string, entry: z.ZodType<T>, wanted: Paging = {}) {
    const { query = {}, countsPagesOnly, urgency } = wanted;
    let seen = 0;
    for (let page = 1; page <= maxPages; page += 1) {
      const answer = await ask('GET', path, { query: { ...query, page, [paging.parameter]: paging.size }, urgency });
      // Gitea gives null for a list without entries here and there.
      const found = answer.json === null ? [] : read(answer, entry.array(), `GET ${path}`);
      const got = found.length;
      seen += got;
      yield found;
      if (countsPagesOnly ? got === 0 : lastPage(answer.headers, { page, got, seen })) return;
    }
    throw new OutsideError('invalid', `${name} has more than ${maxPages} pages for GET ${path}.`);
  }

  return {
    ask,
    read,
    get: async (path, schema, query) => read(await ask('GET', path, { query }), schema, `GET ${path}`),
    async find(path, schema, query) {
      const answer = await ask('GET', path, { query, expect: [404, 410] });
      return answer.status === 404 || answer.status === 410 ? undefined : read(answer, schema, `GET ${path}`);
    },
    write: async (method, path, body, schema) => read(await ask(method, path, { body }), schema, `${method} ${path}`),
    pages,
    async list<T>(path: string, entry: z.ZodType<T>, { enough, ...paging }: Listing<T> = {}) {
      const entries: T[] = [];
      for await (const found of pages(path, entry, paging)) {
        entries.push(...found);
        if (enough?.(entries)) break;
      }
      return entries;
    },
  };
}

/** One question and its answer, over redirects that stay with the server, in its turn. */
function createAsk(options: HttpOptions): Http['ask'] {
  const { name, pace } = options;
  const exchange = createExchange(options);
  return async (method, path, asking = {}) => {
    for (let turn = 1; ; turn += 1) {
      await pace?.turn(asking.urgency ?? 'work');
      const sentAt = Date.now();
      const answer = await exchange(method, path, asking);
      pace?.heed(answer);
      options.onAnswer?.(answer.headers, sentAt);
      if ((answer.status >= 200 && answer.status < 300) || asking.expect?.includes(answer.status)) return answer;
      const { words, ...meaning } = options.meaning?.(answer) ?? {};
      const failure = meaning.failure ?? failureOf(answer.status, answer.headers);
      if (failure === 'limited' && pace && turn < mostTurns) continue;
      const said = words === undefined ? answer.words : withoutSecrets(words, options.secrets);
      throw refusal(name, `${method} ${path}`.trimEnd(), answer, { ...meaning, words: said });
    }
  };
}

/** Sends a question and reads the answer, whatever its status. */
function createExchange(options: HttpOptions): (method: Method, path: string, asking: Asking) => Promise<Answer> {
  const { name, base, secrets, timeoutMs = defaultTimeoutMs } = options;
  const maxBytes = options.maxBytes ?? defaultMaxBytes;

  /** What went wrong on the way: always worth another try. */
  const unreachable = (asked: string, error: unknown, limitMs: number) => {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    const why = isLate ? `no answer within ${limitMs} ms` : withoutSecrets(cause, secrets);
    return new OutsideError('unreachable', `${name} cannot be reached for ${asked}: ${why}.`);
  };

  return async (method, path, asking) => {
    // Where the address is the secret there is no path to speak of.
    const asked = `${method} ${path}`.trimEnd();
    const limitMs = asking.timeoutMs ?? timeoutMs;
    const signal = AbortSignal.any([AbortSignal.timeout(limitMs), ...(asking.signal ? [asking.signal] : [])]);
    try {
      const url = addressOf(base, path, asking.query);
      const response = await send(options, { method, url, asked, asking, signal });
      const bytes = await bytesOf(response, maxBytes, () => {
        throw new OutsideError('invalid', `${name} answered ${asked} with more than ${maxBytes} bytes.`, {
          status: response.status,
        });
      });
      const { status, headers } = response;
      const text = bytes.toString('utf8');
      const json = parsed(text);
      return { status, headers, json, text, words: response.ok ? '' : withoutSecrets(wordsOf(json), secrets) };
    } catch (error) {
      throw error instanceof OutsideError ? error : unreachable(asked, error, limitMs);
    }
  };
}

const withoutSecrets = (text: string, secrets: readonly string[]) =>
  secrets.reduce((rest, secret) => rest.replaceAll(secret || '\0', '***'), text);

interface Sending {
  method: Method;
  url: URL;
  /** How messages call it: the address itself may hold a secret. */
  asked: string;
  asking: Asking;
  signal: AbortSignal;
}

/** Sends a request, and again where the server points to another address of its own. */
async function send(options: HttpOptions, sending: Sending, hops = 0): Promise<Response> {
  const { method, url, asked, asking, signal } = sending;
  const { name, fetch = globalThis.fetch, maxRedirects = defaultMaxRedirects } = options;
  const hasBody = asking.body !== undefined;
  const response = await fetch(url.href, {
    method,
    headers: {
      accept: 'application/json',
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
      ...options.headers,
      ...asking.headers,
    },
    ...(hasBody ? { body: JSON.stringify(asking.body) } : {}),
    redirect: 'manual',
    signal,
  });
  const location = [301, 302, 303, 307, 308].includes(response.status) ? response.headers.get('location') : null;
  if (location === null) return response;
  await response.body?.cancel();
  const target = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
  const isOurs = target?.origin === url.origin;
  // A write is only repeated where the server says that it may be: 307 and 308 keep the method.
  const mayFollow = method === 'GET' || response.status === 307 || response.status === 308;
  if (target && isOurs && mayFollow && hops < maxRedirects) return send(options, { ...sending, url: target }, hops + 1);
  const where = !target ? 'nowhere' : isOurs ? 'to another address of its own' : `to ${target.origin}`;
  throw new OutsideError('invalid', `${name} sends ${asked} ${where}: check its address.`, {
    status: response.status,
  });
}

function addressOf(base: string, path: string, query: Query = {}): URL {
  const url = new URL(base + path);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
  return url;
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
