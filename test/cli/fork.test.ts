/** `signalbox task fork`: what it says, and that the fork is worked on like any other task. */
import { expect, test, vi } from 'vitest';
import type { TaskView } from '../../src/operations/views/task.ts';
import { makePlace } from './place.ts';

test('a fork is ready to be worked on, shows where it is from, and survives the death of who works on it', async () => {
  const place = await makePlace();
  const { signalbox } = place;
  expect((await signalbox(...place.newTask())).code).toBe(3);

  const said = await signalbox(
    'task',
    'fork',
    'ET-1',
    '--title',
    'Fix them otherwise',
    '--prompt',
    'By awk.',
    '--id',
    'ET-2',
  );
  expect(said).toMatchObject({ code: 0, stderr: '' });
  expect(said.stdout.trim()).toBe(`ET-2 is ready. Work on it with: signalbox run --repo ${place.repository} --id ET-2`);
  expect((await signalbox('task', 'show', 'ET-1')).stdout).toMatch(/^ {2}forks {5}ET-2$/m);
  expect((await signalbox('task', 'show', 'ET-2')).stdout).toMatch(/^ {2}fork {6}of ET-1 as it was at \d+$/m);

  const work = ['run', '--repo', place.repository, '--id', 'ET-2', '--approve-all'];
  const doomed = place.begin(work);
  await vi.waitUntil(() => place.visits().includes('architecture.1'), { timeout: 30_000, interval: 20 });
  doomed.kill('SIGKILL');
  await doomed;
  const { code, stdout } = await signalbox(...work);
  expect(code, stdout).toBe(0);
  expect(place.prompt('analysis.2')).toContain('By awk.');
  expect(await place.task('ET-2')).toMatchObject({ state: 'done', branch: 'feature/ET-2-fix-them-otherwise' });
  expect(await place.task('ET-1')).toMatchObject({ standing: 'person', forks: ['ET-2'] });
  expect(await signalbox('verify')).toMatchObject({ code: 0 });
});

test('an entry of the log can be named; --json prints the new task', async () => {
  const place = await makePlace();
  await place.run();
  const events = (await place.signalbox('task', 'events', 'ET-1', '--json')).stdout.trim().split('\n');
  const { seq } = events
    .map(line => JSON.parse(line) as { seq: number; to: string })
    .find(({ to }) => to === 'review.preparing')!;
  const { code, stdout } = await place.signalbox('task', 'fork', 'ET-1', '--at', String(seq), '--json');
  expect(code).toBe(0);
  const fork = JSON.parse(stdout) as TaskView;
  expect(fork).toMatchObject({ id: 'ET-1-fork', stage: 'review', forkedFrom: { taskId: 'ET-1', seq } });
  expect(Object.keys(fork.verdicts)).toEqual(['requirements', 'requirementsApproval', 'design', 'tests']);
});

test('what is wrong is said in the words of the command line', async () => {
  const place = await makePlace();
  await place.run();
  const fork = async (...args: string[]) => {
    const { code, stdout, stderr } = await place.signalbox('task', 'fork', ...args);
    expect(stdout).toBe('');
    return `${code} ${stderr.trim()}`;
  };
  expect(await fork('ET-1')).toMatch(
    /ET-1 had ended at \d+ of its log.* It ended after \d+\. Name an entry up to that with --at\.$/,
  );
  expect(await fork('ET-1', '--at', '999')).toMatch(/The log of ET-1 goes from 1 to \d+; 999 is not in it\./);
  expect(await fork('ET-1', '--at', 'then')).toMatch(/^2 .*write a whole number/);
  expect(await fork('ET-1', '--at', '1', '--agent', 'nobody')).toMatch(/^2 .*Name one of them with --agent\.$/);
  expect(await fork('ET-7')).toMatch(/There is no task "ET-7"; did you mean ET-1\?/);
  const { stdout } = await place.signalbox('task', 'fork', '--help');
  for (const option of [
    '--at <seq>',
    '--agent <name>',
    '--model <model>',
    '--prompt <text>',
    '--title <title>',
    '--id <id>',
    '--json',
  ])
    expect(stdout).toContain(option);
  expect(stdout).toContain('$ signalbox task fork ET-003 --at 12 --agent codex');
});
