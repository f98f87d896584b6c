import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { gitIn } from '../../src/actors/git.ts';
import { makePlace, type Place, person } from './place.ts';

const poll = { timeout: 15_000, interval: 25 };

/** Refused with exit 2 and these words on standard error, and nothing is there that was not there before. */
async function expectRefused(place: Place, args: string[], ...words: (string | RegExp)[]) {
  const before = await everything(place);
  const { code, stdout, stderr } = await place.signalbox(...args);
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
  for (const word of words) expect(stderr).toMatch(word);
  expect(stderr).not.toMatch(/\n\s+at |This is a bug/);
  expect(stderr.length).toBeLessThan(2_000);
  expect(await everything(place)).toEqual(before);
}

async function everything({ data, directory, git }: Place) {
  const refs = await git(['for-each-ref'], { allow: [128] }).catch(() => 'no repository');
  const worktrees = await git(['worktree', 'list'], { allow: [128] }).catch(() => '');
  return { refs, worktrees, hasData: existsSync(data), names: readdirSync(directory).sort() };
}

const run = (place: Place, ...more: string[]) => ['run', '--repo', place.repository, ...more];
const whole = (place: Place, ...more: string[]) => run(place, '--title', 'Fix it', ...place.agent(), ...more);

test('an unknown command, subcommand or option is refused with the nearest names', async () => {
  const place = await makePlace();
  await expectRefused(place, ['rnu'], /rnu/, /\brun\b/);
  await expectRefused(place, ['task', 'aprove', 'ET-1'], /aprove/, /approve/);
  await expectRefused(place, ['agent', 'lgos', 'x'], /lgos/, /logs/);
  await expectRefused(place, ['pipeline', 'chek'], /chek/, /check/);
  await expectRefused(place, whole(place, '--aprove-all'), /--aprove-all/, /--approve-all/);
  await expectRefused(place, ['task', 'list', '--jsno'], /--jsno/, /--json/);
});

test('a missing argument, a missing value and one argument too many are refused', async () => {
  const place = await makePlace();
  await expectRefused(place, ['task', 'show'], /id/);
  await expectRefused(place, ['run', '--repo'], /--repo/);
  await expectRefused(place, ['run'], /--repo/);
  await expectRefused(place, ['task', 'approve', 'ET-1', 'ET-2'], /too many/);
});

test('a task or run that is not there is named, with the nearest ids', async () => {
  const place = await makePlace();
  await place.signalbox(...place.newTask());
  const { items } = JSON.parse((await place.signalbox('agent', 'list', '--json')).stdout);
  for (const verb of ['show', 'events', 'approve', 'retry', 'pause', 'resume', 'cancel', 'replay']) {
    await expectRefused(place, ['task', verb, 'ET-2'], /"ET-2"/, /did you mean ET-1/);
  }
  for (const verb of ['show', 'logs', 'kill']) {
    await expectRefused(place, ['agent', verb, 'ET-1.analysis.9'], /ET-1\.analysis\.9/, items[0].agentId);
  }
  // A run is no task; a task stands for its newest run.
  expect(JSON.parse((await place.signalbox('agent', 'show', 'ET-1', '--json')).stdout).agentId).toBe(
    items.at(-1).agentId,
  );
  await expectRefused(place, ['task', 'show', items[0].agentId], /no task/);
  await expectRefused(place, ['task', 'approve', 'worker'], /no task/);
});

test('an unknown event or stage is refused with those that there are', async () => {
  const place = await makePlace();
  await place.signalbox(...place.newTask());
  await expectRefused(place, ['task', 'send', 'ET-1', 'task.aprove'], /task\.approve/);
  await expectRefused(place, ['task', 'send', 'ET-1', 'gate.passed'], /no event/);
  await expectRefused(place, ['task', 'send', 'ET-1', 'xstate.done.actor.gates'], /no event/);
  await expectRefused(place, ['task', 'move', 'ET-1', 'reveiw'], /reveiw/, /review/);
  await expectRefused(place, ['task', 'send', 'ET-1', 'task.reject'], /"reason"/);
  await expectRefused(place, ['task', 'send', 'ET-1', 'task.reject', '--data', '{"reason":7}'], /"reason"/);
  await expectRefused(place, ['task', 'send', 'ET-1', 'task.reject', '--data', '{"reason":'], /JSON/);
  await expectRefused(place, ['task', 'reject', 'ET-1', '--reason', '   '], /"reason"/);
  await expectRefused(place, ['task', 'replay', 'ET-1', '--at', 'soon'], /--at/);
  expect((await place.task()).state).toBe('analysis.awaitingApproval');
});

