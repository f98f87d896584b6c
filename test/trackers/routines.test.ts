/** Work that is ordered again and again: when it is due, across time zones and restarts, and what it makes. */
import { expect, test } from 'vitest';
import { planNext } from '../../src/app/outside/routines.ts';
import { routineId } from '../../src/machines/addresses.ts';
import type { RoutineContext, RoutinePlan } from '../../src/machines/routine.ts';
import { openPlanePlace, workAtPlane } from './place.ts';

const plan: RoutinePlan = {
  ...{ project: 'shop', cron: '0 3 * * *', timeZone: 'Europe/Berlin', jitterMs: 0, skipWhileRunning: true },
  ...{ title: 'x', body: '', pipeline: null, priority: null },
};
const at = (time: string) => Date.parse(time);
const next = (after: string | null, now: string, more: Partial<RoutinePlan> = {}) => {
  const { nextAt } = planNext({ plan: { ...plan, ...more }, after: after === null ? null : at(after) }, at(now));
  return nextAt === null ? null : new Date(nextAt).toISOString();
};

test.each([
  ['in winter', '2026-01-10T12:00:00Z', '2026-01-11T02:00:00.000Z'],
  ['in summer', '2026-07-10T12:00:00Z', '2026-07-11T01:00:00.000Z'],
  ['over the change to summer', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z'],
])('it is due by the clock of its time zone, %s', (_, now, due) => {
  expect(next(null, now)).toBe(due);
});

test('an instant that was ordered is not ordered again, and what was missed comes once', () => {
  expect(next('2026-01-11T02:00:00Z', '2026-01-11T02:00:00Z')).toBe('2026-01-12T02:00:00.000Z');
  // Nobody was here for a week.
  expect(next('2026-01-11T02:00:00Z', '2026-01-18T09:00:00Z')).toBe('2026-01-19T02:00:00.000Z');
});

test('chance moves it within its bound, and never before its time', () => {
  const times = Array.from({ length: 50 }, () => at(next(null, '2026-01-10T12:00:00Z', { jitterMs: 600_000 })!));
  const due = at('2026-01-11T02:00:00Z');
  expect(times.every(time => time >= due && time < due + 600_000)).toBe(true);
  expect(new Set(times).size).toBeGreaterThan(1);
});

test('it makes a task of its project, and leaves the next one out while that one has not ended', async () => {
  const routine = { project: 'shop', cron: '0 4 * * 1', title: 'Update {{date}}', body: 'All of them.' };
  const place = await openPlanePlace({ more: { routines: { weekly: routine } } });
  const { ask, until, runtime, settled } = await workAtPlane(place);
  const shown = async () =>
    (JSON.parse((await runtime.actor(routineId('weekly')))!.snapshot) as { context: RoutineContext }).context;
  await settled(async () => (await shown()).nextAt !== null);
  await ask('POST', '/routines/weekly/run', {});
  await settled(async () => (await shown()).lastTask !== null);
  const { lastTask } = await shown();
  const task = await until(lastTask!, ({ standing }) => standing === 'person');
  expect(task.title).toMatch(/^Update \d{4}-\d\d-\d\d$/);

  await settled(async () => (await shown()).nextAt !== null);
  await ask('POST', '/routines/weekly/run', {});
  await settled(async () => (await shown()).skips === 1);
  const { routines } = await ask<{ routines: object[] }>('GET', '/routines');
  expect(routines).toMatchObject([
    { name: 'weekly', orders: 1, skips: 1, lastTask, problem: `${lastTask} has not ended` },
  ]);
  expect((await runtime.verify()).differences).toEqual([]);
});
