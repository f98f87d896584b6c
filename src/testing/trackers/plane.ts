/**
 * A Plane for tests: the part of its API that Signalbox uses, over real HTTP on this machine, its limit of requests, and
 * webhooks that are really sent. It answers as the community edition 1.3.1 was seen to, its odd habits included.
 */
import { randomUUID } from 'node:crypto';
import fastify from 'fastify';
import { createWeather, type Weather } from '../forges/gitea/weather.ts';
import { createActs } from './plane/acts.ts';
import { pageNotFound, Refusal, unfit } from './plane/answers.ts';
import { addCommentRoutes } from './plane/comments.ts';
import { createDeliveries } from './plane/deliveries.ts';
import { addHistoryRoutes } from './plane/history.ts';
import { addItemRoutes } from './plane/items.ts';
import { createNews } from './plane/news.ts';
import { createPlanePeople, findUser, type PlanePeople } from './plane/people.ts';
import { addProjectRoutes } from './plane/projects.ts';
import { createRequests, type FakeRequest, type Requests } from './plane/requests.ts';
import { addProject, createWorld, type Edition, type Role, type WantedProject, type World } from './plane/world.ts';

export type { Edition, FakeRequest, PlanePeople, Role, WantedProject };

export interface FakePlaneOptions {
  /** Logins and what they may do in the workspace: 5 for a guest, 15 for a member, 20 for an administrator. */
  people: Readonly<Record<string, Role>>;
  /** As its address names it. */
  workspace?: string;
  edition?: Edition;
  /** Requests a minute for each token; null for as many as there are. The real one takes 60. */
  perMinute?: number | null;
  /** Deliveries about comments get lost, as they did in some releases. */
  losesCommentWebhooks?: boolean;
  /** For tests that move time: epoch milliseconds. */
  now?: () => number;
}

export interface FakePlane extends Omit<Weather, 'limit'>, Requests, PlanePeople {
  readonly url: string;
  readonly workspace: string;
  tokenOf(login: string): string;
  idOf(login: string): string;
  /** Makes a project where each of these may do so much; absent: all, and as much as in the workspace. Answers its id. */
  createProject(wanted: WantedProject, members?: Readonly<Record<string, Role>>): string;
  /** Registers a hook of the workspace, as an administrator does on its pages. Answers its id. */
  addWebhook(hook: { url: string; secret: string }): string;
  /** Deliveries of every kind get lost from now on, or no longer. */
  loseWebhooks(isSo: boolean): void;
  /** Until all webhooks that were sent have arrived, or have been given up. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const defaultPerMinute = 60;

/** Starts one on a free port of 127.0.0.1. */
export async function startFakePlane(options: FakePlaneOptions): Promise<FakePlane> {
  const { people, workspace = 'acme', edition = 'community', now = Date.now } = options;
  const world = createWorld({ slug: workspace, edition, people }, now);
  world.losesCommentWebhooks = options.losesCommentWebhooks ?? false;
  const deliveries = createDeliveries();
  const acts = createActs(world, createNews(world, deliveries));
  const app = fastify({ forceCloseConnections: true, bodyLimit: 5 * 1024 * 1024 });
  const weather = createWeather(app);
  const { perMinute = defaultPerMinute } = options;
  const isToken = (text: string) => world.users.some(user => user.token === text);
  const requests = createRequests(app, { perMinute, now, isToken });
  app.setErrorHandler((error, _request, reply) =>
    error instanceof Refusal
      ? reply.code(error.status).send(error.body)
      : reply.code(500).send({ error: 'Something went wrong please try again later' }),
  );
  // An empty body is as good as none, whatever its type.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(String(body)));
    } catch {
      done(unfit({ detail: 'JSON parse error - Expecting value: line 1 column 1 (char 0)' }));
    }
  });
  app.setNotFoundHandler(({ url: path }, reply) =>
    path.startsWith('/api/v1/') && !/\/(?:$|\?)/.test(path)
      ? reply.code(301).header('location', `${path}/`).send()
      : reply.code(404).send(pageNotFound().body),
  );
  // Of its own time, where a test moves that.
  app.addHook('onSend', async (_request, reply) => void reply.header('date', new Date(now()).toUTCString()));
  addProjectRoutes(app, world);
  addItemRoutes(app, world, acts);
  addCommentRoutes(app, world, acts);
  addHistoryRoutes(app, world, acts);
  const url = (await app.listen({ host: '127.0.0.1', port: 0 })).replace(/\/$/, '');

  return {
    ...weather,
    ...requests,
    ...createPlanePeople(world, acts),
    ...{ url, workspace },
    tokenOf: login => findUser(world, login).token,
    idOf: login => findUser(world, login).id,
    createProject: (wanted, members) => createProject(world, wanted, members),
    addWebhook(hook) {
      const id = randomUUID();
      world.hooks.push({ id, ...hook });
      return id;
    },
    loseWebhooks: deliveries.lose,
    settled: deliveries.settled,
    async close() {
      await deliveries.settled();
      await app.close();
    },
  };
}

function createProject(world: World, wanted: WantedProject, members?: Readonly<Record<string, Role>>): string {
  const project = addProject(world, wanted, world.users[0]!);
  const given = members ?? Object.fromEntries(world.users.map(({ login, role }) => [login, role]));
  for (const [login, role] of Object.entries(given)) project.members.set(findUser(world, login), role);
  return project.id;
}
