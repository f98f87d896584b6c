/**
 * A GitHub for tests: the part of its REST API that Signalbox uses, over real HTTP on this machine, real git behind it,
 * and webhooks that are really sent. Built from GitHub's documentation.
 */
import { rm } from 'node:fs/promises';
import fastify from 'fastify';
import { whoAsks } from './gitea/accounts.ts';
import { Refusal } from './gitea/answers.ts';
import type { Files } from './gitea/git.ts';
import { addGitRoutes } from './gitea/git-http.ts';
import { createWeather, type Weather } from './gitea/weather.ts';
import { type FakeRepository, fullName, isPull, type Permission } from './gitea/world.ts';
import { addCheckRoutes, runShape } from './github/checks.ts';
import { addGraphqlRoute } from './github/graphql.ts';
import { addHookRoutes, createSender, createTell } from './github/hooks.ts';
import { addIssueLifeRoutes } from './github/issue-life.ts';
import { addIssueRoutes } from './github/issues.ts';
import { addPullRoutes } from './github/pulls.ts';
import { announce } from './github/pushes.ts';
import { addRepositoryRoutes } from './github/repositories.ts';
import { addReviewRoutes } from './github/reviews.ts';
import type { FakeCheckRun, GithubServer } from './github/server.ts';
import { lifeOf } from './life.ts';
import { accountOf, createRepository, createStockedWorld } from './stock.ts';

export interface FakeGithubOptions {
  /** Logins. */
  accounts: readonly string[];
}

/** What a test does to it that no API does. */
export interface FakeGithubActs {
  /** The token of an account; also what git signs in with, as the password. */
  tokenOf(login: string): string;
  /** Makes `owner/name` with these files on `main`, where these accounts may do so much. */
  createRepository(repository: string, files: Files, members?: Readonly<Record<string, Permission>>): Promise<void>;
  /** What Actions or another app reports on a commit. */
  addCheckRun(repository: string, run: Pick<FakeCheckRun, 'sha' | 'name' | 'status' | 'conclusion'>): void;
  /** A thread of a review, that waits to be resolved or is. */
  addThread(repository: string, number: number, thread: { isResolved: boolean }): void;
  dismissReview(repository: string, number: number, id: number): void;
  /** Takes an issue away, as its page lets those do who administrate. */
  deleteIssue(repository: string, number: number): void;
  /** The next answers about pull requests say that GitHub is still working out whether they merge. */
  holdBackMerges(count: number): void;
}

export interface FakeGithub extends Weather, FakeGithubActs {
  readonly url: string;
  /** Until all webhooks that were sent have arrived, or have been given up. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. Needs git 2.38 or newer. */
export async function startFakeGithub({ accounts }: FakeGithubOptions): Promise<FakeGithub> {
  const world = await createStockedWorld('fake-github-', accounts);
  const app = fastify({
    forceCloseConnections: true,
    bodyLimit: 16 * 1024 * 1024,
    routerOptions: { maxParamLength: 2_000 },
  });
  const sender = createSender();
  const server: GithubServer = {
    app,
    world,
    checkRuns: new Map(),
    drafts: new WeakSet(),
    heads: new WeakMap(),
    threads: new WeakMap(),
    tell: createTell(world, sender.send),
  };
  const weather = createWeather(app);
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof Refusal ? error.status : 500;
    const message =
      error instanceof Refusal && status !== 401 ? error.message : status === 401 ? 'Bad credentials' : 'Server Error';
    return reply
      .code(status)
      .send({ message, documentation_url: 'https://docs.github.com/rest', status: String(status) });
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: 'Not Found' }));
  app.addHook('onRequest', async request => {
    // A token that is not known is refused, even for what everybody may read.
    if (request.url.startsWith('/api/') && request.headers.authorization) whoAsks(request, world);
  });
  addRepositoryRoutes(server);
  addPullRoutes(server);
  addReviewRoutes(server);
  addCheckRoutes(server);
  addIssueRoutes(server);
  addIssueLifeRoutes(server);
  addHookRoutes(server, sender.send);
  addGraphqlRoute(server);
  addGitRoutes(app, world, announce(server));
  world.url = (await app.listen({ host: '127.0.0.1', port: 0 })).replace(/\/$/, '');
  return { ...weather, url: world.url, ...actsOf(server), settled: sender.idle, close: () => end(server, sender.idle) };
}

async function end({ app, world }: GithubServer, idle: () => Promise<void>): Promise<void> {
  await idle();
  await app.close();
  await rm(world.root, { recursive: true, force: true, maxRetries: 3 });
}

function actsOf(server: GithubServer): FakeGithubActs {
  const { world } = server;
  const find = (name: string): FakeRepository => {
    const found = world.repositories.find(it => fullName(it) === name);
    if (!found) throw new Error(`There is no repository ${name}.`);
    return found;
  };
  const pullOf = (repository: string, number: number) => {
    const issue = find(repository)
      .issues.filter(isPull)
      .find(it => it.number === number);
    if (!issue) throw new Error(`There is no pull request ${repository}#${number}.`);
    return issue;
  };
  return {
    tokenOf: login => accountOf(world, login).token,
    createRepository: (repository, files, members = {}) => createRepository(world, repository, { files, members }),
    addCheckRun(repository, run) {
      const whole = { ...run, id: world.nextId(), startedAt: new Date() };
      const runs = server.checkRuns.get(find(repository)) ?? [];
      server.checkRuns.set(find(repository), [...runs, whole]);
      server.tell(find(repository), 'check_run', {
        action: run.status === 'completed' ? 'completed' : 'created',
        check_run: { ...runShape(whole), check_suite: { head_branch: null } },
        sender: { id: 15_368, login: 'github-actions[bot]', type: 'Bot' },
      });
    },
    addThread(repository, number, thread) {
      const issue = pullOf(repository, number);
      server.threads.set(issue, [...(server.threads.get(issue) ?? []), thread]);
    },
    dismissReview(repository, number, id) {
      for (const review of pullOf(repository, number).pull.reviews) if (review.id === id) review.isDismissed = true;
    },
    deleteIssue(repository, number) {
      for (const issue of find(repository).issues) if (issue.number === number) lifeOf(issue).isDeleted = true;
    },
    holdBackMerges(count) {
      world.mergesHeldBack = count;
    },
  };
}
