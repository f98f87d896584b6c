/** The application at a tracker: real processes, real git, and a Plane that is the fake one. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { onTestFinished, vi } from 'vitest';
import { openLocal } from '../../src/client/local.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import { type FakePlane, type FakePlaneOptions, startFakePlane } from '../../src/testing/trackers/plane.ts';
import { workAt } from '../forges/place.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { configuredAt, planeSecret, type Said } from './configured.ts';

const agent = fileURLToPath(new URL('../fixtures/agent-all-roles.sh', import.meta.url));

export interface PlanePlaceOptions extends Partial<FakePlaneOptions> {
  /** What the project says of its tracker, beside or instead of what is usual here. */
  project?: object;
  /** What the configuration says beside it. */
  more?: object;
  /** What the agent does otherwise than well: `analysis=questions`. */
  twists?: readonly string[];
}

/** A repository, a Plane with a project, and a configuration for both; nobody works there yet. */
export async function openPlanePlace({ project = {}, more = {}, twists = [], ...options }: PlanePlaceOptions = {}) {
  const plane = await startFakePlane({
    people: { maria: 20, signalbox: 15, stranger: 5 },
    perMinute: null,
    ...options,
  });
  onTestFinished(() => plane.close());
  const projectId = plane.createProject({ name: 'Shop', identifier: 'ET', labels: ['agent', 'hold'] });
  const directory = temporaryDirectory();
  const repository = join(directory, 'shop');
  await makeRepository(repository);
  const env = { PATH: process.env.PATH ?? '', PLANE_TOKEN: plane.tokenOf('signalbox'), PLANE_SECRET: planeSecret };
  const journal = join(directory, 'journal');
  const configure = (other: Said = {}) => {
    const config = configuredAt(plane, ['sh', agent, journal, ...twists], { project, more }, other);
    writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
  };
  configure();
  const at = { cwd: directory, env, data: join(directory, 'data'), warn: () => {} };
  return {
    ...{ plane, projectId, directory, repository, journal, env, at, configure },
    get client() {
      return openLocal(at, { name: 'ann', role: 'admin' });
    },
  };
}

export type PlanePlace = Awaited<ReturnType<typeof openPlanePlace>>;

async function makeRepository(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'README.md'), '# Shop\n');
  writeFileSync(join(directory, 'total.sh'), 'echo "$1"\n');
  writeFileSync(join(directory, 'package.json'), '{"scripts":{"test":"test \\"$(sh total.sh 3 2)\\" = 6"}}\n');
  const git = (...args: string[]) => execa('git', args, { cwd: directory });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '.');
  await git('-c', 'user.name=maria', '-c', 'user.email=maria@example.org', 'commit', '--quiet', '-m', 'Begin');
}

interface TaskShown {
  id: string;
  standing: string;
  stage: string;
  why: string;
  title: string;
}

/** How long a step may take on a machine that is busy. */
const patienceMs = 25_000;

/** Works there, with webhooks of Plane coming in unless they get lost. */
export async function workAtPlane(place: PlanePlace, { hasWebhooks = true } = {}) {
  const worked = await workAt(place as never);
  const { plane } = place;
  if (hasWebhooks) plane.addWebhook({ url: `${worked.url}/webhook/plane`, secret: planeSecret });
  const { runtime } = worked.working.site;
  const show = (id: string) => worked.ask<TaskShown>('GET', `/tasks/${id}`).catch(() => undefined);
  return {
    ...worked,
    runtime,
    show,
    context: async (id: string) =>
      (JSON.parse((await runtime.actor(id))!.snapshot) as { context: TaskContext }).context,
    /** Looks with every commit; says where the task stands when that is not where it should get. */
    async until(id: string, isThere: (shown: TaskShown) => boolean): Promise<TaskShown> {
      let last: TaskShown | undefined;
      const look = async () => {
        last = await show(id);
        return last !== undefined && isThere(last) ? last : undefined;
      };
      const found = await runtime.until(look, AbortSignal.timeout(patienceMs)).catch(() => undefined);
      if (found === undefined) throw new Error(`${id} is at ${last?.stage}, ${last?.standing}: ${last?.why}`);
      return found;
    },
    /** What is written under an item by our own account. */
    ours: (key: string) => commentsBy(plane, key, plane.idOf('signalbox')),
    settled: async (isSo: () => boolean | Promise<boolean>) => {
      await vi.waitUntil(isSo, { timeout: patienceMs, interval: 50 });
    },
  };
}

const commentsBy = (plane: FakePlane, key: string, id: string) =>
  plane
    .comments(key)
    .filter(({ by }) => by === id || by === 'signalbox')
    .map(({ html }) => html);

export const journalOf = ({ journal }: PlanePlace, sort: string): string[] =>
  readdirSync(journal)
    .filter(file => file.endsWith(sort))
    .map(file => readFileSync(join(journal, file), 'utf8'));
