import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createActor, setup } from 'xstate';
import { createHostGauge, type HostFree, isDiskFilling, measureHost, pressureOf } from '../../src/actors/host-gauge.ts';
import { temporaryDirectory } from '../support/temporary.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

const needs = { minFreeDiskBytes: 1_000, minFreeMemoryBytes: 1_000 };

test('what is short is named, with how much is needed', () => {
  expect(pressureOf({ diskBytes: 5_000, memoryBytes: 5_000 }, needs, null)).toBeNull();
  expect(pressureOf({ diskBytes: 10, memoryBytes: 5_000 }, needs, null)).toBe('10B of disk space free, 1000B needed');
  expect(pressureOf({ diskBytes: 10, memoryBytes: 20 }, needs, null)).toMatch(/disk space.*memory/);
});

test('pressure is over only when there is some room again', () => {
  const free = { diskBytes: 1_050, memoryBytes: 5_000 };
  expect(pressureOf(free, needs, null)).toBeNull();
  expect(pressureOf(free, needs, 'disk')).not.toBeNull();
});

test('only changes are told, and the first look always', () => {
  let free: HostFree = { diskBytes: 5_000, memoryBytes: 5_000 };
  const gauge = createHostGauge(
    '/',
    () => needs,
    () => free,
  );
  const heard: unknown[] = [];
  const owner = setup({ actors: { gauge } }).createMachine({
    invoke: { src: 'gauge' },
    on: {
      'host.changed': { actions: ({ event }: { event: { pressure: unknown } }) => void heard.push(event.pressure) },
    },
  } as never);
  const actor = createActor(owner).start();
  onTestFinished(() => void actor.stop());
  vi.advanceTimersByTime(60_000);
  free = { diskBytes: 10, memoryBytes: 5_000 };
  vi.advanceTimersByTime(60_000);
  free = { diskBytes: 5_000, memoryBytes: 5_000 };
  vi.advanceTimersByTime(60_000);
  expect(heard).toEqual([null, '10B of disk space free, 1000B needed', null]);
});

test('a disk that fills on is told again, when those at work have to stop', () => {
  const full = (diskBytes: number, before = false) => isDiskFilling({ diskBytes, memoryBytes: 0 }, needs, before);
  expect([full(300), full(249), full(260), full(260, true), full(280, true)]).toEqual([
    false,
    true,
    false,
    true,
    false,
  ]);
});

test('this machine can be measured', () => {
  const { diskBytes, memoryBytes } = measureHost(temporaryDirectory());
  expect(diskBytes).toBeGreaterThan(0);
  expect(memoryBytes).toBeGreaterThan(0);
});
