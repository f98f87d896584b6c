import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makePlace, oneStage } from './place.ts';

const poll = { timeout: 15_000, interval: 25 };
const develop = { name: 'development', role: 'developer', gates: [{ kind: 'command' as const, name: 'tests' }] };
const review = {
  name: 'review',
  role: 'reviewer',
  gates: [{ kind: 'verdict' as const, name: 'review', file: '12-review.md', pass: ['APPROVED'], fail: ['NO'] }],
};

test('the default pipeline holds', async () => {
  const place = await makePlace();
  const { code, stdout } = await place.signalbox('pipeline', 'check');
  expect(code).toBe(0);
  expect(stdout).toMatch(/default: nothing breaks it in the [\d,]+ nearest situations of more/);
});

test('a pipeline whose stage is skipped is refuted with the way around it', async () => {
  const place = await makePlace();
  const file = place.pipeline({ name: 'hasty', stages: [{ ...develop, next: 'done' }, review] });
  const { code, stdout } = await place.signalbox('pipeline', 'check', file);
  expect(code).toBe(1);
  expect(stdout).toMatch(/reachable: review is never reached/);
  // On the way that the machine goes: it is done without.
  expect(stdout).toMatch(/development changes the code → development\.gating\n\s+tests passes → done/);
});

test('a pipeline that goes round without a budget is refuted with the loop', async () => {
  const place = await makePlace();
  const file = place.pipeline({ name: 'round', stages: [develop, { ...review, next: 'development' }] });
  const { code, stdout } = await place.signalbox('pipeline', 'check', file);
  expect(code).toBe(1);
  expect(stdout).toMatch(/bounded: agents are called again and again at/);
  expect(stdout).toMatch(/→ development\.working/);
});

test('a counterexample is data with --json', async () => {
  const place = await makePlace();
  const file = place.pipeline({ name: 'hasty', stages: [{ ...develop, next: 'done' }, review] });
  const { code, stdout } = await place.signalbox('pipeline', 'check', file, '--json');
  expect(code).toBe(1);
  const { violations } = JSON.parse(stdout);
  expect(violations).toContainEqual({
    property: 'reachable',
    message: expect.stringContaining('review'),
    way: expect.arrayContaining([{ says: 'development changes the code', sends: null, to: 'development.gating' }]),
    counterexample: expect.stringContaining('development'),
  });
});

test('a pipeline is shown as a drawing and as data', async () => {
  const place = await makePlace();
  const drawing = await place.signalbox('pipeline', 'show', 'default', '--format', 'mermaid');
  expect(drawing.code).toBe(0);
  expect(drawing.stdout).toMatch(/^stateDiagram-v2/);
  const data = JSON.parse((await place.signalbox('pipeline', 'show', 'default', '--format', 'json')).stdout);
  expect(data.stages.map(({ name }: { name: string }) => name)).toEqual([
    'analysis',
    'architecture',
    'development',
    'review',
    'testing',
    'deploy',
  ]);
  // What is shown can be run.
  const file = join(place.directory, 'shown.json');
  writeFileSync(file, JSON.stringify(data));
  expect((await place.signalbox('pipeline', 'check', file)).code).toBe(0);
});

test('a machine is listed, and printed as a document', async () => {
  const place = await makePlace();
  const listed = await place.signalbox('machine', 'list');
  expect(listed.stdout).toMatch(/^task:default +\d+ +[0-9a-f]{32} +Drives one task through .+\.$/m);
  const drawing = await place.signalbox('machine', 'show', 'task:default', '--format', 'svg');
  expect(drawing.stdout).toMatch(/^<svg [\s\S]*data-state="task\.review\.deciding"[\s\S]*<\/svg>\n$/);
  const answer = JSON.parse((await place.signalbox('machine', 'show', 'breaker', '--json')).stdout);
  expect(answer).toMatchObject({ id: 'breaker', format: 'json' });
  expect(JSON.parse(answer.text)).toEqual(JSON.parse((await place.signalbox('machine', 'show', 'breaker')).stdout));
});

test('the log of a task leads to its state, at every point of it', async () => {
  const place = await makePlace();
  await place.run('review.1=refuses');
  const verified = await place.signalbox('task', 'replay', 'ET-1', '--verify');
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('replays to its stored snapshot') });

  const lines = (await place.signalbox('task', 'events', 'ET-1', '--json')).stdout.trim().split('\n');
  const log = lines.map(line => JSON.parse(line) as { seq: number; to: string });
  const at = await place.signalbox('task', 'replay', 'ET-1', '--at', '3', '--json');
  expect(JSON.parse(at.stdout)).toMatchObject({ seq: 3, state: log[2]!.to });
  for (const seq of ['0', '-1', '9999']) {
    const { code } = await place.signalbox('task', 'replay', 'ET-1', '--at', seq);
    expect(code, seq).toBe(2);
  }
});

test('verify holds after failures, kills and a restart', async () => {
  const place = await makePlace();
  const running = place.begin([...place.newTask('development.1=fails', 'development.2=waits'), '--approve-all']);
  await vi.waitUntil(() => place.visits().includes('development.2'), poll);
  // Also while somebody works.
  expect((await place.signalbox('verify')).code).toBe(0);
  running.kill('SIGKILL');
  await running;
  place.letGo();
  await place.resume('--approve-all');
  const { code, stdout } = await place.signalbox('verify');
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/\d+ actors replay/);
});