test('what is no directory, no repository, or has no commit is refused', async () => {
  const place = await makePlace();
  const empty = join(place.directory, 'empty');
  mkdirSync(empty);
  const options = ['--title', 'Fix it', ...place.agent()];
  await expectRefused(place, ['run', '--repo', join(place.directory, 'nowhere'), ...options], /no directory/);
  await expectRefused(place, ['run', '--repo', join(place.repository, 'total.sh'), ...options], /no directory/);
  await expectRefused(place, ['run', '--repo', '', ...options], /directory/);
  await expectRefused(place, ['run', '--repo', empty, ...options], /not a git repository/, /git init/);
  await gitIn(empty)(['init', '--quiet']);
  await expectRefused(place, ['run', '--repo', empty, ...options], /no commit/);
});

test('a target branch that is missing, or no branch at all, is refused', async () => {
  const place = await makePlace();
  await expectRefused(place, whole(place, '--target', 'mian'), /"mian"/, /main/);
  await place.git(['checkout', '--quiet', '--detach']);
  await expectRefused(place, whole(place), /on no branch/, /--target/);
  for (const name of ['-rf', '../x', '$(x)~', 'a b', 'a..b', 'a.lock', 'HEAD', '@', '', '/x', 'refs/../x']) {
    await expectRefused(place, whole(place, `--target=${name}`), /not a valid branch name|has no branch/);
  }
});

test('a repository in which work could not be done, or not land, is refused before anything is made', async () => {
  const place = await makePlace();
  await place.git(['config', 'merge.verifySignatures', 'true']);
  await expectRefused(place, whole(place), /merge\.verifySignatures/, /git config/);
  await place.git(['config', '--unset', 'merge.verifySignatures']);
  for (const key of ['required', 'smudge'])
    await place.git(['config', `filter.big.${key}`, key === 'required' ? 'true' : 'no-such-program %f']);
  writeFileSync(join(place.repository, '.gitattributes'), '*.bin filter=big\n');
  symlinkSync('elsewhere', join(place.repository, 'docs'));
  await place.git(['add', '--all']);
  await place.git(['commit', '--quiet', '-m', 'As it should not be']);
  await expectRefused(place, whole(place), /docs is a symlink/, /make it a folder/);
  await place.git(['rm', '--quiet', 'docs']);
  await place.git(['commit', '--quiet', '-m', 'Without the link']);
  await expectRefused(place, whole(place), /filter big/, /no-such-program is not on the PATH/);
});

test('a repository whose docs hold files of its own is as good as any', async () => {
  const place = await makePlace();
  for (const file of ['docs/Makefile', 'docs/guide/link', 'docs/work-items/old.md']) {
    mkdirSync(dirname(join(place.repository, file)), { recursive: true });
    writeFileSync(join(place.repository, file), 'text\n');
  }
  symlinkSync('Makefile', join(place.repository, 'docs/other'));
  await place.git(['add', '--all']);
  await place.git(['commit', '--quiet', '-m', 'Document it']);
  const { code, stderr } = await place.signalbox('task', 'add', ...place.newTask().slice(1));
  expect({ code, stderr }).toMatchObject({ code: 0 });
});

test('a program that is missing or may not be run is refused before anything is made', async () => {
  const place = await makePlace();
  const file = join(place.directory, 'agent.sh');
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, 0o644);
  const options = run(place, '--title', 'Fix it');
  await expectRefused(place, [...options, '--agent', 'no-such-program --fast'], /no-such-program/, /PATH/);
  await expectRefused(place, [...options, '--agent', './no/such/agent.sh'], /no file/);
  await expectRefused(place, [...options, '--agent', file], /not executable/, /chmod \+x/);
  await expectRefused(place, [...options, '--agent', place.repository], /not found|no file|directory/);
  await expectRefused(place, [...options, '--agent', '  '], /--agent/);
  await expectRefused(place, [...options, ...place.agent(), '--agent-env', 'A=B'], /A=B/);
});

test('without a title, or without an agent, there is nothing to do', async () => {
  const place = await makePlace();
  await expectRefused(place, run(place, '--title', 'Fix it'), /--agent/);
  await expectRefused(place, run(place, ...place.agent()), /--title/);
  await expectRefused(place, run(place, '--title', '   ', ...place.agent()), /title is empty/);
});

test('an id that does not exist cannot be resumed, and nothing is made by trying', async () => {
  const place = await makePlace();
  await expectRefused(place, run(place, '--id', 'ET-9'), /ET-9/, /--title/);
  await expectRefused(place, run(place, '--id', 'ET-9', '--title', 'Fix it'), /--agent/);
});

test('a body that is missing, a directory, or no text is refused', async () => {
  const place = await makePlace();
  const binary = join(place.directory, 'body.bin');
  writeFileSync(binary, 'a\0b');
  await expectRefused(place, whole(place, '--body-file', 'no-such-file.md'), /no-such-file\.md/);
  await expectRefused(place, whole(place, '--body-file', place.repository), /not a file/);
  await expectRefused(place, whole(place, '--body-file', binary), /not a text file/);
});

