/** A project of the fake Plane with a repository and a configuration, where the work itself is played. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { onTestFinished } from 'vitest';
import type { IntakeContext } from '../../src/machines/intake.ts';
import { type FakePlaneOptions, startFakePlane, type WantedProject } from '../../src/testing/trackers/plane.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { configuredAt, planeSecret, type Said } from './configured.ts';
import { createSharedClock, type LifeOptions, liveAtTracker } from './played.ts';

/** A stage that people approve, and in which the agent may ask; one that a gate judges. */
export const smallPipeline = {
  name: 'small',
  stages: [
    {
      ...{ name: 'plan', role: 'planner', questions: 'questions.md' },
      gates: [{ kind: 'approval', name: 'planApproved' }],
    },
    { name: 'build', role: 'builder', gates: [{ kind: 'command', name: 'tests', run: ['true'] }] },
  ],
};

export interface BoardOptions extends Partial<FakePlaneOptions> {
  /** What the project of Plane has, beside or instead of what is usual here. */
  place?: Partial<WantedProject>;
  /** What the project says, beside or instead of what is usual here. */
  project?: object;
  /** What the configuration says beside it. */
  more?: object;
  hasWebhooks?: boolean;
  open?: LifeOptions['open'];
}

export async function openBoard(wanted: BoardOptions = {}) {
  const { project = {}, more = {}, place = {}, hasWebhooks = true, open, ...options } = wanted;
  const clock = createSharedClock();
  const plane = await startFakePlane({
    ...{ people: { maria: 20, signalbox: 15, bob: 15, stranger: 5 }, perMinute: null, now: clock.now },
    ...options,
  });
  onTestFinished(() => plane.close());
  plane.createProject({ name: 'Shop', identifier: 'ET', labels: ['agent', 'hold', 'go', 'bug'], ...place });
  const directory = temporaryDirectory();
  makeRepository(join(directory, 'shop'));
  const env = { PLANE_TOKEN: plane.tokenOf('signalbox'), PLANE_SECRET: planeSecret };
  const usual = { project, more: { pipeline: './pipeline.yaml', ...more } };
  const configured = (other: Said = {}) => configuredAt(plane, ['true'], usual, other);
  const write = (config: object) => writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
  writeFileSync(join(directory, 'pipeline.yaml'), JSON.stringify(smallPipeline));
  write(configured());
  const life = await liveAtTracker({ clock, directory, env, settled: plane.settled, ...(open && { open }) });
  if (hasWebhooks) plane.addWebhook({ url: life.webhooks('plane'), secret: planeSecret });
  const us = plane.idOf('signalbox');
  return {
    ...life,
    ...{ plane, directory, env },
    projects: () => configured().projects,
    /** What is written under an item by our own account, as text. */
    ours: (key: string) =>
      plane
        .comments(key)
        .filter(({ by }) => by === 'signalbox' || by === us)
        .map(({ html }) => textOf(html)),
    async intake(): Promise<IntakeContext> {
      const [row] = await life.system().runtime.list({ kind: 'intake', limit: 1 });
      return (JSON.parse(row!.snapshot) as { context: IntakeContext }).context;
    },
    /** Has everything that is open looked at. */
    async look(): Promise<IntakeContext> {
      const [row] = await life.system().runtime.list({ kind: 'intake', limit: 1 });
      await life.system().runtime.send(row!.id, { type: 'intake.look' });
      await life.settle();
      return this.intake();
    },
    /** Makes an item that is for agents, and the task of it. */
    async begin(title = 'Totals are wrong', by = 'maria'): Promise<string> {
      const { key } = plane.createItem('ET', { title, by });
      plane.label(key, ['agent'], by);
      await life.settle();
      return key;
    },
    /** Says it, and lets everything happen that follows from that. */
    async say(key: string, html: string, by = 'maria'): Promise<string> {
      life.clock.advance(2_000);
      const id = plane.comment(key, html, by);
      await life.settle();
      return id;
    },
    async reconfigure(other: { project?: object; more?: object }) {
      write(configured(other));
      await life.configure();
    },
  };
}

export type Board = Awaited<ReturnType<typeof openBoard>>;

const textOf = (html: string) =>
  html
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

export function makeRepository(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const git = (...args: string[]) => execaSync('git', args, { cwd: directory });
  git('init', '--quiet', '--initial-branch=main');
  const who = ['-c', 'user.name=maria', '-c', 'user.email=maria@example.org'];
  git(...who, 'commit', '--quiet', '--allow-empty', '-m', 'Begin');
}
