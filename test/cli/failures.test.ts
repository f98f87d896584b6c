import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { isAlive, startTimeOf } from '../../src/host/process-identity.ts';
import { makePlace, oneStage, type Place } from './place.ts';

const poll = { timeout: 20_000, interval: 25 };
const isGone = (pid: number) => startTimeOf(pid) === undefined || !isAlive(identityOf(pid));
const identityOf = (pid: number) => ({ pid, startTime: startTimeOf(pid) ?? '', bootId: bootId() });
const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Begins a run and waits until the agent of this visit works. */
async function untilWorking(place: Place, visit: string, twist: string, ...args: string[]) {
  const running = place.begin([...place.newTask(`${visit}=${twist}`), '--approve-all', ...args]);
  await vi.waitUntil(() => place.visits().includes(visit) && existsSync(join(place.worktree, 'half-done.txt')), poll);
  return { running, agent: place.calls().find(({ stage, attempt }) => `${stage}.${attempt}` === visit)! };
}

test('an agent that fails is started twice, then the task is blocked', async () => {
  const place = await makePlace();
  const { code, stdout } = await place.run('development=fails');
  expect(code).toBe(1);
  expect(place.visits().slice(2)).toEqual(['development.1', 'development.2']);
  expect(stdout).toContain('exit code 1');
  expect(stdout).toContain('signalbox task retry ET-1');
  expect(await place.task()).toMatchObject({ state: 'development.blocked', attempts: { development: 2 } });
});

test('an agent that fails once is started again and the task goes on', async () => {
  const place = await makePlace();
  expect((await place.run('development.1=fails')).code).toBe(0);
  expect(place.visits().filter(visit => visit.startsWith('development'))).toEqual(['development.1', 'development.2']);
});

test('an agent that asks to be tried later (exit code 75) is tried after a pause, on a budget of its own', async () => {
  const place = await makePlace();
  const file = place.pipeline(oneStage({ backoff: { base: '50ms', cap: '100ms' }, permanentAttempts: 1 }));
  const { code, stdout } = await place.runWith(file, 'development.1=isBusy', 'development.2=isBusy');
  expect(code, stdout).toBe(0);
  expect(place.visits()).toEqual(['development.1', 'development.2', 'development.3']);
  expect(stdout).toContain('tried again after a pause');
  const { runs } = await place.task();
  expect(runs).toMatchObject([{ status: 'completed', attempt: 3 }]);
});

test('three transient failures in a row open the breaker, and the queue says what the task waits for', async () => {
  const place = await makePlace();
  const file = place.pipeline(oneStage({ backoff: { base: '50ms', cap: '100ms' } }));
  const running = place.begin([...place.newTask('development=isBusy'), '--pipeline', file]);
  const queue = async () => JSON.parse((await place.signalbox('queue', '--json')).stdout);
  await vi.waitUntil(() => place.visits().length === 3, poll);
  await vi.waitUntil(async () => (await queue()).waiting.length === 1, poll);
  expect(await queue()).toMatchObject({
    waiting: [{ why: expect.stringContaining('breaker') }],
    resilience: { breakers: { 'agent-all-roles-sh': { state: 'open' } } },
  });
  expect(place.visits()).toHaveLength(3);
  running.kill('SIGINT');
  expect((await running).code).toBe(130);
});

test('a run that is killed with kill -9 finds its agent again, and the agent runs once', async () => {
  const place = await makePlace();
  const { running, agent } = await untilWorking(place, 'development.1', 'waits');
  running.kill('SIGKILL');
  await running;
  expect(isGone(agent.pid)).toBe(false);

  const resumed = place.begin(['run', '--repo', place.repository, '--id', 'ET-1', '--approve-all']);
  await vi.waitUntil(async () => (await place.signalbox('agent', 'list')).stdout.includes('running'), poll);
  expect(isGone(agent.pid)).toBe(false);
  place.letGo();
  const { code, stdout } = await resumed;
  expect(code, stdout).toBe(0);
  expect(place.visits().filter(visit => visit.startsWith('development'))).toEqual(['development.1']);
  expect((await place.signalbox('verify')).code).toBe(0);
});

test('an agent that finishes while nobody watches is concluded from its exit record', async () => {
  const place = await makePlace();
  const { running, agent } = await untilWorking(place, 'development.1', 'waits');
  running.kill('SIGKILL');
  await running;
  place.letGo();
  await vi.waitUntil(() => isGone(agent.pid), poll);
  expect((await place.resume('--approve-all')).code).toBe(0);
  expect(place.visits().filter(visit => visit.startsWith('development'))).toEqual(['development.1']);
});

