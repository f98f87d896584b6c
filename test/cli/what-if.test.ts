import { expect, test } from 'vitest';
import { makePlace } from './place.ts';

/** A task that waits for its first approval. */
async function atApproval() {
  const place = await makePlace();
  await place.signalbox(...place.newTask());
  const log = () => place.signalbox('task', 'events', 'ET-1', '--json');
  return { place, log, whatIf: (...args: string[]) => place.signalbox('task', 'what-if', 'ET-1', ...args) };
}

test('what an event would do is said in words, and nothing is done', async () => {
  const { place, log, whatIf } = await atApproval();
  const before = await log();
  const { code, stdout } = await whatIf('task.approve');
  expect(code).toBe(0);
  expect(stdout).toContain(
    'With task.approve ET-1 goes to architecture.preparing, makes the worktree ready; then agent-all-roles-sh works on architecture',
  );
  expect(stdout).toMatch(/step +task\.approve {2}analysis\.awaitingApproval → analysis\.deciding\n/);
  expect(stdout).toMatch(/step +always {2}analysis\.deciding → architecture\.preparing {2}\[arePassed\]\n/);
  expect(stdout).not.toContain('GUARD');
  expect(await log()).toEqual(before);
  expect((await place.task()).state).toBe('analysis.awaitingApproval');
});

test('what would change nothing says why, and ends with 1', async () => {
  const { whatIf } = await atApproval();
  const { code, stdout } = await whatIf('task.answer', '--data', '{"text":"Euro"}');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^task\.answer would change nothing: nothing waits for task\.answer in .*\. ET-1 is in /);
});

test('fields, an earlier entry and guards are asked for by options; --json is the whole answer', async () => {
  const { place, whatIf } = await atApproval();
  const moved = await whatIf('task.move', '--data', '{"stage":"review"}', '--data', place.data, '--guards');
  expect(moved.stdout).toMatch(/goes to review\.preparing/);
  expect(moved.stdout).toMatch(/task\.move +holds +isMoveTo +review +the stage to go on from is review/);
  const missing = await whatIf('task.reject');
  expect(missing).toMatchObject({ code: 0, stderr: 'note: not given: reason\n' });
  const guards = await whatIf();
  expect(guards.stdout).toMatch(/^ET-1 is in analysis\.awaitingApproval: .*\nEVENT +SAYS +GUARD +LEADS TO +IF\n/);
  const earlier = await whatIf('task.cancel', '--at', '1', '--json');
  expect(JSON.parse(earlier.stdout)).toMatchObject({ seq: 1, isTaken: true, to: 'cancelled' });
});

test('an event, a stage or fields that make no sense are refused', async () => {
  const { whatIf } = await atApproval();
  for (const [args, said] of [
    [['task.aprove'], /the nearest are task\.approve/],
    [['task.move', '--data', '{"stage":"reveiw"}'], /There is no stage "reveiw"/],
    [['task.move', '--data', '{"stage"'], /--data must be a JSON object/],
    [['task.reject', '--data', '{"reason":7}'], /task\.reject needs "reason"/],
    [['task.approve', '--at', '999'], /999 is not in it/],
    [['task.approve', '--at', 'soon'], /--at/],
  ] as const) {
    const { code, stderr } = await whatIf(...args);
    expect([args, code]).toEqual([args, 2]);
    expect(stderr).toMatch(said);
  }
});

test('its help says how it is typed', async () => {
  const place = await makePlace();
  const { stdout } = await place.signalbox('task', 'what-if', '--help');
  expect(stdout).toMatch(/signalbox task what-if \[options\] <id> \[event\]/);
  expect(stdout).toContain('$ signalbox task what-if ET-003 task.approve');
});