test('a priority outside 1 to 10 is refused', async () => {
  const place = await makePlace();
  for (const priority of ['11', '0', '-1', '1.5', 'high', '']) {
    await expectRefused(place, whole(place, `--priority=${priority}`), /1 .*to 10/);
  }
});

test('everything that is wrong with a pipeline is said at once, each with its line and path', async () => {
  const place = await makePlace();
  const file = place.pipeline(`name: My Pipeline
stages:
  - name: development
    role: developer
    run: {timeLimit: soon}
    gates: [{kind: command, name: tests}]
    rework: {to: developement}
  - name: development
    role: reviewer
    gates: []
    colour: red
`);
  await expectRefused(
    place,
    whole(place, '--pipeline', file),
    /pipeline\.yaml:1: name:/,
    /pipeline\.yaml:5: stages\.0\.run\.timeLimit: .*30s/,
    /pipeline\.yaml:10: stages\.1\.gates: .*at least one gate/,
    /pipeline\.yaml:\d+: stages\.1: .*colour/,
  );
  await expectRefused(place, ['pipeline', 'check', file], /pipeline\.yaml:1: name:/);
});

test('stages that refer to nothing, or exist twice, are said with their line', async () => {
  const place = await makePlace();
  const file = place.pipeline(`name: mine
stages:
  - name: development
    role: developer
    gates: [{kind: command, name: tests}]
    rework: {to: developement}
  - name: development
    role: reviewer
    gates: [{kind: command, name: tests}]
`);
  await expectRefused(
    place,
    whole(place, '--pipeline', file),
    /pipeline\.yaml:6: stages\.0\.rework\.to: .*developement/,
    /pipeline\.yaml:7: stages\.1\.name: .*development/,
    /pipeline\.yaml:9: stages\.1\.gates\.0\.name: .*tests/,
  );
});

test('a pipeline that is no YAML, empty, missing or of another kind is refused', async () => {
  const place = await makePlace();
  await expectRefused(
    place,
    whole(place, '--pipeline', place.pipeline('name: mine\nstages: [\n  - {')),
    /pipeline\.yaml:\d+/,
  );
  await expectRefused(place, whole(place, '--pipeline', place.pipeline('')), /pipeline\.yaml/);
  await expectRefused(place, whole(place, '--pipeline', 'no-such.yaml'), /no-such\.yaml/);
  await expectRefused(place, whole(place, '--pipeline', place.repository), /pipeline|file/);
  await expectRefused(place, ['pipeline', 'show', 'defualt'], /defualt/, /default/);
  await expectRefused(place, ['pipeline', 'show', 'default', '--format', 'svg'], /svg/, /mermaid/);
});

test('a pipeline that can be passed by is not run', async () => {
  const place = await makePlace();
  const file = place.pipeline({
    name: 'hasty',
    stages: [
      { name: 'development', role: 'developer', gates: [{ kind: 'command', name: 'tests' }], next: 'deploy' },
      {
        name: 'review',
        role: 'reviewer',
        gates: [{ kind: 'verdict', name: 'review', file: '12-review.md', pass: ['APPROVED'] }],
      },
      {
        name: 'deploy',
        role: 'deployer',
        merge: { onConflict: 'development' },
        gates: [{ kind: 'verdict', name: 'deployment', file: '14-deploy.md', pass: ['SUCCESS'] }],
      },
    ],
  });
  await expectRefused(place, whole(place, '--pipeline', file), /review/);
});

test('an id that could mean anything to git, a path or a shell is refused', async () => {
  const place = await makePlace();
  const ids = ['../x', '-rf', '$(x)', '.', '..', 'a.lock', 'a/b', 'a b', '', '🚂', 'a..b', '`id`', 'x'.repeat(10_000)];
  for (const id of ids) await expectRefused(place, whole(place, `--id=${id}`), /id/);
});

test('the id of the worker itself is refused', async () => {
  const place = await makePlace();
  await place.signalbox('task', 'add', ...place.newTask().slice(1));
  await expectRefused(place, whole(place, '--id', 'worker'), /worker/);
});

test('a title that is too long, or not one line, is refused', async () => {
  const place = await makePlace();
  await expectRefused(place, whole(place, `--title=${'x'.repeat(10_000)}`), /title/);
  await expectRefused(place, whole(place, '--title=one\ntwo'), /control characters/);
  await expectRefused(place, whole(place, '--title=\u001b[31mred'), /control characters/);
});

