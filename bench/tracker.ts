/** From a person's comment at Plane to the next agent's process: the service in process, real git, real processes, real HTTP. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { openLocal } from '../src/client/local.ts';
import { makeDemoRepository } from '../src/demo/repository.ts';
import type { ItemRef } from '../src/integrations/tracker.ts';
import { silentLogger } from '../src/service/log.ts';
import { startService } from '../src/service/serve.ts';
import { startFakePlane } from '../src/testing/trackers/plane.ts';
import { type PlanePlace, type PlaneServer, planePlace } from '../test/integrations/trackers/plane-place.ts';
import { here, inDirectory } from './processes.ts';
import { median } from './statistics.ts';

/** A Plane, and how to have it send webhooks. */
export interface MeasuredPlane {
  name: string;
  /** Whether a delivery about a comment gets lost; all others come. */
  losesComments: boolean;
  open(): Promise<PlaneServer & { hook(url: string, secret: string): Promise<() => Promise<void>> }>;
}

/** What people wait for, in milliseconds. */
export interface Heard {
  plane: string;
  losesComments: boolean;
  median: number;
  worst: number;
  rounds: number;
}

const people = { maria: 20, signalbox: 15, stranger: 5 } as const;

const fake = (losesComments: boolean): MeasuredPlane => ({
  name: 'the fake Plane',
  losesComments,
  async open() {
    const plane = await startFakePlane({ people, perMinute: null, losesCommentWebhooks: losesComments });
    const { url, workspace, tokenOf, close } = plane;
    return {
      ...{ url, workspace, close },
      tokens: { bot: tokenOf('signalbox'), maria: tokenOf('maria'), stranger: tokenOf('stranger') },
      editOnPages: null,
      async hook(to, secret) {
        plane.addWebhook({ url: to, secret });
        return async () => {};
      },
    };
  },
});

const given = (what: string) => process.env[`SIGNALBOX_TEST_PLANE_${what}`] ?? '';

/** A real one sends webhooks where the environment says by which program they are registered; otherwise all of them are lost. */
const real = (losesComments: boolean): MeasuredPlane => ({
  name: 'a real Plane',
  losesComments,
  open: async () => ({
    ...{ url: given('URL'), workspace: given('WORKSPACE'), editOnPages: null },
    tokens: { bot: given('TOKEN'), maria: given('PERSON_TOKEN'), stranger: given('STRANGER_TOKEN') },
    close: async () => {},
    async hook(url, secret) {
      if (losesComments) return async () => {};
      await execa(given('HOOK'), [url, secret]);
      return async () => void (await execa(given('HOOK'), [url, secret, 'delete']));
    },
  }),
});

/** The fake one always; a real one where the environment names it. */
export const planes = (): MeasuredPlane[] => [
  fake(false),
  fake(true),
  ...(given('URL') === '' ? [] : [...(given('HOOK') === '' ? [] : [real(false)]), real(true)]),
];

/** From the instant at which Plane has stored `:approved:` to that at which the architect's process is there. */
export async function measureTracker({ name, losesComments, open }: MeasuredPlane): Promise<Heard> {
  return inDirectory(async directory => {
    const server = await open();
    const place = await planePlace(server);
    const work = await workAt(directory, place, server);
    try {
      // Where webhooks come, one at a time: what follows one must not be in the way of the next. Where they are lost nobody
      // hurries, and each comment comes right behind the look at which the question was there: it waits for nearly all of it.
      const times = losesComments
        ? await Promise.all(Array.from({ length: 4 }, (_, index) => work.round(index * 3_000)))
        : await inTurn(9, () => work.round());
      const measured = losesComments ? times : times.slice(1);
      return {
        ...{ plane: name, losesComments, rounds: measured.length },
        median: median(measured),
        worst: Math.max(...measured),
      };
    } finally {
      await work.close();
      await server.close();
    }
  });
}

