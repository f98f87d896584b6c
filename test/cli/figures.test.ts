/** `signalbox figures`: how work goes, at a terminal. */
import { expect, test } from 'vitest';
import { makePlace } from './place.ts';

test('how work went is shown in tables, as JSON and as CSV', async () => {
  const place = await makePlace();
  await place.run('review.1=refuses');
  const { code, stdout } = await place.signalbox('figures');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^all +1 +0 +0 +0 +\S+s +\S+s +1 +\d+ %/m);
  expect(stdout).toMatch(/^development +1 +\S+s +\S+s +.*working \d+ %/m);
  expect(stdout).toMatch(/^review +development +review +1 +1$/m);
  expect(stdout).toMatch(/^review +review +1 +1 +0 +50 % +0 %/m);
  expect(stdout).toMatch(/^development +agent-all-roles-sh +2 +0/m);
  const json = JSON.parse((await place.signalbox('figures', '--json')).stdout);
  expect(json).toMatchObject({ csv: null, overall: { done: { total: 1, tasks: ['ET-1'] } } });
  const csv = await place.signalbox('figures', '--csv', '--from', '1d', '--by', 'week');
  expect(csv.stdout).toMatch(/^figure,group,period,value,unit,count\r\n/);
  expect(csv.stdout).toMatch(/^rework\.cause,cause=gate;gate=review;from=review;to=development,[^,]+,1,times,1\r$/m);
  const none = await place.signalbox('figures', '--project', 'other');
  expect(none.stdout).toMatch(/^all +0 +0 +0 +0/m);
  const refused = await place.signalbox('figures', '--from', 'yesterday');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/write a day such as .* --from\./);
});
