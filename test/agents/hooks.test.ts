import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { ConfigSource } from '../../src/config/schema.ts';
import { makeStage, poll, quickStage, type Stage } from './stage.ts';

type Hooks = NonNullable<NonNullable<ConfigSource['projects']>[string]['hooks']>;

/** A hook that notes down when it ran and what it saw, and then does something. */
async function makeHooked(hooks: (note: (does?: string) => string[], place: Stage) => Hooks) {
  const stage = await makeStage();
  const script = join(stage.directory, 'hook.sh');
  const journal = join(stage.directory, 'hooks');
  writeFileSync(
    script,
    `echo "$SIGNALBOX_HOOK \${SIGNALBOX_OUTCOME:--} $SIGNALBOX_TASK_ID $SIGNALBOX_PROJECT $(pwd) \${SECRET:-nothing}" >> ${journal}\neval "$1"\n`,
  );
  const note = (does = 'true') => ['sh', script, does];
  // A look at the target before has its own checkout made ready by hooks, too.
  const gates = { baseline: false };
  const configure = (chosen: Hooks) =>
    stage.configure({ agent: 'claude', projects: { shop: { repository: stage.repository, hooks: chosen, gates } } });
  configure(hooks(note, stage));
  const lines = () => (existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : []);
  return {
    ...stage,
    note,
    hooks: configure,
    lines,
    /** `afterRun succeeded` … in the order in which they ran. */
    ran: () => lines().map(line => line.split(' ').slice(0, 2).join(' ')),
  };
}

const begin = (stage: Stage, run: Record<string, unknown> = {}) =>
  stage.begin(stage.newTask('--pipeline', stage.pipeline(quickStage(run))), { SECRET: 'not for hooks' });

/** Kills Signalbox once something waits in the worktree, and lets it wait no more when Signalbox is back; answers after the task. */
async function killWhileWaiting(stage: Stage, isWaiting: () => boolean): Promise<void> {
  const running = begin(stage);
  await vi.waitUntil(isWaiting, poll);
  running.kill('SIGKILL');
  await running;
  const resumed = stage.resume();
  await vi.waitUntil(async () => (await stage.signalbox('queue')).stdout.includes('worker accepting'), poll);
  expect(stage.starts()).toEqual([]);
  writeFileSync(join(stage.directory, 'go'), '');
  const { code, stdout } = await resumed;
  expect(code, stdout).toBe(0);
}

test('hooks run in the worktree at their points, know how the agent ended, and see no secret', async () => {
  const stage = await makeHooked(note => ({
    afterCreate: { run: note() },
    beforeRun: { run: note() },
    afterRun: { run: note() },
    beforeRemove: { run: note() },
  }));
  stage.plan('development.1=cli:replays/model-not-found');
  const { code, stdout, stderr } = await begin(stage);
  expect(code, stdout + stderr).toBe(0);
  expect(stage.ran()).toEqual([
    'afterCreate -',
    'beforeRun -',
    'afterRun permanent',
    'beforeRun -',
    'afterRun succeeded',
    'beforeRemove -',
  ]);
  for (const line of stage.lines()) expect(line).toContain(`ET-1 shop ${stage.worktree} nothing`);
  expect(existsSync(stage.worktree)).toBe(false);
});

test('afterCreate runs once in the life of a worktree, also after a crash', async () => {
  const stage = await makeHooked(note => ({ afterCreate: { run: note() } }));
  stage.plan('development.1=cli:hangs', 'development.2=refuses');
  const running = begin(stage);
  await stage.untilHalfDone('development.1');
  running.kill('SIGKILL');
  await running;
  process.kill(stage.starts()[0]!.pid, 'SIGKILL');
  expect((await stage.resume()).code).toBe(3);
  expect((await stage.signalbox('task', 'retry', 'ET-1')).code).toBe(0);
  expect((await stage.resume()).code).toBe(0);
  expect(stage.visits()).toHaveLength(3);
  // Whatever was refused was judged in checkouts of its own, and each of them needs it as well.
  expect(stage.lines().filter(line => line.includes(stage.worktree))).toHaveLength(1);
});

test('an afterCreate that was cut off by a crash is carried to its end, and no agent begins before', async () => {
  const stage = await makeHooked((note, { directory }) => ({
    afterCreate: { run: note(`until [ -e ${directory}/go ]; do sleep 0.05; done; touch ready`) },
  }));
  await killWhileWaiting(stage, () => stage.lines().length === 1);
  expect(stage.ran()).toEqual(['afterCreate -']);
  expect(stage.visits()).toEqual(['development.1']);
});

