/**
 * A Gitea for tests: its API, its git and its webhooks, over real HTTP on this machine. Repositories are real, so that
 * cloning, pushing and merging are; what is said about them is kept in memory and gone with `close`.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { addAccountRoutes, whoAsks } from './gitea/accounts.ts';
import { Refusal } from './gitea/answers.ts';
import { addBranchRoutes } from './gitea/branches.ts';
import { addCommentRoutes } from './gitea/comments.ts';
import { createDeliveries, type Deliveries } from './gitea/deliveries.ts';
import type { Files } from './gitea/git.ts';
import { addGitRoutes } from './gitea/git-http.ts';
import { addHookRoutes } from './gitea/hooks.ts';
import { addIssueLifeRoutes } from './gitea/issue-life.ts';
import { addIssueRoutes } from './gitea/issues.ts';
import { findRepository } from './gitea/lookup.ts';
import { addMergeRoutes } from './gitea/merges.ts';
import { createMovement } from './gitea/movement.ts';
import { createReporter } from './gitea/news.ts';
import { addProtectionRoutes } from './gitea/protections.ts';
import { addPullRoutes } from './gitea/pulls.ts';
import { addRepository, addRepositoryRoutes, commitAndTell } from './gitea/repositories.ts';
import { addReviewRoutes } from './gitea/reviews.ts';
import { addStatusRoutes } from './gitea/statuses.ts';
import { createWeather, type Weather } from './gitea/weather.ts';
import { createWorld, type FakeAccount, type Permission, type World } from './gitea/world.ts';

export type { Files, Permission, Weather };

export interface FakeGiteaOptions {
  /** Logins; the first one may do everything. */
  accounts: readonly string[];
  organisations?: readonly string[];
}

export interface FakeGitea extends Weather {
  readonly url: string;
  /** The token of an account; also what git signs in with, as the password. */
  tokenOf(login: string): string;
  /** Makes `owner/name` with these files on its default branch, where these accounts may do so much. */
  createRepository(repository: string, files: Files, members?: Readonly<Record<string, Permission>>): Promise<void>;
  /** Commits on the server, as somebody does on its pages. Answers the commit. */
  commit(repository: string, wanted: { branch: string; files: Files; by: string; message?: string }): Promise<string>;
  /** The next requests for a merge are told to try again later, as while the server works out whether it is possible. */
  holdBackMerges(count: number): void;
  /** Until all webhooks that were sent have arrived, or have been given up. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. Needs git 2.38 or newer. */
export async function startFakeGitea({ accounts, organisations = [] }: FakeGiteaOptions): Promise<FakeGitea> {
  const world = createWorld(await mkdtemp(join(tmpdir(), 'fake-gitea-')));
  world.accounts = accounts.map((login, index) => ({
    ...{ id: world.nextId(), login, isAdmin: index === 0, token: randomBytes(20).toString('hex') },
  }));
  world.organisations = new Map(organisations.map(name => [name, world.nextId()]));
  const deliveries = createDeliveries();
  const app = Fastify({ bodyLimit: 16 * 1024 * 1024, forceCloseConnections: true });
  const weather = createWeather(app);
  // The time by which it dates everything, where a test moves that.
  app.addHook('onSend', async (_request, reply) => void reply.header('date', new Date().toUTCString()));
  const pushed = addRoutes(app, world, deliveries);
  await app.listen({ host: '127.0.0.1', port: 0 });
  world.url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;

  const accountOf = (login: string): FakeAccount => {
    const account = world.accounts.find(it => it.login === login);
    if (!account) throw new Error(`There is no account ${login}.`);
    return account;
  };
  const parts = (repository: string) => {
    const [owner = '', name = ''] = repository.split('/');
    return { owner, name };
  };
  return {
    ...weather,
    url: world.url,
    tokenOf: login => accountOf(login).token,
    async createRepository(repository, files, members = {}) {
      const made = await addRepository(world, { ...parts(repository), files, by: accountOf(accounts[0]!) });
      for (const [login, permission] of Object.entries(members)) made.permissions.set(login, permission);
    },
    commit(repository, { branch, files, by, message = `Change ${Object.keys(files).join(', ')}` }) {
      const wanted = { branch, files, message, by: accountOf(by) };
      return commitAndTell(world, findRepository(world, parts(repository)), wanted, pushed);
    },
    holdBackMerges(count) {
      world.mergesHeldBack = count;
    },
    settled: deliveries.settled,
    async close() {
      await deliveries.settled();
      await app.close();
      await rm(world.root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** All routes. Answers what is to be called when refs have moved. */
function addRoutes(app: FastifyInstance, world: World, deliveries: Deliveries) {
  const report = createReporter(world, deliveries);
  const pushed = createMovement(world, report);
  const refuse = (message: string) => ({ message, url: `${world.url}/api/swagger` });
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof Refusal ? error.status : ((error as { statusCode?: number }).statusCode ?? 500);
    return reply.code(status).send(refuse(error instanceof Error ? error.message : String(error)));
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('404 page not found\n'));
  // An empty body is as good as none, whatever its type.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(String(body)));
    } catch {
      done(new Refusal(422, 'the body is not JSON'));
    }
  });
  app.addHook('onRequest', async request => {
    // A token that is not known is refused, even for what everybody may read.
    if (request.url.startsWith('/api/') && request.headers.authorization) whoAsks(request, world);
  });
  addAccountRoutes(app, world);
  addRepositoryRoutes(app, world, pushed);
  addBranchRoutes(app, world, pushed);
  addProtectionRoutes(app, world);
  addPullRoutes(app, world, report);
  addMergeRoutes(app, world, report, pushed);
  addReviewRoutes(app, world, report);
  addStatusRoutes(app, world, report);
  addIssueRoutes(app, world, report);
  addCommentRoutes(app, world, report);
  addIssueLifeRoutes(app, world);
  addHookRoutes(app, world, deliveries);
  addGitRoutes(app, world, pushed);
  return pushed;
}
