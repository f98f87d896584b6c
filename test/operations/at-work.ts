/** Somebody works on real data: real git, real processes, and an agent that plays every role as a test tells it to. */
import { onTestFinished, vi } from 'vitest';
import { openLocal } from '../../src/client/local.ts';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import { openWorking } from '../../src/service/working.ts';
import { waysOfAsking } from '../client/data.ts';

/** The usual pipeline, in which one task after another may fix the same: who finds nothing to do is done too. */
const pipeline = {
  ...defaultPipeline,
  stages: defaultPipeline.stages.map(stage => ({ ...stage, run: { ...stage.run, mustChange: false } })),
};

const poll = { timeout: 60_000, interval: 25 };

export type AtWork = Awaited<ReturnType<typeof startWork>>;

export async function startWork() {
  const data = await waysOfAsking[0]!.make();
  const place = { cwd: data.directory, env: { PATH: process.env.PATH ?? '' }, data: data.dataDir, warn: () => {} };
  const identity = { name: 'ann', role: 'admin' } as const;
  const news = { note: () => {}, warn: () => {}, onTakenOver: () => {}, onEntry: () => {} };
  const working = await openWorking(openLocal(place, identity), identity, news);
  onTestFinished(() => working.close());
  const standingOf = async (taskId: string) => (await working.ask('task.show', { taskId })).standing;
  const until = (taskId: string, ...wanted: string[]) =>
    vi.waitUntil(async () => wanted.includes(await standingOf(taskId)), poll);
  return {
    ...{ ...data, working, until },
    /** Orders a task; a twist is what its agent does otherwise, such as `review.1=refuses`. */
    add: (id: string, twists: readonly string[] = [], more: object = {}) =>
      working.ask('task.add', {
        ...data.order,
        id,
        pipeline,
        agent: [data.order.agent, ...twists].join(' '),
        ...more,
      } as never),
    /** Approves whatever is asked until the task stands otherwise. */
    async untilOver(taskId: string) {
      for (;;) {
        await until(taskId, 'person', 'blocked', 'done', 'failed', 'cancelled');
        if ((await standingOf(taskId)) !== 'person') return;
        await working.ask('task.approve', { taskId });
      }
    },
  };
}