test('a set-up that was cut off by a crash is carried to its end, begun anew by nobody, and no agent begins before', async () => {
  const stage = await makeHooked(() => ({}));
  const log = join(stage.directory, 'set-ups');
  const script = `pwd >> ${log}; until [ -e ${stage.directory}/go ]; do sleep 0.05; done; mkdir -p made; touch made/it`;
  const setup = { run: ['sh', '-c', script], keyedBy: ['package.json'] };
  const shop = { repository: stage.repository, setup, gates: { baseline: false } };
  stage.configure({ agent: 'claude', projects: { shop } });
  await killWhileWaiting(stage, () => existsSync(log));
  expect(
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(line => line === stage.worktree),
  ).toHaveLength(1);
  expect(stage.visits()).toEqual(['development.1']);
});

test('an afterCreate that fails blocks the task with its words; fixed, it is run again', async () => {
  const stage = await makeHooked(note => ({ afterCreate: { run: note('echo no network >&2; exit 4') } }));
  const { code, stdout } = await begin(stage);
  expect(code).toBe(1);
  expect(stdout).toContain('exit code 4');
  expect(stdout).toContain('no network');
  expect((await stage.task()).state).toBe('development.blocked');
  writeFileSync(join(stage.directory, 'hook.sh'), 'echo again >> "$0.again"');
  expect((await stage.signalbox('task', 'retry', 'ET-1')).code).toBe(0);
  expect((await stage.resume()).code).toBe(0);
  expect(existsSync(join(stage.directory, 'hook.sh.again'))).toBe(true);
});

test('a beforeRun that fails costs an attempt, starts no agent, and its words are the reason', async () => {
  const stage = await makeHooked(note => ({ beforeRun: { run: note('echo the cache is cold; exit 7') } }));
  const { code, stdout } = await begin(stage);
  expect(code).toBe(1);
  expect(stage.ran()).toEqual(['beforeRun -', 'beforeRun -']);
  expect(stage.starts()).toEqual([]);
  const run = await stage.agentRun();
  expect(run).toMatchObject({ status: 'failed', outcome: 'permanent' });
  expect(run.error).toMatch(/^the hook beforeRun failed: sh .* ended with exit code 7\nthe cache is cold$/);
  expect(stdout).toContain('the cache is cold');
  // It says nothing of the provider.
  expect((await stage.queue()).resilience.breakers.anthropic).toMatchObject({ state: 'closed', failureCount: 0 });
});

test('a hook that takes too long is ended with everything that it began', async () => {
  const stage = await makeHooked(note => ({
    beforeRun: { run: note('setsid sh -c "while :; do sleep 0.05; done" & sleep 100'), timeLimit: '500ms' },
  }));
  const { code, stdout } = await begin(stage, { permanentAttempts: 1 });
  expect(code).toBe(1);
  expect(stdout).toContain('took longer than 500ms');
  expect(stage.processes()).toEqual([]);
});

test('an afterRun that fails changes nothing', async () => {
  const stage = await makeHooked(note => ({ afterRun: { run: note('exit 1') } }));
  const { code, stdout } = await begin(stage);
  expect(code, stdout).toBe(0);
  expect(stage.ran()).toEqual(['afterRun succeeded']);
});

test('a hook whose program is not there fails with its name', async () => {
  const stage = await makeHooked(() => ({ beforeRun: { run: ['no-such-hook'] } }));
  const { code, stdout } = await begin(stage, { permanentAttempts: 1 });
  expect(code).toBe(1);
  expect(stdout).toMatch(/the hook beforeRun failed: no-such-hook/);
});

test('a beforeRemove that fails keeps nobody: the worktree goes', async () => {
  const stage = await makeHooked(note => ({ beforeRemove: { run: note('exit 1') } }));
  expect((await begin(stage)).code).toBe(0);
  expect(stage.ran()).toEqual(['beforeRemove -']);
  expect(existsSync(stage.worktree)).toBe(false);
});

test('what an afterRun changes after a success is published with the work', async () => {
  const stage = await makeHooked(note => ({ afterRun: { run: note('echo formatted > formatted.txt') } }));
  expect((await begin(stage)).code).toBe(0);
  expect(await stage.git(['ls-tree', '-r', '--name-only', 'feature/ET-1-fix-the-totals'])).toContain('formatted.txt');
});
