import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeStage, type Stage } from './stage.ts';

const spawn = (stage: Stage, ...args: string[]) =>
  stage.signalbox('agent', 'spawn', '--task', 'SHOP-9', '--repo', stage.repository, ...args);

const work = (stage: Stage, id: string) =>
  stage.begin(['run', '--repo', stage.repository, '--id', id, '--approve-all']);

/** Makes the code on main right, so that its tests pass. */
const fix = (stage: Stage) => commit(stage, 'total.sh', 'echo "$(($1 * $2))"\n');

async function commit(stage: Stage, file: string, text: string) {
  writeFileSync(join(stage.repository, file), text);
  await stage.git([
    '-c',
    'user.name=Ann',
    '-c',
    'user.email=ann@localhost',
    'commit',
    '--quiet',
    '-am',
    `Change ${file}`,
  ]);
}

test('a worker does one piece of work on a branch of its own, and nothing is merged', async () => {
  const stage = await makeStage();
  const main = await stage.git(['rev-parse', 'main']);
  const { code, stdout, stderr } = await spawn(
    stage,
    ...['--type', 'worker', '--gate-profile', 'minimal', '--work-item', 'Multiply in total.sh', '--skill', 'shell'],
  );
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('SHOP-9-worker is ready. It works with: signalbox run --id SHOP-9-worker');
  const done = await work(stage, 'SHOP-9-worker');
  expect(done.code, done.stdout).toBe(0);
  const prompt = stage.stdin('work.1');
  expect(prompt).toContain('Multiply in total.sh');
  expect(prompt).toContain('Skills asked for: shell.');
  expect(await stage.json('agent', 'show', 'SHOP-9-worker')).toMatchObject({ role: 'developer', outcome: 'succeeded' });
  expect(await stage.git(['rev-parse', 'main'])).toBe(main);
  expect(await stage.git(['show', 'feature/SHOP-9-worker-multiply-in-total-sh:total.sh'])).toContain('$1 * $2');
});

test.each([
  ['reviewer', 'review', '12-review.md', 'APPROVED', 'codex'],
  ['tester', 'testReport', '13-test-report.md', 'PASSED', 'claude'],
])('a %s leaves its report, played by the agent of that role', async (type, gate, file, word, cli) => {
  const stage = await makeStage({ roles: { reviewer: 'codex' } });
  await fix(stage);
  const { code, stderr } = await spawn(stage, '--type', type, '--gate-profile', 'minimal');
  expect(code, stderr).toBe(0);
  const id = `SHOP-9-${type}`;
  const done = await work(stage, id);
  expect(done.code, done.stdout).toBe(0);
  expect(done.stdout).toContain(`gate ${gate} pass`);
  expect(stage.starts()).toMatchObject([{ visit: `${type}.1`, cli }]);
  const branch = `feature/${id}-${type}-for-shop-9`;
  expect(await stage.git(['show', `${branch}:docs/work-items/${id}/${file}`])).toContain(word);
});

test('a reviewer that finds fault is asked once: its verdict stands, and nobody pays for another', async () => {
  const stage = await makeStage();
  await fix(stage);
  stage.plan('review=refuses');
  await spawn(stage, '--type', 'reviewer', '--gate-profile', 'minimal');
  const { stdout } = await work(stage, 'SHOP-9-reviewer');
  expect(stdout).toContain('gate review fail');
  expect(await stage.json('agent', 'show', 'SHOP-9-reviewer')).toMatchObject({ outcome: 'succeeded' });
  expect(stage.visits()).toEqual(['reviewer.1']);
});

test('what the agent was spawned with comes with the command that is printed', async () => {
  const stage = await makeStage();
  const { stdout } = await spawn(stage, '--type', 'worker', '--gate-profile', 'minimal');
  // The line that was printed, typed as it is.
  const [, line = ''] = /It works with: signalbox (.*)\n/.exec(stdout) ?? [];
  const { code, stdout: said, stderr } = await stage.begin([...line.split(' '), '--approve-all']);
  expect(stderr).not.toContain('error');
  expect([0, 1, 3], said).toContain(code);
});

test('a second agent for the same task gets an id of its own', async () => {
  const stage = await makeStage();
  await spawn(stage, '--type', 'worker', '--gate-profile', 'minimal');
  const { code, stdout, stderr } = await spawn(stage, '--type', 'worker', '--gate-profile', 'minimal');
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('SHOP-9-worker-2 is ready');
});

test('the profile custom runs the scripts that it was given', async () => {
  const stage = await makeStage();
  await commit(stage, 'package.json', JSON.stringify({ scripts: { 'check:all': 'test -e total.sh' } }));
  const { code, stderr } = await spawn(stage, '--type', 'worker', '--gate-profile', 'custom', '--gate', 'check:all');
  expect(code, stderr).toBe(0);
  const { code: worked, stdout } = await work(stage, 'SHOP-9-worker');
  expect(stdout).toMatch(/gate \w*[cC]heckAll pass/);
  expect(worked, stdout).toBe(0);
});

const custom = ['--type', 'worker', '--gate-profile', 'custom'];

test.each([
  [['--type', 'wizard'], 'agentType', /worker.*reviewer.*tester/],
  [['--type', 'worker', '--gate-profile', 'lax'], 'gateProfile', /strict.*standard.*minimal.*custom/],
  [custom, 'gates', /needs `gates`/],
  [[...custom, '--gate', 'rm -rf /'], 'gates', /name of a script/],
  [[...custom, '--gate', '!!!'], 'gates', /name of a script/],
  [[...custom, '--gate', 'check', '--gate', 'check'], 'gates', /twice/],
  [['--type', 'worker', '--gate', 'check'], 'gates', /custom/],
  [['--type', 'worker', '--branch', 'nowhere'], 'branch', /no branch .*nowhere/],
])('the order %j is refused with the field that is wrong', async (args, field, message) => {
  const stage = await makeStage();
  const { code, stdout, stderr } = await spawn(stage, ...args, '--json');
  expect(code, stdout + stderr).toBe(2);
  const { title, detail } = JSON.parse(stdout) as { title: string; detail: string };
  expect(title).toBe('invalid');
  expect(detail).toMatch(new RegExp(field));
  expect(detail).toMatch(message);
});

test('a branch that is not there is refused with the option of this command', async () => {
  const stage = await makeStage();
  const { stderr } = await spawn(stage, '--type', 'worker', '--branch', 'nowhere');
  expect(stderr).toContain('--branch');
  expect(stderr).not.toContain('--target');
});

test('every field that is wrong has a problem of its own', async () => {
  const stage = await makeStage();
  const { code, stdout } = await spawn(stage, '--type', 'wizard', '--gate-profile', 'lax', '--skill', '', '--json');
  expect(code).toBe(2);
  const { errors } = JSON.parse(stdout) as { errors: { path: string; message: string }[] };
  expect(errors.map(({ path }) => path)).toEqual(['agentType', 'gateProfile', 'context.skills.0']);
});