test('a backup is complete, can be gone on from, and never overwrites', async () => {
  const place = await makePlace();
  await place.signalbox(...place.newTask());
  const file = join(place.directory, 'backup.db');
  expect((await place.signalbox('backup', file)).code).toBe(0);
  const before = readFileSync(file);
  const again = await place.signalbox('backup', file);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('never overwrites') });
  expect(readFileSync(file).equals(before)).toBe(true);

  // Put in place while nothing runs, it takes the task on.
  await place.signalbox('task', 'approve', 'ET-1');
  writeFileSync(join(place.data, 'signalbox.db'), before);
  expect((await place.task()).state).toBe('analysis.awaitingApproval');
  expect((await place.resume('--approve-all')).code).toBe(0);
});

test('a backup to where nothing can be written is refused with the reason', async () => {
  const place = await makePlace();
  await place.signalbox('task', 'add', ...place.newTask().slice(1));
  for (const file of [join(place.directory, 'no', 'such', 'place.db'), place.repository]) {
    const { code, stderr } = await place.signalbox('backup', file);
    expect(code, stderr).toBe(2);
    expect(stderr).not.toContain('This is a bug');
  }
});

test('the queue shows what runs, and what has run', async () => {
  const place = await makePlace();
  const running = place.begin(place.newTask('analysis=waits'));
  await vi.waitUntil(() => place.visits().length === 1, poll);
  expect((await place.signalbox('queue')).stdout).toMatch(/1 of 2 places taken[\s\S]*ET-1\.analysis\.\d+\s+running/);
  place.letGo();
  await running;
  const { stdout } = await place.signalbox('queue');
  expect(stdout).toMatch(/0 of 2 places taken, 0 queued/);
  expect(stdout).toMatch(/breaker agent-all-roles-sh: closed/);
});

test('agents are listed, shown, and their output can be read and followed', async () => {
  const place = await makePlace();
  const running = place.begin(place.newTask('analysis=waits'));
  await vi.waitUntil(() => place.visits().length === 1, poll);
  const list = await place.signalbox('agent', 'list');
  const [id = ''] = /ET-1\.analysis\.\d+/.exec(list.stdout) ?? [];
  expect(list.stdout).toMatch(/running/);
  expect((await place.signalbox('agent', 'show', id)).stdout).toMatch(/pid\s+\d+/);
  expect((await place.signalbox('agent', 'logs', id)).stdout).toBe('this is analysis.1\n');
  const prompt = await place.signalbox('agent', 'prompt', id);
  expect(prompt).toMatchObject({ code: 0, stdout: place.prompt('analysis.1') });
  const none = await place.signalbox('agent', 'prompt', id, '--attempt', '2');
  expect(none.code).toBe(2);
  expect(none.stderr).toMatch(/has no attempt 2; .* with --attempt\./);
  const following = place.begin(['agent', 'logs', id, '-f']);
  place.letGo();
  expect((await running).code).toBe(3);
  expect(await following).toMatchObject({ code: 0, stdout: 'this is analysis.1\n' });
  expect((await place.signalbox('agent', 'show', id)).stdout).toMatch(/completed/);
});

test('tasks are listed by state, with whatever lies below it', async () => {
  const place = await makePlace();
  await place.run('development=fails');
  const ids = async (...args: string[]) => {
    const { stdout } = await place.signalbox('task', 'list', '--json', ...args);
    return (JSON.parse(stdout).items as { id: string }[]).map(({ id }) => id);
  };
  expect(await ids()).toEqual(['ET-1']);
  expect(await ids('--state', 'development')).toEqual(['ET-1']);
  expect(await ids('--state', 'development.blocked')).toEqual(['ET-1']);
  expect(await ids('--state', 'develop')).toEqual([]);
  expect(await ids('--state', 'review')).toEqual([]);
  expect(await ids('--state', '%')).toEqual([]);
  expect((await place.signalbox('task', 'list')).stdout).toMatch(/ET-1\s+development\.blocked\s+Fix the totals/);
});

test('a task is paused after its agent has finished, and goes on when it is resumed', async () => {
  const place = await makePlace();
  const file = place.pipeline(oneStage());
  const { stdout } = await place.signalbox('task', 'add', ...place.newTask().slice(1), '--pipeline', file);
  expect(stdout).toContain('signalbox run');
  await place.signalbox('task', 'pause', 'ET-1');
  expect((await place.resume()).code).toBe(3);
  expect(place.visits()).toEqual([]);
  await place.signalbox('task', 'resume', 'ET-1');
  expect((await place.resume()).code).toBe(0);
});

test('a task is moved to another stage without passing its gates', async () => {
  const place = await makePlace();
  await place.signalbox(...place.newTask());
  expect((await place.signalbox('task', 'move', 'ET-1', 'deploy')).code).toBe(0);
  expect((await place.resume('--approve-all')).code).toBe(1);
  expect(await place.git(['log', '--format=%s', 'main'])).toBe('Open the shop');
});
