/** Whether this process has slept is told by a pulse that did not come. Time is moved by hand. */
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { lastWake, onPulse } from '../../src/host/pulse.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] }));
afterEach(() => void vi.useRealTimers());

function startPulse() {
  const slept: number[] = [];
  onTestFinished(onPulse(sleptMs => void slept.push(sleptMs)));
  return { slept, pass: (ms: number) => void vi.advanceTimersByTime(ms) };
}

test('a pulse that comes in time tells of no sleep, one after a gap tells how long it was, once', () => {
  const { slept, pass } = startPulse();
  pass(1_000);
  vi.setSystemTime(Date.now() + 3_600_000);
  pass(500);
  expect(slept).toEqual([0, 0, 0, 0, 3_600_000, 0]);
});

test('a wake is known before the first pulse after it, and forgotten by a clock that is set back', () => {
  const { pass } = startPulse();
  pass(1_000);
  const before = lastWake();
  vi.setSystemTime(Date.now() + 3_600_000);
  expect(lastWake()).toBe(Date.now());
  expect(lastWake()).toBeGreaterThan(before);
  pass(250);
  vi.setSystemTime(Date.now() - 7_200_000);
  expect(lastWake()).toBe(0);
});
