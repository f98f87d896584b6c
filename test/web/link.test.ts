/** The connection as a machine: what it says it is, and when it tries again. */
import { beforeEach, expect, test, vi } from 'vitest';
import { createActor, fromCallback, SimulatedClock } from 'xstate';
import { linkMachine } from '../../web/src/state/link.ts';

type Told = { type: 'link.opened' } | { type: 'link.beat' } | { type: 'link.dropped' } | { type: 'link.beyond' };
let streams: { tell(event: Told | { type: 'link.refused'; status: number }): void; isOpen: boolean }[] = [];
let clock = new SimulatedClock();
const onBeyond = vi.fn();

function start() {
  const stream = fromCallback(({ sendBack }) => {
    const own = { tell: sendBack as never, isOpen: true };
    streams.push(own);
    return () => {
      own.isOpen = false;
    };
  });
  const machine = linkMachine.provide({ actors: { stream: stream as never } });
  const link = createActor(machine, { clock, input: { position: () => 7, onEntries: () => {}, onBeyond } }).start();
  link.send({ type: 'link.start' });
  return link;
}

beforeEach(() => {
  streams = [];
  // Links of other tests live by clocks that stand still.
  clock = new SimulatedClock();
  onBeyond.mockClear();
});

test('a connection that opens is live; one that drops is lost, and tried again after a pause', () => {
  const link = start();
  expect(link.getSnapshot().value).toEqual({ following: 'connecting' });
  streams[0]!.tell({ type: 'link.opened' });
  expect(link.getSnapshot().value).toEqual({ following: 'live' });
  streams[0]!.tell({ type: 'link.dropped' });
  expect(link.getSnapshot().value).toBe('lost');
  clock.increment(15_000);
  expect(link.getSnapshot().value).toEqual({ following: 'connecting' });
  expect(streams.map(({ isOpen }) => isOpen)).toEqual([false, true]);
});

test('pauses grow with each try in vain, and are short again after one that succeeded', () => {
  const link = start();
  const pauseOf = () => {
    streams.at(-1)!.tell({ type: 'link.dropped' });
    const [began, count] = [clock.now(), streams.length];
    while (streams.length === count) clock.increment(10);
    return clock.now() - began;
  };
  const pauses = Array.from({ length: 8 }, pauseOf);
  expect(pauses[0]).toBeLessThanOrEqual(1_010);
  expect(pauses.at(-1)).toBeGreaterThanOrEqual(7_000);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(15_010);
  streams.at(-1)!.tell({ type: 'link.opened' });
  expect(pauseOf()).toBeLessThanOrEqual(1_010);
  expect(link.getSnapshot().status).toBe('active');
});

test('silence is no life: two signs that are missing are a lost connection', () => {
  const link = start();
  streams[0]!.tell({ type: 'link.opened' });
  for (let count = 0; count < 5; count += 1) {
    clock.increment(30_000);
    streams[0]!.tell({ type: 'link.beat' });
  }
  expect(link.getSnapshot().value).toEqual({ following: 'live' });
  clock.increment(35_000);
  expect(link.getSnapshot().value).toBe('lost');
  expect(streams[0]!.isOpen).toBe(false);
});

test('a page that nobody sees lets go of its connection after a while, and takes it up when somebody looks', () => {
  const link = start();
  streams[0]!.tell({ type: 'link.opened' });
  link.send({ type: 'page.hidden' });
  expect(streams[0]!.isOpen).toBe(true);
  clock.increment(120_000);
  expect(link.getSnapshot().value).toBe('away');
  expect(streams[0]!.isOpen).toBe(false);
  link.send({ type: 'page.shown' });
  expect(link.getSnapshot().value).toEqual({ following: 'connecting' });
});

test('whoever is not let in is out, and nothing is tried; another database is read anew', () => {
  const out = start();
  streams[0]!.tell({ type: 'link.refused', status: 401 });
  clock.increment(1e6);
  expect(out.getSnapshot().value).toBe('out');
  expect(streams.length).toBe(1);
  const beyond = start();
  streams[1]!.tell({ type: 'link.beyond' });
  expect(onBeyond).toHaveBeenCalledOnce();
  expect(beyond.getSnapshot().value).toBe('idle');
});
