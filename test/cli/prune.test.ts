import { expect, test } from 'vitest';
import { makePlace } from './place.ts';

test('prune says what goes, and asks for how long ago where nobody says it', async () => {
  const place = await makePlace();
  await place.signalbox('task', 'add', ...place.newTask().slice(1));
  await place.signalbox('task', 'cancel', 'ET-1');
  const unsaid = await place.signalbox('prune');
  expect(unsaid.code).toBe(2);
  expect(unsaid.stderr).toMatch(/--older-than <duration>/);
  const bare = await place.signalbox('prune', '--older-than', '90');
  expect([bare.code, bare.stderr]).toEqual([2, expect.stringContaining('write a duration such as 90d or 12h')]);
  const dry = await place.signalbox('prune', '--older-than', '0s', '--dry-run');
  expect(dry).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Would remove 1 task with 0 runs and \d+ lines of log; 0B/),
  });
  const pruned = await place.signalbox('prune', '--older-than', '0s', '--json');
  expect(JSON.parse(pruned.stdout)).toMatchObject({ dryRun: false, tasks: 1, keptInAll: 0 });
  expect((await place.signalbox('task', 'show', 'ET-1')).stderr).toContain('There is no task "ET-1"');
});
