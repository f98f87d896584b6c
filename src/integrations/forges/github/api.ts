/**
 * GitHub's API through Octokit: answers are parsed by a schema, failures become `OutsideError`. Nothing here retries or
 * waits: that is decided elsewhere.
 */
import type { Endpoints, RequestParameters } from '@octokit/types';
import { z } from 'zod';
import { messageOf } from '../../../domain/errors.ts';
import type { ForgeOptions } from '../../forge.ts';
import type { Watched } from '../../http/client.ts';
import { refusal, wordsOf } from '../../http/failure.ts';
import { lastPage } from '../../http/paging.ts';
import { at, ownerAndName } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import { guarded } from './guard.ts';

export type Route = keyof Endpoints;
export type Wanted<R extends Route> = Endpoints[R]['parameters'] & RequestParameters;

export interface GithubAnswer {
  status: number;
  headers: Headers;
  data: unknown;
}

export interface GithubApi {
  /** Throws for everything that is no success. */
  ask<R extends Route>(route: R, wanted: Wanted<R>): Promise<GithubAnswer>;
  /** What there is, by a schema. */
  get<R extends Route, T>(schema: z.ZodType<T>, route: R, wanted: Wanted<R>): Promise<T>;
  /** The same, but undefined when there is no such thing. */
  find<R extends Route, T>(schema: z.ZodType<T>, route: R, wanted: Wanted<R>): Promise<T | undefined>;
  /** The entries of one page after the other, which are asked for as they are read; `page` reads one of them. */
  pages<R extends Route, T>(page: z.ZodType<T[]>, route: R, wanted: Wanted<R>): AsyncIterable<T[]>;
  /** The entries of all pages. */
  list<R extends Route, T>(page: z.ZodType<T[]>, route: R, wanted: Wanted<R>): Promise<T[]>;
  /** The `data` of a GraphQL query. */
  query<T>(schema: z.ZodType<T>, query: string, variables: Record<string, unknown>): Promise<T>;
}

const perPage = 100;
const mostPages = 100;

/** Where the API of a server is: github.com has a host for it, Enterprise a path. */
export function apiOf(url: string): string {
  const { origin, host } = new URL(url);
  return host === 'github.com' || host === 'www.github.com' ? 'https://api.github.com' : `${origin}/api/v3`;
}

export async function createGithubApi(options: ForgeOptions, watched: Watched = {}): Promise<GithubApi> {
  // Octokit is loaded by those who have a repository on GitHub, and by nobody else.
  const { Octokit } = await import('@octokit/core');
  const octokit = new Octokit({
    auth: options.token,
    baseUrl: apiOf(options.url),
    userAgent: 'signalbox',
    request: { fetch: guarded(options, watched) },
    // It would speak to the console otherwise.
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const { name } = options;

  /** The types of routes and parameters are checked by those who call. */
  const ask = async (route: string, wanted: RequestParameters): Promise<GithubAnswer> => {
    try {
      const { status, headers, data } = await octokit.request(route, wanted);
      return { status, headers: headersOf(headers), data };
    } catch (error) {
      throw failureOf(error, { name, asked: route, token: options.token });
    }
  };

  const read = <T>(schema: z.ZodType<T>, asked: string, answer: Readable) => parsed(schema, answer, { name, asked });

  async function* pages<T>(schema: z.ZodType<T[]>, route: string, wanted: RequestParameters) {
    let seen = 0;
    for (let page = 1; page <= mostPages; page += 1) {
      const answer = await ask(route, { ...wanted, per_page: perPage, page });
      const found = read(schema, route, answer);
      seen += found.length;
      yield found;
      if (lastPage(answer.headers, { page, got: found.length, seen })) return;
      // GitHub leaves `Link` out where there is one page only.
      if (!answer.headers.has('link')) return;
    }
    throw new OutsideError('invalid', `${name} has more than ${mostPages} pages for ${route}.`);
  }

  return {
    ask,
    get: async (schema, route, wanted) => read(schema, route, await ask(route, wanted)),
    async find(schema, route, wanted) {
      const answer = await ask(route, wanted).catch(absent);
      return answer && read(schema, route, answer);
    },
    pages,
    async list(schema, route, wanted) {
      const entries: z.infer<typeof schema> = [];
      for await (const found of pages(schema, route, wanted)) entries.push(...found);
      return entries;
    },
    async query(schema, query, variables) {
      try {
        return read(schema, 'a query', { data: await octokit.graphql<unknown>(query, variables), status: 200 });
      } catch (error) {
        throw failureOf(error, { name, asked: 'a query', token: options.token });
      }
    },
  };
}

type Readable = Pick<GithubAnswer, 'data' | 'status'>;

/** What an answer holds, by a schema. */
function parsed<T>(
  schema: z.ZodType<T>,
  { data, status }: Readable,
  { name, asked }: { name: string; asked: string },
): T {
  const found = schema.safeParse(data);
  if (found.success) return found.data;
  const where = found.error.issues[0]?.path.join('.') || 'the whole of it';
  throw new OutsideError(
    'invalid',
    `${name} answered ${asked} with what cannot be read: ${where} is not as expected.`,
    {
      status,
    },
  );
}

function silent(): void {}

const headersOf = (headers: object): Headers =>
  new Headers(Object.entries(headers).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])));

/** Undefined for what is not there; every other failure goes on. */
export function absent(error: unknown): undefined {
  if (error instanceof OutsideError && error.failure === 'notFound') return undefined;
  throw error;
}

/** How Octokit's errors look, without loading it to ask. */
interface RequestFailure {
  status?: number;
  response?: { headers: object; data: unknown };
}

function failureOf(
  error: unknown,
  { name, asked, token }: { name: string; asked: string; token: string },
): OutsideError {
  if (error instanceof OutsideError) return error;
  if (error instanceof Error && error.cause instanceof OutsideError) return error.cause;
  const { status, response } = error as RequestFailure;
  const withoutToken = (text: string) => (token ? text.replaceAll(token, '***') : text);
  if (status === undefined || !response) {
    return new OutsideError(
      'unreachable',
      `${name} cannot be reached for ${asked}: ${withoutToken(messageOf(error))}.`,
    );
  }
  const headers = headersOf(response.headers);
  const words = withoutToken(wordsOf(response.data));
  // The limit on many requests at once sometimes comes without any header: a minute is what GitHub asks for then.
  if ((status === 403 || status === 429) && !headers.has('retry-after') && /secondary rate limit|abuse/i.test(words)) {
    headers.set('retry-after', '60');
  }
  const failure = refusal(name, asked, { status, headers, words });
  // A commit that is not there is no 404 on GitHub.
  if (status === 422 && /^no commit found/i.test(words))
    return new OutsideError('notFound', failure.message, { status });
  return failure;
}

/** `owner/name` as Octokit takes it. */
export function placeOf(repository: string): { owner: string; repo: string } {
  const { owner, name } = ownerAndName(repository);
  // Octokit encodes the parts, but leaves `..` as it is.
  at`/${owner}/${name}`;
  return { owner, repo: name };
}

const meta = z.object({ installed_version: z.string().nullish() });

/** For people; `unknown` where it does not say, as github.com. */
export async function versionOf(api: GithubApi): Promise<string> {
  try {
    return (await api.get(meta, 'GET /meta', {})).installed_version ?? 'unknown';
  } catch (error) {
    if (error instanceof OutsideError && ['forbidden', 'notFound'].includes(error.failure)) return 'unknown';
    throw error;
  }
}
