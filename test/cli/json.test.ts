import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePlace, type Said } from './place.ts';

/** Exactly one JSON document on standard output. */
function document({ stdout }: Said): Record<string, unknown> {
  expect(stdout.endsWith('\n')).toBe(true);
  const value: unknown = JSON.parse(stdout);
  expect(value).toBeTypeOf('object');
  return value as Record<string, unknown>;
}

/** JSON lines on standard output. */
const lines = ({ stdout }: Said): Record<string, unknown>[] => {
  expect(stdout.endsWith('\n')).toBe(true);
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
};

const escapeCode = '\u001b';

test('every command that looks prints one JSON document with --json', async () => {
  const place = await makePlace();
  await place.run();
  const { items } = document(await place.signalbox('agent', 'list', '--json')) as { items: { agentId: string }[] };
  const agentId = items[0]!.agentId;
  const expected: [string[], object][] = [
    [['task', 'list'], { items: [{ id: 'ET-1', state: 'done' }] }],
    [['task', 'show', 'ET-1'], { id: 'ET-1', runs: expect.any(Array) }],
    [['task', 'replay', 'ET-1'], { id: 'ET-1', state: 'done', snapshot: { status: 'done' } }],
    [['task', 'replay', 'ET-1', '--verify'], { difference: null }],
    [['agent', 'show', agentId], { agentId, status: 'completed', completedAt: expect.stringMatching(/Z$/) }],
    [['agent', 'logs', agentId], { agentId, files: [expect.stringMatching(/output\.log$/)] }],
    [['queue'], { counts: { queued: 0, running: 0, backoff: 0, done: 6, failed: 0 }, recent: expect.any(Array) }],
    [['pipeline', 'list'], { items: [{ name: 'default' }] }],
    [['pipeline', 'check'], { pipeline: 'default', violations: [] }],
    [['pipeline', 'show', 'default'], { name: 'default' }],
    [['verify'], { ok: true, integrity: [], differences: [] }],
    [['backup', 'copy.db'], { file: join(place.directory, 'copy.db') }],
    [['agent', 'kill-all'], { total: 0 }],
  ];
  for (const [args, fields] of expected) {
    const said = await place.signalbox(...args, '--json');
    expect(said.code, args.join(' ')).toBe(0);
    expect(document(said), args.join(' ')).toMatchObject(fields);
    expect(said.stderr, args.join(' ')).toBe('');
  }
});

test('every command that acts on a task prints one JSON document with --json', async () => {
  const place = await makePlace();
  const add = await place.signalbox('task', 'add', ...place.newTask().slice(1), '--json');
  expect(document(add)).toMatchObject({ id: 'ET-1', state: 'analysis.preparing' });
  await place.signalbox(...place.newTask());
  const expected: [string[], object][] = [
    [['pause'], { outcome: 'applied', task: { state: 'paused.analysis.held' } }],
    [['resume'], { outcome: 'applied', task: { state: 'analysis.awaitingApproval' } }],
    [['reject', '--reason', 'no'], { outcome: 'applied', state: 'analysis.preparing' }],
    [['move', 'development'], { outcome: expect.any(String) }],
    [['retry'], { outcome: expect.any(String) }],
    [['answer', '--text', 'yes'], { outcome: 'ignored' }],
    [['approve'], { outcome: 'ignored' }],
    [['send', 'task.retry'], { outcome: expect.any(String) }],
    [['cancel'], { outcome: 'applied', task: { state: 'cancelled' } }],
  ];
  for (const [[verb = '', ...more], fields] of expected) {
    const words = ['task', verb, 'ET-1', ...more];
    const said = await place.signalbox(...words, '--json');
    expect(document(said), words.join(' ')).toMatchObject(fields);
    expect(said.code, words.join(' ')).toBe(document(said).outcome === 'applied' ? 0 : 1);
  }
});

test('run prints JSON lines: every transition, then the task', async () => {
  const place = await makePlace();
  const said = await place.signalbox(...place.newTask(), '--approve-all', '--json');
  expect(said.code).toBe(0);
  const all = lines(said);
  expect(all.at(-1)).toMatchObject({ id: 'ET-1', state: 'done', standing: 'done' });
  for (const line of all.slice(0, -1)) {
    expect(line).toMatchObject({
      actorId: expect.stringMatching(/^ET-1/),
      seq: expect.any(Number),
      outcome: 'applied',
    });
  }
  expect(said.stderr).toBe('');
});

test('run that needs a person ends its JSON lines with the task and exits 3', async () => {
  const place = await makePlace();
  const said = await place.signalbox(...place.newTask(), '--json');
  expect(said.code).toBe(3);
  expect(lines(said).at(-1)).toMatchObject({ standing: 'person', moves: expect.any(Array) });
});

test('task events prints JSON lines, oldest first and without a gap', async () => {
  const place = await makePlace();
  await place.run();
  const all = lines(await place.signalbox('task', 'events', 'ET-1', '--json'));
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
  expect(all.at(-1)).toMatchObject({ to: 'done', at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/), data: {} });
});

test('demo prints JSON lines, ends with a task that is done, and leaves nothing behind', async () => {
  const place = await makePlace();
  const said = await place.begin(['demo', '--json'], { env: { TMPDIR: place.directory } });
  expect(said.code).toBe(0);
  expect(lines(said).at(-1)).toMatchObject({ id: 'ET-1', standing: 'done' });
  expect(existsSync(place.data)).toBe(false);
});