test('a title that could mean anything to git, a path or a shell becomes a harmless branch', async () => {
  const place = await makePlace();
  const add = (title: string, id: string) =>
    place.signalbox('task', 'add', '--repo', place.repository, `--title=${title}`, `--id=${id}`, ...place.agent());
  const titles = ['../x', '-rf', '$(touch oops)', '🚂', '.', 'a.lock', 'Größe ändern', '"; rm -rf ~'];
  for (const [index, title] of titles.entries()) {
    expect((await add(title, `A-${index}`)).code, title).toBe(0);
    const { branch } = await place.task(`A-${index}`);
    expect(String(branch)).toMatch(/^feature\/A-\d[a-z0-9-]*$/);
  }
  expect(readdirSync(place.directory)).not.toContain('oops');
});

test('titles with shell and git in them go through the whole pipeline as text', async () => {
  const place = await makePlace();
  const title = `$(touch oops) \`id\` --author=x "'; rm -rf / #🚂`;
  const args = ['run', '--repo', place.repository, '--id', 'ET-1', `--title=${title}`, ...place.agent()];
  expect((await place.signalbox(...args, '--approve-all')).code).toBe(0);
  expect(await place.git(['log', '--format=%s', 'main'])).toContain(`Merge ET-1: ${title}`);
});

test('a NUL character in an event is refused or kept as text, and harms nothing', async () => {
  const place = await makePlace();
  await place.signalbox(...place.newTask());
  const reason = JSON.stringify({ reason: 'a\0b' });
  const { code, stderr } = await place.signalbox('task', 'send', 'ET-1', 'task.reject', '--data', reason);
  expect([0, 2], stderr).toContain(code);
  const resumed = await place.resume();
  expect(resumed.code, resumed.stderr).toBe(3);
  expect((await place.signalbox('task', 'replay', 'ET-1', '--verify')).code).toBe(0);
});

test('an event cannot bring along more than it is made of', async () => {
  const place = await makePlace();
  await place.signalbox(...place.newTask());
  const data = '{"reason":"no","type":"task.approve","by":"root","at":1,"__proto__":{"x":1}}';
  expect((await place.signalbox('task', 'send', 'ET-1', 'task.reject', '--data', data)).code).toBe(0);
  const { stdout } = await place.signalbox('task', 'events', 'ET-1', '--json');
  const events = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(events.find(({ type }) => type === 'task.reject')).toMatchObject({ source: person, data: { by: person } });
  expect(events.some(({ type }) => type === 'task.approve')).toBe(false);
});

test('an id that is taken, or whose branch is, is refused', async () => {
  const place = await makePlace();
  await place.signalbox('task', 'add', ...place.newTask().slice(1));
  await place.git(['branch', 'feature/ET-2-fix-it']);
  await expectRefused(place, whole(place, '--id', 'ET-2'), /feature\/ET-2-fix-it/);
  const add = ['task', 'add', ...place.newTask().slice(1)];
  await expectRefused(place, add, /ET-1/);
});

test('only one works on a data directory; a second one is told which process does, and all else reaches it', async () => {
  const place = await makePlace();
  const running = place.begin([...place.newTask('analysis=waits')]);
  await vi.waitUntil(() => place.visits().length === 1, poll);
  await expectRefused(
    place,
    ['run', '--repo', place.repository, '--id', 'ET-1'],
    new RegExp(`process ${running.pid}\\b`),
  );
  // Whoever orders something from another terminal is heard by who works.
  expect((await place.signalbox('task', 'approve', 'ET-1')).stdout).toContain('That changed nothing');
  for (const args of [['task', 'list'], ['queue'], ['agent', 'list'], ['verify']]) {
    expect((await place.signalbox(...args)).code, args.join(' ')).toBe(0);
  }
  expect((await place.signalbox('task', 'pause', 'ET-1')).stdout).toContain('the agent finishes, then the task pauses');
  place.letGo();
  // Whoever works in the foreground ends with what he waited for.
  expect((await running).code).toBe(3);
});

test('data that is not there, or not ours, is not read', async () => {
  const place = await makePlace();
  for (const args of [['task', 'list'], ['queue'], ['verify'], ['agent', 'list'], ['backup', 'x.db']]) {
    await expectRefused(place, args, /no Signalbox data/, /--data/);
  }
  const other = join(place.directory, 'other');
  mkdirSync(other);
  writeFileSync(
    join(other, 'signalbox.db'),
    'This is no database at all, but it is long enough to be one.\n'.repeat(20),
  );
  await expectRefused(place, ['task', 'list', '--data', other], /no Signalbox database|damaged/);
  await expectRefused(place, whole(place, '--data', join(place.repository, 'total.sh')), /data directory/);
});

test('an order for a task where there is no data makes none', async () => {
  const place = await makePlace();
  for (const args of [
    ['task', 'approve', 'ET-1'],
    ['task', 'cancel', 'ET-1'],
    ['agent', 'kill', 'ET-1.development.1'],
  ]) {
    await expectRefused(place, args, /no Signalbox data|no task|no agent run/);
  }
});
