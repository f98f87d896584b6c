/** How requests keep to what a server allows. The clock is moved by hand. */
import { expect, test } from 'vitest';
import { createPace, type Pace, type Urgency } from '../../../src/integrations/http/pace.ts';

/** A clock that stands still but for whoever sleeps: then it jumps to whoever wakes first. */
function paced(perMinute: number | null) {
  let now = 1_000_000;
  const sleepers: { at: number; wake: () => void }[] = [];
  const pace = createPace({
    name: 'tracker',
    perMinute,
    now: () => now,
    sleep: ms => new Promise<void>(wake => sleepers.push({ at: now + ms, wake })),
  });
  const went: { who: string; second: number }[] = [];
  const ask = (who: string, urgency: Urgency = 'work') =>
    pace.turn(urgency).then(() => void went.push({ who, second: Math.round((now - 1_000_000) / 1_000) }));
  /** Lets everybody run, and moves the clock until nobody sleeps any more or the seconds are over. */
  const pass = async (seconds = 1_000) => {
    const end = now + seconds * 1_000;
    for (;;) {
      await new Promise(setImmediate);
      sleepers.sort((one, other) => one.at - other.at);
      if (!sleepers[0] || sleepers[0].at > end) break;
      const { at, wake } = sleepers.shift()!;
      now = Math.max(now, at);
      wake();
    }
    if (seconds < 1_000) now = end;
  };
  const many = (count: number, urgency?: Urgency) =>
    Promise.all(Array.from({ length: count }, (_, index) => ask(`${urgency ?? 'work'} ${index}`, urgency)));
  return { pace, went, ask, many, pass, now: () => now };
}

const answer = (status: number, headers: Record<string, string> = {}): Parameters<Pace['heed']>[0] => ({
  status,
  headers: new Headers(headers),
});

test('lets as many go in a minute as it may, and the next one when the first is a minute old', async () => {
  const { many, pass, went } = paced(3);
  const all = many(6);
  await pass();
  await all;
  expect(went.map(({ second }) => second)).toEqual([0, 0, 0, 60, 60, 60]);
});

test('counts a request from its answer on, as it may have arrived no sooner', async () => {
  const { pace, many, pass, went } = paced(2);
  await Promise.all([many(2), pass(0)]);
  await pass(5);
  pace.heed(answer(200));
  const all = many(2);
  await pass();
  await all;
  expect(went.slice(2).map(({ second }) => second)).toEqual([60, 65]);
});

test('goes on in the order in which they came', async () => {
  const { many, pass, went } = paced(2);
  const all = many(4);
  await pass();
  await all;
  expect(went.map(({ who }) => who)).toEqual(['work 0', 'work 1', 'work 2', 'work 3']);
});

test('lets work go before sweeps that have waited for longer', async () => {
  const { ask, pass, went } = paced(4);
  for (const who of ['one', 'two', 'three', 'four']) {
    await ask(who);
    await pass(10);
  }
  const all = [ask('sweep', 'sweep'), ask('work')];
  await pass();
  await Promise.all(all);
  expect(went.slice(4)).toEqual([
    { who: 'work', second: 60 },
    { who: 'sweep', second: 80 },
  ]);
});

test('keeps a part of every minute free of sweeps', async () => {
  const { many, ask, pass, went } = paced(4);
  const all = [many(4, 'sweep'), ask('work')];
  await pass();
  await Promise.all(all);
  expect(went.map(({ who, second }) => `${who} at ${second}`)).toEqual([
    'sweep 0 at 0',
    'sweep 1 at 0',
    'sweep 2 at 0',
    'work at 0',
    'sweep 3 at 60',
  ]);
});

test('waits for nothing where nothing is bounded', async () => {
  const { many, pass, went } = paced(null);
  await Promise.all([many(500), pass(0)]);
  expect(went.every(({ second }) => second === 0)).toBe(true);
});

test('takes what others used of the same minute as gone', async () => {
  const { pace, many, ask, pass, went } = paced(10);
  await Promise.all([ask('first'), pass(0)]);
  pace.heed(answer(200, { 'x-ratelimit-remaining': '2' }));
  const all = many(3);
  await pass();
  await all;
  expect(went.map(({ second }) => second)).toEqual([0, 0, 0, 60]);
});

test('believes what it knows itself where a server says that more is left', async () => {
  const { pace, many, pass, went } = paced(2);
  await Promise.all([many(2), pass(0)]);
  pace.heed(answer(200, { 'x-ratelimit-remaining': '5000' }));
  const all = many(1);
  await pass();
  await all;
  expect(went.at(-1)?.second).toBe(60);
});

test('waits as long as it is told when it asked too often', async () => {
  const { pace, ask, pass, went } = paced(null);
  pace.heed(answer(429, { 'retry-after': '42' }));
  const one = ask('one');
  await pass();
  await one;
  expect(went).toEqual([{ who: 'one', second: 42 }]);
});

test('waits for the reset where the server counts by itself and nothing is left', async () => {
  const { pace, ask, pass, went, now } = paced(null);
  const reset = Math.floor(now() / 1_000) + 30;
  pace.heed(answer(200, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) }));
  const one = ask('one');
  await pass();
  await one;
  expect(went).toEqual([{ who: 'one', second: 30 }]);
});

test('does not take a reset for a limit where something is left, or nothing is said', async () => {
  const { pace, ask, pass, went, now } = paced(null);
  const reset = String(Math.floor(now() / 1_000) + 30);
  pace.heed(answer(200, { 'x-ratelimit-reset': reset }));
  pace.heed(answer(200, { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': reset }));
  await Promise.all([ask('one'), pass(0)]);
  expect(went).toEqual([{ who: 'one', second: 0 }]);
});

test('does not wait for more than 90 seconds: it says when to come back', async () => {
  const { pace, ask, now } = paced(5);
  pace.heed(answer(429, { 'retry-after': '3600' }));
  await expect(ask('one')).rejects.toMatchObject({ failure: 'limited', retryAt: now() + 3_600_000 });
});

test('lets the line go on after somebody has given up', async () => {
  const { many, ask, pass, went } = paced(1);
  const waiting = [...Array(4).keys()].map(index => ask(`work ${index}`).catch(error => error.failure));
  await pass();
  expect(await Promise.all(waiting)).toEqual([undefined, undefined, 'limited', 'limited']);
  const one = many(1);
  await pass();
  await one;
  expect(went.map(({ second }) => second)).toEqual([0, 60, 120]);
});
