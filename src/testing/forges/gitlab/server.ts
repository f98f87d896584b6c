/** What the parts of a fake GitLab share: what it holds beyond the world, what an address names, lists by pages. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../gitea/answers.ts';
import {
  type FakeAccount,
  type FakeIssue,
  type FakePullIssue,
  type FakeRepository,
  fullName,
  isPull,
  type World,
} from '../gitea/world.ts';
import { isThere } from '../life.ts';
import { paramOf, queryOf } from '../request.ts';

export interface FakeJob {
  id: number;
  /** Commits of two projects may have one sha. */
  projectId: number;
  sha: string;
  name: string;
  status: string;
  description: string | null;
  targetUrl: string | null;
  mayFail: boolean;
  pipelineId: number;
}

export interface FakePipeline {
  id: number;
  projectId: number;
  sha: string;
  status: string;
  source: string;
}

/** What a merge request has beside its comments. */
export interface Talk {
  versions: { sha: string; at: Date }[];
  approvals: Map<FakeAccount, Date>;
  reviewers: Map<FakeAccount, string>;
  threads: { id: number; author: FakeAccount; body: string; at: Date; isResolved: boolean }[];
  /** What GitLab writes itself. */
  notices: { id: number; author: FakeAccount; body: string; at: Date }[];
  /** Instead of what follows from the branches. */
  mergeStatus: string | null;
}

export interface GitlabServer {
  app: FastifyInstance;
  world: World;
  jobs: FakeJob[];
  pipelines: FakePipeline[];
  talkOf(issue: FakePullIssue): Talk;
  /** Sends an event to the hooks that want it. */
  tell(repository: FakeRepository, event: GitlabEvent, payload: Record<string, unknown>): void;
}

/** The switch of a hook, which names the event. */
export type GitlabEvent =
  | 'push_events'
  | 'merge_requests_events'
  | 'note_events'
  | 'issues_events'
  | 'pipeline_events'
  | 'tag_push_events';

export const api = '/api/v4';
export const project = `${api}/projects/:project`;

export function createTalks(): GitlabServer['talkOf'] {
  const talks = new WeakMap<FakePullIssue, Talk>();
  return issue => {
    let talk = talks.get(issue);
    if (!talk) {
      const lists = { versions: [], threads: [], notices: [] };
      talk = { ...lists, approvals: new Map(), reviewers: new Map(), mergeStatus: null };
      talks.set(issue, talk);
    }
    return talk;
  };
}

export const missing = (what: string): Refusal => new Refusal(404, `404 ${what} Not Found`);

/** By its id or its path. */
export function projectOf(request: FastifyRequest, world: World): FakeRepository {
  const named = paramOf(request, 'project').toLowerCase();
  const found = world.repositories.find(it => fullName(it).toLowerCase() === named || String(it.id) === named);
  if (!found) throw missing('Project');
  return found;
}

/** Issues and merge requests are numbered apart. */
export function requestOf(request: FastifyRequest, repository: FakeRepository): FakePullIssue {
  const found = repository.issues.filter(isPull).find(({ number }) => String(number) === paramOf(request, 'iid'));
  if (!found) throw missing('Merge Request');
  return found;
}

export function issueOf(request: FastifyRequest, repository: FakeRepository): FakeIssue {
  const found = repository.issues.find(({ pull, number }) => !pull && String(number) === paramOf(request, 'iid'));
  if (!found || !isThere(found)) throw missing('Issue');
  return found;
}

export const nextIid = (repository: FakeRepository, kind: 'issue' | 'request'): number =>
  repository.issues.filter(issue => isPull(issue) === (kind === 'request')).length + 1;

const mostPerPage = 100;
const perPage = 20;

export function page<T>(request: FastifyRequest, reply: FastifyReply, all: readonly T[]): T[] {
  const query = queryOf(request);
  const size = Math.min(Number(query.per_page) || perPage, mostPerPage);
  const number = Math.max(Number(query.page) || 1, 1);
  const pages = Math.max(Math.ceil(all.length / size), 1);
  reply.headers({
    'x-page': String(number),
    'x-per-page': String(size),
    'x-total': String(all.length),
    'x-total-pages': String(pages),
    'x-next-page': number < pages ? String(number + 1) : '',
    'x-prev-page': number > 1 ? String(number - 1) : '',
  });
  return all.slice((number - 1) * size, number * size);
}