test('Ctrl-C stops the agent after a checkpoint, and run --id goes on', async () => {
  const place = await makePlace();
  const { running, agent } = await untilWorking(place, 'development.1', 'waits');
  running.kill('SIGINT');
  const { code, stderr } = await running;
  expect(code).toBe(130);
  expect(stderr).toContain(`signalbox run --repo ${place.repository} --id ET-1`);
  expect(isGone(agent.pid)).toBe(true);
  expect(place.processes()).toEqual([]);
  const refs = (await place.git(['for-each-ref', '--format=%(refname)', 'refs/signalbox/'])).split('\n');
  const files = await Promise.all(refs.map(ref => place.git(['ls-tree', '-r', '--name-only', ref])));
  expect(files.join('\n')).toContain('half-done.txt');

  place.letGo();
  const resumed = await place.resume('--approve-all');
  expect(resumed.code, resumed.stdout).toBe(0);
  // An interruption is nobody's failure.
  expect(place.visits().filter(visit => visit.startsWith('development'))).toEqual(['development.1', 'development.2']);
  expect(await place.git(['ls-tree', '-r', '--name-only', 'main'])).not.toContain('half-done.txt');
});

/** Leaves a run behind while its agent is being stopped: the second Ctrl-C does not wait. */
async function leftWhileStopping(place: Place) {
  const file = place.pipeline(oneStage({ grace: '3s' }));
  const { running, agent } = await untilWorking(place, 'development.1', 'hangs', '--pipeline', file);
  running.kill('SIGINT');
  await vi.waitUntil(async () => (await place.signalbox('agent', 'list', '--json')).stdout.includes('stopping'), poll);
  running.kill('SIGINT');
  return { code: (await running).code, agent };
}

test('a second Ctrl-C leaves at once', async () => {
  const place = await makePlace();
  const { code, agent } = await leftWhileStopping(place);
  expect(code).toBe(130);
  expect(isGone(agent.pid)).toBe(false);
});

test('a task can be cancelled while its agent is being stopped for another reason', async () => {
  const place = await makePlace();
  const { agent } = await leftWhileStopping(place);
  const cancelling = place.begin(['task', 'cancel', 'ET-1']);
  await vi.waitUntil(() => isGone(agent.pid), poll);
  await expect.poll(async () => (await place.task()).state, poll).toBe('cancelled');
  expect((await cancelling).code).toBe(0);
  expect(place.visits()).toEqual(['development.1']);
});

test('agent kill after a kill -9 of the run leaves nothing running', async () => {
  const place = await makePlace();
  const file = place.pipeline(oneStage({ grace: '200ms' }));
  const { running, agent } = await untilWorking(place, 'development.1', 'hangs', '--pipeline', file);
  running.kill('SIGKILL');
  await running;
  const { items } = JSON.parse((await place.signalbox('agent', 'list', '--json')).stdout);
  expect(items).toMatchObject([{ status: 'running' }]);
  const killed = await place.signalbox('agent', 'kill', items[0].agentId, '--json');
  expect(killed.code).toBe(0);
  expect(JSON.parse(killed.stdout)).toMatchObject({ total: 1, killed: 1, failed: 0, errors: [] });
  expect(isGone(agent.pid)).toBe(true);
  expect(place.processes()).toEqual([]);
  expect(JSON.parse((await place.signalbox('agent', 'list', '--json')).stdout).items).toMatchObject([
    { status: 'killed' },
  ]);
  // What the agent had made is kept.
  expect(await place.git(['for-each-ref', 'refs/signalbox/'])).not.toBe('');
  // Nothing begins again by itself: a person decides.
  expect((await place.resume()).code).toBe(1);
  expect(place.visits()).toEqual(['development.1']);
});

test('agent kill-all ends whatever runs, and says so when there is nothing', async () => {
  const place = await makePlace();
  const file = place.pipeline(oneStage({ grace: '200ms' }));
  const { running, agent } = await untilWorking(place, 'development.1', 'hangs', '--pipeline', file);
  running.kill('SIGKILL');
  await running;
  expect((await place.signalbox('agent', 'kill-all')).code).toBe(0);
  expect(isGone(agent.pid)).toBe(true);
  const { code, stdout } = await place.signalbox('agent', 'kill-all', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ total: 0, killed: 0 });
});

test('killing an agent that has ended changes nothing, says so, and exits 1', async () => {
  const place = await makePlace();
  await place.runWith(place.pipeline(oneStage()));
  const { items } = JSON.parse((await place.signalbox('agent', 'list', '--json')).stdout);
  const { code, stdout } = await place.signalbox('agent', 'kill', items[0].agentId, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ killed: 0, failed: 1 });
});

