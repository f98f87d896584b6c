/** Somebody works on tasks here, with real agents; and the data as it lies there when nobody does. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, vi } from 'vitest';
import { contextOf } from '../../src/app/context.ts';
import { openLocal } from '../../src/client/local.ts';
import { makeDemoRepository } from '../../src/demo/repository.ts';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import { openWorking } from '../../src/service/working.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { untilTask } from '../support/until-task.ts';

const allRoles = fileURLToPath(new URL('../fixtures/agent-all-roles.sh', import.meta.url));
// Several tasks go one after another, on a machine that is busy.
vi.setConfig({ testTimeout: 90_000 });
const patienceMs = 80_000;

const artifacts = ['02-business-requirements', '03-technical-specification'].map(name => `${name}.md`);

/** A plan that a person approves, code that is tested, and the merge. */
const pipeline = {
  name: 'short',
  stages: [
    {
      name: 'analysis',
      role: 'analyst',
      gates: [
        { kind: 'artifacts', name: 'requirements', files: artifacts },
        { kind: 'approval', name: 'requirementsApproval' },
      ],
    },
    { name: 'development', role: 'developer', gates: [{ kind: 'command', name: 'tests' }], rework: { limit: 1 } },
    defaultPipeline.stages.at(-1)!,
  ],
};

export type ForkPlace = Awaited<ReturnType<typeof makeForkPlace>>;

/** A project whose agent is `bot`, which does what its twists say; `other` is another one that does as it should. */
export async function makeForkPlace(...twists: string[]) {
  const directory = temporaryDirectory();
  const repository = join(directory, 'shop');
  mkdirSync(repository);
  await makeDemoRepository(repository);
  const agent = (name: string, ...words: string[]) => ({
    kind: 'command',
    program: ['sh', allRoles, join(directory, name), ...words],
  });
  writeFileSync(join(directory, 'short.json'), JSON.stringify(pipeline));
  const config = {
    agents: { bot: agent('bot', ...twists), other: agent('other'), coder: { kind: 'claude', program: ['false'] } },
    agent: 'bot',
    pipeline: './short.json',
    projects: { shop: { repository, gates: { baseline: false } } },
  };
  writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
  const at = { cwd: directory, env: { PATH: process.env.PATH ?? '' }, data: join(directory, 'data'), warn: () => {} };
  const identity = { name: 'ann', role: 'admin' } as const;
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const file = (name: string, agentName = 'bot') => join(directory, agentName, name);
  return {
    ...{ directory, repository, at, git },
    /** Asks whoever works here, or the data itself. */
    client: openLocal(at, identity),
    /** The stages that an agent was started in, in order: `development.2`. */
    visits: (name = 'bot') =>
      existsSync(file('calls', name))
        ? readFileSync(file('calls', name), 'utf8')
            .trim()
            .split('\n')
            .map(line => line.split(' ').slice(0, 2).join('.'))
        : [],
    pids: () =>
      readFileSync(file('calls'), 'utf8')
        .trim()
        .split('\n')
        .map(line => Number(line.split(' ')[2])),
    prompt: (visit: string, name = 'bot') => readFileSync(file(`${visit}.prompt`, name), 'utf8'),
    letGo: () => writeFileSync(file('go'), ''),
    begin: () => work(at, identity),
  };
}

/** Begins to work there. Every actor replays to its snapshot when it is over. */
async function work(at: Parameters<typeof openLocal>[0], identity: { name: string; role: 'admin' }) {
  const quiet = { note: () => {}, warn: () => {}, onTakenOver: () => {}, onEntry: () => {} };
  const working = await openWorking(openLocal(at, identity), identity, quiet);
  const { runtime } = working.site;
  let isOver = false;
  const end = async () => {
    if (isOver) return;
    isOver = true;
    await working.close();
  };
  onTestFinished(end);
  const show = (taskId: string) => working.ask('task.show', { taskId });

  const until = untilTask({ runtime, show, patienceMs });

  return {
    ...{ working, runtime, show, until, end },
    ask: working.ask,
    add: (id = 'ET-1') => working.ask('task.add', { project: 'shop', title: 'Fix it', id }),
    asked: (id: string) => until(id, ({ standing }) => standing === 'person'),
    done: (id: string) => until(id, ({ standing }) => standing === 'done'),
    /** Approves what it asks, and waits for its end. */
    async finish(id: string) {
      await until(id, ({ standing }) => standing === 'person');
      await working.ask('task.approve', { taskId: id });
      return until(id, ({ standing }) => standing === 'done');
    },
    /** The last entry of its log with which it came into a state that begins so. */
    async entryInto(id: string, state: string): Promise<number> {
      const { items } = await working.ask('task.events', { taskId: id });
      return items.findLast(({ to }) => to.startsWith(state))!.seq;
    },
    /** All that a task is, to be compared with later. */
    row: (id: string) => runtime.actor(id),
    context: async (id: string) => contextOf<TaskContext>((await runtime.actor(id))!),
    async verified() {
      expect((await runtime.verify()).differences).toEqual([]);
    },
  };
}
