/** What a task at a forge has missed it is told by the reconciler, once; what it does not wait for is no news. */
import { expect, test } from 'vitest';
import { reconcile } from '../../src/app/reconcile.ts';
import { noUsage } from '../../src/domain/usage.ts';
import type { Forge, PullRequest, Review } from '../../src/integrations/forge.ts';
import { OutsideError } from '../../src/integrations/outside.ts';
import { taskLinks } from '../../src/machines/links.ts';
import { taskTags } from '../../src/machines/standing.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { forgePipeline, judged, published, taskInput } from '../model/cases.ts';
import { type ModelEvent, play } from '../model/paths.ts';
import { createPlayedJobs, playedMachine } from '../support/jobs.ts';
import { inertEffects, kindOf, startTestRuntime } from '../support/runtime.ts';

const machine = compileTask(forgePipeline);
const head = 'c'.repeat(40);
const pull: PullRequest = {
  ...{ number: 7, url: 'u', title: 't', body: '', state: 'open', isDraft: false, author: 'bot', mergeCommit: null },
  head: { branch: 'feature/x', sha: head, repository: 'acme/shop' },
  base: { branch: 'main' },
};

/** A forge that says what a test has it say. */
function playedForge() {
  const says = {
    tip: head,
    checks: [] as { name: string; state: 'pending' | 'success' | 'failure' }[],
    reviews: [] as Review[],
    pull,
    isAway: false,
  };
  const asked: string[] = [];
  const answer = <T>(what: string, value: () => T) => {
    asked.push(what);
    if (says.isAway) throw new OutsideError('limited', 'asked too often', { retryAt: 1 });
    return Promise.resolve(value());
  };
  const forge: Pick<Forge, 'name' | 'branch' | 'checks' | 'pullRequest' | 'reviews'> = {
    name: 'home',
    branch: async (_, name) => answer('branch', () => ({ name, sha: says.tip })),
    checks: async (_, sha) =>
      answer('checks', () => ({ sha, checks: says.checks.map(check => ({ ...check, description: '', url: null })) })),
    pullRequest: async () => answer('pullRequest', () => says.pull),
    reviews: async () => answer('reviews', () => ({ reviews: says.reviews, unresolved: 0 })),
  };
  return { forge: forge as Forge, says, asked };
}

/** Tasks at the forge that wait for its builds, unless they are told to go on. */
async function startTasks(count = 1) {
  const jobs = createPlayedJobs();
  const actors = Object.fromEntries(Object.keys(machine.implementations.actors).map(name => [name, jobs.logic]));
  const below = ['agentRun', 'gate'].map(id => kindOf(playedMachine(id, jobs.logic)));
  for (const { name } of below) delete actors[name];
  const task = kindOf(machine, { actors, effects: inertEffects, links: taskLinks, tags: taskTags });
  const system = await startTestRuntime({ kinds: [task, ...below] });
  const input = { ...taskInput, forge: { name: 'home', repository: 'acme/shop' } };
  const way: ModelEvent[] = [
    { type: 'xstate.done.actor.prepare', output: { base: 'b', head, codeTree: 'tree' } },
    { type: 'xstate.done.actor.build', output: { outcome: 'succeeded', attempts: 1, workedMs: 1, usage: noUsage } },
    { ...published('tree'), output: { head, codeTree: 'tree', questions: null, objection: null } },
    { type: 'xstate.done.actor.push', output: { result: 'pushed', pullRequest: { number: 7, url: 'u' } } },
  ];
  for (let index = 1; index <= count; index++) {
    await system.runtime.create('task', `t${index}`, input as never);
    await system.settle();
    for (const event of way) await play(`t${index}`, event, system, jobs);
  }
  expect(await system.state('t1')).toBe('build.gating');
  const { forge, says, asked } = playedForge();
  const look = () => reconcile(system.runtime, forge, new AbortController().signal);
  return { ...system, jobs, says, asked, look };
}

test('a build whose end nobody has told is told, by the reconciler, and once', async () => {
  const { look, says, store } = await startTasks();
  says.checks = [
    { name: 'build', state: 'success' },
    { name: 'signalbox/tests', state: 'failure' },
  ];
  expect(await look()).toEqual({
    looked: 1,
    why: null,
    differences: [
      { task: 't1', type: 'ci.succeeded', what: `build says success of ${head.slice(0, 9)}`, outcome: 'applied' },
    ],
  });
  const told = (await store.log('t1', { after: 0, limit: 100 })).filter(({ source }) => source === 'reconciler');
  expect(told).toMatchObject([{ type: 'ci.succeeded', outcome: 'applied', event: { sha: head } }]);
  expect((await look()).differences).toEqual([]);
});

test('what has not changed is no difference, and neither is a build that runs', async () => {
  const { look, says } = await startTasks();
  says.checks = [{ name: 'build', state: 'pending' }];
  expect(await look()).toEqual({ looked: 1, differences: [], why: null });
});

test('a review is told to a task that waits for one, while its builds run as well, and once', async () => {
  const { look, says, jobs, ...system } = await startTasks();
  says.reviews = [{ id: 1, by: 'maria', verdict: 'approved', sha: head, isStale: false, body: '' }];
  expect((await look()).differences).toMatchObject([{ type: 'review.approved', outcome: 'applied' }]);
  await play('t1', judged('ci', 'pass'), system, jobs);
  expect((await look()).differences).toEqual([]);
});

test('a pull request that was closed behind our back is told', async () => {
  const { look, says, jobs, ...system } = await startTasks();
  await play('t1', judged('ci', 'pass'), system, jobs);
  says.pull = { ...pull, state: 'closed' };
  expect((await look()).differences).toMatchObject([{ type: 'pullRequest.closed', what: '#7 is closed' }]);
});

test('a forge that wants to be left alone ends the look, and it is said why', async () => {
  const { look, says, asked } = await startTasks(3);
  says.isAway = true;
  expect(await look()).toEqual({ looked: 1, differences: [], why: 'asked too often' });
  expect(asked.length).toBeLessThanOrEqual(4);
});

test('tasks that have ended are not asked for', async () => {
  const { look, runtime, settle, asked } = await startTasks();
  await runtime.send('t1', { type: 'task.cancel', by: 'ann' });
  await settle();
  expect(await look()).toEqual({ looked: 0, differences: [], why: null });
  expect(asked).toEqual([]);
});