test('task cancel after a kill -9 of the run ends the agent and removes the worktree; the branch stays', async () => {
  const place = await makePlace();
  const file = place.pipeline(oneStage({ grace: '200ms' }));
  const { running } = await untilWorking(place, 'development.1', 'hangs', '--pipeline', file);
  running.kill('SIGKILL');
  await running;
  expect((await place.signalbox('task', 'cancel', 'ET-1')).code).toBe(0);
  expect(place.processes()).toEqual([]);
  expect(existsSync(place.worktree)).toBe(false);
  expect(await place.git(['branch', '--list', 'feature/*'])).toContain('feature/ET-1-fix-the-totals');
  expect((await place.task()).state).toBe('cancelled');
  expect((await place.resume()).code).toBe(1);
});

test('an agent that works longer than its time limit and ignores SIGTERM is killed', async () => {
  const place = await makePlace();
  const file = place.pipeline(oneStage({ timeLimit: '300ms', grace: '200ms' }));
  const { code, stdout } = await place.runWith(file, 'development=hangs');
  expect(code).toBe(1);
  expect(stdout).toContain('longer than its time limit');
  expect(place.visits()).toEqual(['development.1', 'development.2']);
  expect(place.processes()).toEqual([]);
});

test('a daemon that an agent leaves behind is gone before the task goes on', async () => {
  const place = await makePlace();
  const { code } = await place.runWith(place.pipeline(oneStage()), 'development=leavesDaemon');
  expect(code).toBe(0);
  const daemon = place.calls().find(({ stage }) => stage === 'daemon')!;
  expect(isGone(daemon.pid)).toBe(true);
  expect(place.processes()).toEqual([]);
});

test('an agent that goes on with a branch of its own has its work taken, and the branch follows', async () => {
  const place = await makePlace();
  const { code, stdout } = await place.run('development.1=switchesBranch', '--approve-all');
  expect(code, stdout).toBe(0);
});

test('an agent that checks out a branch of the user and fails does not move that branch', async () => {
  const place = await makePlace();
  await place.git(['checkout', '--quiet', '-b', 'next']);
  await place.git(['commit', '--quiet', '--allow-empty', '-m', 'What the user has done']);
  const before = await place.git(['rev-parse', 'next']);
  await place.git(['checkout', '--quiet', 'main']);
  await place.run('development=failsOnNext');
  expect(await place.git(['rev-parse', 'next'])).toBe(before);
});

test('an agent that removes its worktree is no reason to lose anything that was published', async () => {
  const place = await makePlace();
  const first = await place.run('development.1=removesWorktree');
  expect(first.code).toBe(1);
  expect((await place.signalbox('task', 'retry', 'ET-1')).code).toBe(0);
  const { code, stdout } = await place.resume('--approve-all');
  expect(code, stdout).toBe(0);
  expect(await place.git(['ls-tree', '-r', '--name-only', 'main', place.documents])).toContain('05-test-plan.md');
});

test('an agent that removes the .git file of its worktree cannot make git write somewhere else', async () => {
  const place = await makePlace();
  // The data directory lies inside the repository: git would find that one instead.
  const env = { SIGNALBOX_DATA: join(place.repository, '.signalbox') };
  const main = await place.git(['rev-parse', 'main']);
  const { code } = await place.begin([...place.newTask('development=removesGitFile'), '--approve-all'], { env });
  expect(code).toBe(1);
  expect(await place.git(['rev-parse', 'main'])).toBe(main);
  expect(await place.git(['symbolic-ref', 'HEAD'])).toBe('refs/heads/main');
  expect(await place.git(['status', '--porcelain'])).toBe('');
});

test('an agent that removes the documents has left none', async () => {
  const place = await makePlace();
  expect((await place.run('analysis=removesDocuments')).code).toBe(3);
  expect((await place.task()).state).toBe('analysis.awaitingDecision');
});

test('a developer that says it is done and has changed nothing has failed, whatever the tests say', async () => {
  const place = await makePlace();
  expect((await place.run('development=idles')).code).toBe(1);
  expect(await place.task()).toMatchObject({
    state: 'development.blocked',
    why: expect.stringContaining('the agent says that it is done but has changed nothing in the worktree'),
    attempts: { development: 2 },
  });
});

test('a pipe in the place of a document is no document, and stops nothing', async () => {
  const place = await makePlace();
  const running = place.begin([...place.newTask('analysis=leavesPipe'), '--approve-all']);
  const isJudged = async () => String((await place.task()).state).endsWith('awaitingDecision');
  await vi.waitUntil(isJudged, poll);
  expect((await running).code).toBe(3);
});

test('a link in the place of a document is no document: the agent is told, and then a person', async () => {
  const place = await makePlace();
  const { code, stdout } = await place.run('analysis=linksOutside');
  expect(code, stdout).toBe(1);
  expect(await place.task()).toMatchObject({ state: 'analysis.unpublished' });
  expect(stdout).toMatch(/is a symlink out of the repository/);
});

test('what an agent writes into the configuration of the repository is never run by Signalbox', async () => {
  const place = await makePlace();
  await place.run('development=plantsCommand');
  expect(existsSync(join(place.journal, 'planted'))).toBe(false);
});
