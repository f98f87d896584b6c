/** What the parts of a fake GitHub share: what it holds beyond the world, how it refuses, and how it gives lists by pages. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../gitea/answers.ts';
import type { FakeIssue, FakeRepository, World } from '../gitea/world.ts';
import { queryOf } from '../request.ts';

export interface FakeCheckRun {
  id: number;
  sha: string;
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  startedAt: Date;
}

export interface GithubServer {
  app: FastifyInstance;
  world: World;
  checkRuns: Map<FakeRepository, FakeCheckRun[]>;
  drafts: WeakSet<FakeIssue>;
  /** The last head of each pull request: its branch may be gone. */
  heads: WeakMap<FakeIssue, string>;
  /** Review threads of a pull request: whether each is resolved. */
  threads: WeakMap<FakeIssue, { isResolved: boolean }[]>;
  /** Sends an event to the hooks that want it. */
  tell(repository: FakeRepository, event: string, payload: Record<string, unknown>): void;
}

export const api = '/api/v3';
export const repo = `${api}/repos/:owner/:name`;

/** 422 as GitHub words it. */
export const invalid = (message: string): Refusal => new Refusal(422, `Validation Failed: ${message}`);

const mostPerPage = 100;
const perPage = 30;

/** One page of a list. GitHub sends `Link` only where there is more than one page. */
export function page<T>(request: FastifyRequest, reply: FastifyReply, all: readonly T[], url: string): T[] {
  const query = queryOf(request);
  const size = Math.min(Number(query.per_page) || perPage, mostPerPage);
  const number = Math.max(Number(query.page) || 1, 1);
  const pages = Math.ceil(all.length / size);
  const link = (wanted: number, rel: string) => {
    const target = new URL(request.url, url);
    target.searchParams.set('page', String(wanted));
    return `<${target.href}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev')] : []),
    ...(number < pages ? [link(number + 1, 'next'), link(pages, 'last')] : []),
    ...(number > 1 ? [link(1, 'first')] : []),
  ];
  if (links.length > 0) reply.header('link', links.join(', '));
  return all.slice((number - 1) * size, number * size);
}
