/** `signalbox task diff`: what a task has changed, at a terminal. */
import { expect, test } from 'vitest';
import { makePlace } from './place.ts';

test('what a task has changed is shown whole, as a list, of one file, and as JSON', async () => {
  const place = await makePlace();
  await place.run();
  const whole = await place.signalbox('task', 'diff', 'ET-1');
  expect(whole.code).toBe(0);
  expect(whole.stdout).toContain('diff --git a/total.sh b/total.sh\n');
  expect(whole.stdout).toContain('+++ b/docs/work-items/ET-1/12-review.md\n');
  const list = await place.signalbox('task', 'diff', 'ET-1', '--stat');
  expect(list.stdout).toMatch(/^STATUS +LINES +FILE\n/);
  expect(list.stdout).toMatch(/^modified +\+1 -2 +total\.sh$/m);
  expect(list.stdout).toMatch(/^\d+ files, \+\d+ -2$/m);
  const one = await place.signalbox('task', 'diff', 'ET-1', '--file', 'total.sh');
  expect(one.stdout).toMatch(/^diff --git a\/total\.sh/);
  expect(one.stdout.match(/^diff --git/gm)).toHaveLength(1);
  const json = JSON.parse((await place.signalbox('task', 'diff', 'ET-1', '--stat', '--json')).stdout);
  expect(json).toMatchObject({ patch: null, isCut: false, head: await place.git(['rev-parse', 'main']) });
  const before = await place.signalbox('task', 'diff', 'ET-1', '--at', '1');
  expect(before).toMatchObject({ code: 0, stdout: 'It has changed nothing.\n' });
  const none = await place.signalbox('task', 'diff', 'ET-1', '--file', 'totals.sh');
  expect(none.code).toBe(2);
  expect(none.stderr).toMatch(/did you mean "total\.sh".*signalbox task diff ET-1 --stat\n/);
});
