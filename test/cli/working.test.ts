/** Ordering work, waiting for it, and working on it, with as little as possible to be said. */
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { makePlace, type Place } from './place.ts';

test('work --until-idle works on all that waits, and wait answers how each has ended', async () => {
  const place = await makePlace();
  const { signalbox } = place;
  await signalbox('task', 'add', ...place.newTask().slice(1));
  const waiting = place.begin(['wait', 'ET-1', '--json']);
  const { code, stdout } = await signalbox('work', '--until-idle');
  expect(code).toBe(0);
  // Each line says of which task it speaks.
  expect(stdout).toMatch(
    /^\d\d:\d\d:\d\d {2}ET-1 {2}gate requirements passed; analysis waits for a person's approval$/m,
  );
  const waited = await waiting;
  expect(waited.code).toBe(3);
  expect(JSON.parse(waited.stdout)).toMatchObject({ id: 'ET-1', standing: 'person' });
  expect((await signalbox('wait', 'ET-1')).stdout).toContain('signalbox task approve ET-1');

  await signalbox('task', 'approve', 'ET-1', '--reason', 'Keep it small.');
  expect((await signalbox('work', '--until-idle')).code).toBe(0);
  expect(await signalbox('wait', 'ET-1')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ET-1 is done: merged/),
  });
  // What was said with the approval is read by every later agent, and stands with the task.
  expect(place.prompt('development.1')).toContain('Keep it small.');
  expect(place.prompt('review.1')).toContain('Keep it small.');
  expect((await signalbox('task', 'show', 'ET-1')).stdout).toMatch(/decided +ann@\S+ in analysis: Keep it small\./);
  expect((await signalbox('task', 'events', 'ET-1')).stdout).toMatch(
    /ann@\S+ approved: Keep it small; architecture begins/,
  );
});

test('whoever waits is told that nobody works, and gives up at the timeout', async () => {
  const place = await makePlace();
  await place.signalbox('task', 'add', ...place.newTask().slice(1));
  const { code, stderr } = await place.signalbox('wait', 'ET-1', '--timeout', '1ms');
  expect([code, stderr]).toEqual([1, expect.stringContaining('Nobody works on this data now')]);
  expect(await place.signalbox('wait', 'ET-1', '--timeout', 'soon')).toMatchObject({ code: 2 });
  expect(await place.signalbox('wait', 'ET-9')).toMatchObject({ code: 2, stderr: expect.stringContaining('ET-1') });
});

test('a question that was answered is answered for every later round', async () => {
  const place = await makePlace();
  await place.signalbox(...place.newTask('analysis.1=asks', 'development.1=refuses'));
  await place.signalbox('task', 'answer', 'ET-1', '--text', 'Euro, and no other.');
  expect((await place.resume('--approve-all')).code).toBe(0);
  for (const visit of ['analysis.2', 'architecture.1', 'development.1', 'development.2', 'review.1']) {
    expect(place.prompt(visit), visit).toContain('Euro, and no other.');
    expect(place.prompt(visit), visit).toContain('Which currency is it?');
  }
});

test('in a repository nothing has to be said of where, and the body may be typed or piped', async () => {
  const place = await makePlace();
  const inside = (args: string[], input?: string) =>
    execa(process.execPath, [place.binary, ...args], {
      cwd: join(place.repository, '.'),
      env: { PATH: process.env.PATH!, HOME: process.env.HOME!, USER: 'ann', SIGNALBOX_DATA: place.data },
      extendEnv: false,
      reject: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    });
  const bodyOf = async (id: string) =>
    JSON.parse((await place.signalbox('task', 'snapshot', id)).stdout).context.body as string;
  const add = (...more: string[]) => ['task', 'add', '--title', 'Fix it', '--agent', 'true', ...more];
  expect((await inside(add('--body', 'Typed.'))).stdout).toMatch(/^T-1 is ready/);
  expect(await bodyOf('T-1')).toBe('Typed.');
  expect((await inside(add('--body-file', '-'), 'Piped.\n')).stdout).toMatch(/^T-2 is ready/);
  expect(await bodyOf('T-2')).toBe('Piped.\n');
  const both = await inside(add('--body', 'a', '--body-file', 'b'));
  expect([both.exitCode, both.stderr]).toEqual([2, expect.stringContaining('--body-file')]);
  // Outside of one it has to be said.
  expect(await place.signalbox(...add())).toMatchObject({ code: 2, stderr: expect.stringContaining('--repo') });
});

/** A terminal in which somebody types when a question stands there. */
function terminal(place: Place, args: readonly string[]) {
  const command = [process.execPath, place.binary, ...args].map(part => `'${part}'`).join(' ');
  const child = execa('script', ['-qec', `stty cols 100; ${command}`, '/dev/null'], {
    cwd: place.directory,
    env: { PATH: process.env.PATH!, HOME: process.env.HOME!, USER: 'ann', SIGNALBOX_DATA: place.data, TERM: 'xterm' },
    extendEnv: false,
    reject: false,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let shown = '';
  child.stdout.on('data', chunk => {
    shown += String(chunk);
  });
  const answer = async (question: RegExp, text: string) => {
    const from = shown.length;
    await expect
      .poll(() => shown.slice(from).match(question) ?? shown.match(question), { timeout: 30_000 })
      .not.toBeNull();
    shown = '';
    child.stdin.write(`${text}\n`);
  };
  return { answer, ended: child, shown: () => shown };
}

test('at the prompt one looks at the work, a letter that means nothing is asked again, and a comment may follow', async () => {
  const place = await makePlace();
  const { answer, ended, shown } = terminal(place, place.newTask());
  await answer(/Approve\? .*: /, 'what');
  await answer(/"what" is none of the letters[\s\S]*Approve\? .*: /, 'v');
  await answer(/02-business-requirements\.md[\s\S]*git -C[\s\S]*Approve\? .*: /, 'y Keep it small.');
  const { exitCode } = await ended;
  expect(exitCode, shown()).toBe(0);
  expect(place.prompt('development.1')).toContain('Keep it small.');
});

test('kill-all names what it ends, and asks', async () => {
  const place = await makePlace();
  const running = place.begin([...place.newTask('analysis.1=waits'), '--approve-all']);
  await expect.poll(() => place.visits(), { timeout: 30_000 }).toContain('analysis.1');
  const no = terminal(place, ['agent', 'kill-all']);
  await no.answer(/ET-1\.analysis\.\d+ {2}running[\s\S]*End this run\? \[y\/N\] /, 'n');
  expect((await no.ended).stdout).toContain('Nothing was ended.');
  const yes = terminal(place, ['agent', 'kill-all']);
  await yes.answer(/End this run\? \[y\/N\] /, 'y');
  expect((await yes.ended).stdout).toContain('1 of 1 runs killed');
  await running;
});
