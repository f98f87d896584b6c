/**
 * A GitLab for tests: the part of its REST API that Signalbox uses, over real HTTP on this machine, real git behind it,
 * and webhooks that are really sent. Built from GitLab's documentation. Groups do not lie in groups here.
 */
import { rm } from 'node:fs/promises';
import fastify from 'fastify';
import { whoAsks } from './gitea/accounts.ts';
import { Refusal } from './gitea/answers.ts';
import type { Files } from './gitea/git.ts';
import { addGitRoutes } from './gitea/git-http.ts';
import { createWeather, type Weather } from './gitea/weather.ts';
import { fullName, isPull, type Permission, type World } from './gitea/world.ts';
import { addHookRoutes, createTell } from './gitlab/hooks.ts';
import { addIssueLifeRoutes } from './gitlab/issue-life.ts';
import { addIssueRoutes } from './gitlab/issues.ts';
import { addRequestRoutes } from './gitlab/merge-requests.ts';
import { addProjectRoutes } from './gitlab/projects.ts';
import { announce } from './gitlab/pushes.ts';
import { addReviewRoutes, requestChanges } from './gitlab/reviews.ts';
import { createTalks, type FakeJob, type FakePipeline, type GitlabServer } from './gitlab/server.ts';
import { addStatusRoutes } from './gitlab/statuses.ts';
import { accountOf, createRepository, createStockedWorld } from './stock.ts';

export interface FakeGitlabOptions {
  /** Logins. */
  accounts: readonly string[];
}

/** What a test does to it that no API does. */
export interface FakeGitlabActs {
  /** The token of an account; also what git signs in with, as the password. */
  tokenOf(login: string): string;
  /** Makes `group/name` with these files on `main`, where these accounts may do so much. */
  createRepository(repository: string, files: Files, members?: Readonly<Record<string, Permission>>): Promise<void>;
  /** What a pipeline reports on a commit. Answers the id of the pipeline. */
  addPipeline(
    repository: string,
    pipeline: Pick<FakePipeline, 'sha' | 'status' | 'source'>,
    jobs: readonly Pick<FakeJob, 'name' | 'status' | 'mayFail'>[],
  ): number;
  /** Somebody presses the button that only servers of the paid editions have. */
  requestChanges(repository: string, number: number, login: string): Promise<void>;
  /** Says of a merge request whether it can be merged, instead of what follows from its branches; null takes it back. */
  setMergeStatus(repository: string, number: number, word: string | null): void;
  /** The next answers about merge requests say that GitLab is still checking. */
  holdBackMerges(count: number): void;
  /** Switches a hook off, as GitLab does with one that fails too often. */
  disableHook(repository: string, id: number): void;
  deleteNote(repository: string, id: number): void;
}

export interface FakeGitlab extends Weather, FakeGitlabActs {
  readonly url: string;
  /** Until all webhooks that were sent have arrived, or have been given up. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. Needs git 2.38 or newer. */
export async function startFakeGitlab({ accounts }: FakeGitlabOptions): Promise<FakeGitlab> {
  const world = await createStockedWorld('fake-gitlab-', accounts);
  const app = fastify({
    forceCloseConnections: true,
    bodyLimit: 16 * 1024 * 1024,
    routerOptions: { maxParamLength: 2_000 },
  });
  const { tell, idle } = createTell(world);
  const server: GitlabServer = { app, world, jobs: [], pipelines: [], talkOf: createTalks(), tell };
  const weather = createWeather(app);
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof Refusal ? error.status : 500;
    const message = error instanceof Refusal ? error.message : '500 Internal Server Error';
    return reply.code(status).send({ message: status === 401 ? '401 Unauthorized' : message });
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: '404 Not Found' }));
  app.addHook('onRequest', async request => {
    // A token that is not known is refused, even for what everybody may read.
    if (request.url.startsWith('/api/') && request.headers.authorization) whoAsks(request, world);
  });
  addProjectRoutes(server);
  addRequestRoutes(server);
  addReviewRoutes(server);
  addStatusRoutes(server);
  addIssueRoutes(server);
  addIssueLifeRoutes(server);
  addHookRoutes(server);
  addGitRoutes(app, world, announce(server));
  world.url = (await app.listen({ host: '127.0.0.1', port: 0 })).replace(/\/$/, '');
  const close = async () => {
    await idle();
    await app.close();
    await rm(world.root, { recursive: true, force: true, maxRetries: 3 });
  };
  return { ...weather, url: world.url, ...actsOf(server), settled: idle, close };
}

function actsOf(server: GitlabServer): FakeGitlabActs {
  const { world } = server;
  return {
    tokenOf: login => accountOf(world, login).token,
    createRepository: (repository, files, members = {}) => createRepository(world, repository, { files, members }),
    addPipeline(name, pipeline, jobs) {
      const id = world.nextId();
      const projectId = projectAt(world, name).id;
      server.pipelines.push({ ...pipeline, id, projectId });
      for (const job of jobs) {
        const rest = { projectId, sha: pipeline.sha, description: null, targetUrl: null, pipelineId: id };
        server.jobs.push({ ...job, ...rest, id: world.nextId() });
      }
      return id;
    },
    requestChanges(name, number, login) {
      const { repository, issue } = requestAt(world, name, number);
      return requestChanges(server, { repository, issue, by: accountOf(world, login) });
    },
    setMergeStatus(name, number, word) {
      server.talkOf(requestAt(world, name, number).issue).mergeStatus = word;
    },
    holdBackMerges(count) {
      world.mergesHeldBack = count;
    },
    disableHook(name, id) {
      for (const hook of projectAt(world, name).hooks) if (hook.id === id) hook.isActive = false;
    },
    deleteNote(name, id) {
      for (const issue of projectAt(world, name).issues) issue.comments = issue.comments.filter(it => it.id !== id);
    },
  };
}

function projectAt(world: World, name: string) {
  const found = world.repositories.find(it => fullName(it) === name);
  if (!found) throw new Error(`There is no project ${name}.`);
  return found;
}

function requestAt(world: World, name: string, number: number) {
  const repository = projectAt(world, name);
  const issue = repository.issues.filter(isPull).find(it => it.number === number);
  if (!issue) throw new Error(`There is no merge request ${name}!${number}.`);
  return { repository, issue };
}