test('demo --keep keeps the repository and says where', async () => {
  const place = await makePlace();
  const { code, stdout, stderr } = await place.begin(['demo', '--keep'], { env: { TMPDIR: place.directory } });
  expect(code).toBe(0);
  const kept = /Kept in (\S+)/.exec(stderr)?.[1] ?? '';
  expect(existsSync(join(kept, 'shop', 'total.sh'))).toBe(true);
  expect(stdout).toContain(`--data ${join(kept, 'data')}`);
});

test('expected errors are one problem document with --json', async () => {
  const place = await makePlace();
  await place.signalbox('task', 'add', ...place.newTask().slice(1));
  const expected: [string[], object][] = [
    [['task', 'show', 'ET-2'], { status: 404, detail: expect.stringContaining('ET-1') }],
    [['task', 'send', 'ET-1', 'task.aprove'], { status: 422 }],
    [['task', 'list', '--data', 'nowhere'], { status: 404 }],
    [['run', '--repo', 'nowhere'], { status: 400 }],
    [['task', 'add', ...place.newTask().slice(1)], { status: 409 }],
    [['agent', 'show', 'x'], { status: 404 }],
    [['pipeline', 'show', 'x'], { status: 404 }],
  ];
  for (const [args, fields] of expected) {
    const said = await place.signalbox(...args, '--json');
    expect(said.code, args.join(' ')).toBe(2);
    expect(document(said), args.join(' ')).toMatchObject({
      type: expect.stringMatching(/^https?:/),
      title: expect.any(String),
      detail: expect.any(String),
      ...fields,
    });
    expect(said.stderr, args.join(' ')).toBe('');
  }
});

test('a pipeline with problems lists them in the problem document', async () => {
  const place = await makePlace();
  const file = place.pipeline('name: mine\nstages:\n  - name: development\n    role: 7\n    gates: []\n');
  const said = await place.signalbox('pipeline', 'check', file, '--json');
  expect(said.code).toBe(2);
  expect(document(said).errors).toMatchObject([
    { path: 'stages.0.role', message: expect.any(String), line: 4 },
    { path: 'stages.0.gates', message: expect.any(String), line: 5 },
  ]);
});

test('bad usage is a problem document too with --json', async () => {
  const place = await makePlace();
  for (const args of [['rnu'], ['task', 'shwo', 'x'], ['task', 'show'], ['task', 'list', '--nope'], ['run']]) {
    const said = await place.signalbox(...args, '--json');
    expect(said.code, args.join(' ')).toBe(2);
    expect(document(said), args.join(' ')).toMatchObject({ status: 400, detail: expect.any(String) });
  }
});

test('without a terminal, and with NO_COLOR, there are no escape codes', async () => {
  const place = await makePlace();
  const first = await place.begin([...place.newTask('review.1=refuses'), '--approve-all'], { env: { NO_COLOR: '1' } });
  for (const args of [
    ['task', 'list'],
    ['task', 'show', 'ET-1'],
    ['task', 'events', 'ET-1'],
    ['agent', 'list'],
    ['queue'],
    ['verify'],
    ['pipeline', 'check'],
    ['task', 'show', 'ET-9'],
    ['--help'],
    ['rnu'],
  ]) {
    const { stdout, stderr } = await place.signalbox(...args);
    expect(stdout + stderr, args.join(' ')).not.toContain(escapeCode);
  }
  expect(first.stdout + first.stderr).not.toContain(escapeCode);
});

test('what an agent writes cannot send escape codes to the terminal of a person', async () => {
  const place = await makePlace();
  const { stdout } = await place.run('analysis=asksInColour');
  const shown = await place.signalbox('task', 'show', 'ET-1');
  const list = await place.signalbox('task', 'list');
  expect(shown.stdout).toContain('Which currency');
  for (const text of [stdout, shown.stdout, list.stdout]) expect(text).not.toContain(escapeCode);
});

test('every command explains itself and exits 0', async () => {
  const place = await makePlace();
  const groups: Record<string, string[]> = {
    '': ['demo', 'run', 'queue', 'verify', 'backup'],
    task: [
      ...['list', 'show', 'add', 'events', 'send', 'approve', 'reject', 'answer', 'retry', 'pause', 'resume'],
      ...['cancel', 'move', 'replay'],
    ],
    agent: ['list', 'show', 'logs', 'kill', 'kill-all'],
    pipeline: ['list', 'check', 'show'],
  };
  const commands = Object.entries(groups).flatMap(([group, names]) => [
    group === '' ? [] : [group],
    ...names.map(name => (group === '' ? [name] : [group, name])),
  ]);
  for (let index = 0; index < commands.length; index += 2) {
    const pair = commands.slice(index, index + 2);
    const said = await Promise.all(pair.map(command => place.signalbox(...command, '--help')));
    for (const [at, { code, stdout, stderr }] of said.entries()) {
      expect({ code, stderr }, pair[at]!.join(' ')).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(['Usage: signalbox', ...pair[at]!].join(' '));
      expect(stdout.length).toBeGreaterThan(100);
    }
  }
  expect((await place.signalbox('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('where each line is a document, a failure is one too', async () => {
  const place = await makePlace();
  await place.signalbox('queue', 'resume');
  for (const args of [
    ['task', 'events', 'ET-9'],
    ['task', 'logs', 'ET-9'],
    ['agent', 'logs', 'ET-9'],
    ['run', '--nonsense'],
  ]) {
    const { code, stdout } = await place.signalbox(...args, '--json');
    expect([args, code, stdout.trimEnd().split('\n').length]).toEqual([args, 2, 1]);
    expect(JSON.parse(stdout)).toMatchObject({ reason: expect.any(String) });
  }
});