async function inTurn(count: number, work: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  while (times.length < count) times.push(await work());
  return times;
}

type Opened = Awaited<ReturnType<MeasuredPlane['open']>>;

/** The service with one project that takes its work from there. */
async function workAt(directory: string, place: PlanePlace, { url, workspace, tokens, hook }: Opened) {
  const project = await place.people.makeProject();
  const repository = join(directory, 'shop');
  const journal = join(directory, 'journal');
  mkdirSync(repository);
  mkdirSync(journal);
  await makeDemoRepository(repository);
  const secret = `plane_wh_${randomUUID().replaceAll('-', '')}`;
  const env = { PATH: process.env.PATH ?? '', PLANE_TOKEN: tokens.bot, PLANE_SECRET: secret };
  const at = { cwd: directory, env, data: join(directory, 'data'), warn: () => {} };
  writeFileSync(join(directory, 'signalbox.config.json'), configuration({ url, workspace, project, journal }));
  const warned: string[] = [];
  const local = openLocal(at, { name: 'bench', role: 'admin' });
  const news = {
    ...{ note: () => {}, onTakenOver: () => {}, onEntry: () => {} },
    warn: (text: string) => void warned.push(text),
  };
  const service = await startService(local, { port: 0, env, logger: silentLogger, news });
  const unhook = await hook(`${service.url}/webhook/plane`, secret);
  return {
    async round(delayMs = 0): Promise<number> {
      await pause(delayMs);
      const ref = await place.people.openItem(project, { title: 'Totals are wrong', labels: ['agent'] });
      const taskId = `ET-${(await place.tracker.item(ref))!.number}`;
      await isAsked(place, ref, `${taskId} was not asked for; ${warned.join('; ')}`);
      const said = { comment_html: '<p>:approved:</p>' };
      const { created_at: stored } = await place.ask<{ created_at: string }>(
        ...([tokens.maria, 'POST', `${place.itemAt(ref)}comments/`, said] as const),
      );
      const startedAt = await startIn(join(journal, taskId), `${taskId} does not go on; ${warned.join('; ')}`);
      await local.ask('task.cancel', { taskId });
      return startedAt - Date.parse(stored);
    },
    async close() {
      await unhook();
      await service.close({ stopAgents: true });
    },
  };
}

const configuration = (
  { url, workspace, project, journal }: { url: string; workspace: string; project: string; journal: string },
  from = (name: string) => `\${${name}}`,
) =>
  JSON.stringify({
    trackers: {
      plan: {
        ...{ kind: 'plane', url, workspace, token: from('PLANE_TOKEN'), webhookSecret: from('PLANE_SECRET') },
        // Rounds follow each other faster than people write; how requests are kept within a limit is measured apart.
        requestsPerMinute: 10_000,
      },
    },
    agents: { bot: { kind: 'command', program: ['sh', here('tracker-agent.sh'), journal] } },
    agent: 'bot',
    projects: {
      shop: {
        ...{ repository: './shop', target: 'main', prefix: 'ET', tracker: 'plan', trackerProject: project },
        pick: { labels: ['agent'] },
      },
    },
  });

/** A person sees at the tracker that there is something to approve, and takes a moment. */
async function isAsked(place: PlanePlace, ref: ItemRef, otherwise: string): Promise<void> {
  await waitFor(async () => (await place.people.comments(ref)).some(text => text.includes(':approved:')) || undefined, {
    everyMs: 100,
    otherwise,
  });
  await pause(500);
}

const startIn = (file: string, otherwise: string): Promise<number> =>
  waitFor(async () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined), { everyMs: 5, otherwise });

async function waitFor<T>(
  look: () => Promise<T | undefined>,
  { everyMs, otherwise }: { everyMs: number; otherwise: string },
): Promise<T> {
  for (const end = performance.now() + 90_000; performance.now() < end; ) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(everyMs);
  }
  throw new Error(otherwise);
}
