/** What goes to an integration waits in its own lane, and what it answers comes back as an event. */
import { describe, expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import { type LaneKeeper, Later } from '../../src/runtime/index.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

const caller = setup({
  types: {} as { context: { answers: string[] }; events: { type: 'call' | 'answered'; to: string; n: number } },
  actions: {
    call: (_, _params: { to: string; n: number }) => {},
    tidy: () => {},
    remember: assign(({ context, event }) => ({ answers: [...context.answers, `${event.to} ${event.n}`] })),
  },
}).createMachine({
  id: 'caller',
  context: { answers: [] },
  on: {
    call: {
      actions: [{ type: 'call', params: ({ event: { to, n } }) => ({ to, n }) }, 'tidy'],
    },
    answered: { actions: 'remember' },
  },
});

interface Call {
  to: string;
  n: number;
}

/** Callers of two places; `away` are those that cannot be reached now, until when, if they say so. */
async function startCallers({ lanes, disk = createMemoryDisk(), clock = createFakeClock(0) } = {} as Options) {
  const away = new Map<string, number | null>();
  const seen: string[] = [];
  const kind = kindOf(caller, {
    effects: {
      call: {
        lane: ({ to }: Call) => to,
        deliver: ({ to, n }: Call) => {
          seen.push(`${to} ${n}`);
          const until = away.get(to);
          if (until !== undefined) throw new Later(`${to} is away`, until);
          return { type: 'answered', to, n };
        },
      },
      tidy: () => void seen.push('tidy'),
    },
  });
  const outbox = { attempts: 2, baseMs: 100, capMs: 1_000, patienceMs: 60_000 };
  const system = await startTestRuntime({ kinds: [kind], disk, clock, outbox, ...(lanes && { lanes }) });
  return { ...system, away, seen };
}
interface Options {
  lanes?: LaneKeeper;
  disk?: ReturnType<typeof createMemoryDisk>;
  clock?: ReturnType<typeof createFakeClock>;
}

test('what an action answers comes back as an event, in the commit that settles it', async () => {
  const { runtime, settle, context, store } = await startCallers();
  await runtime.create('caller', 'a', {});
  await runtime.send('a', { type: 'call', to: 'forge', n: 1 });
  await settle();
  expect(await context('a')).toEqual({ answers: ['forge 1'] });
  const [, , answered] = await store.log('a', { after: 0, limit: 10 });
  expect(answered).toMatchObject({ type: 'answered', source: 'effect:a:2:0', outcome: 'applied' });
  expect((await runtime.verify()).differences).toEqual([]);
});

describe('one that is away', () => {
  test('holds up nothing of another integration, of the house, or of another actor', async () => {
    const { runtime, settle, seen, away, context } = await startCallers();
    away.set('forge', null);
    for (const id of ['a', 'b']) await runtime.create('caller', id, {});
    await runtime.send('a', { type: 'call', to: 'forge', n: 1 });
    await runtime.send('a', { type: 'call', to: 'tracker', n: 2 });
    await runtime.send('b', { type: 'call', to: 'tracker', n: 3 });
    await settle();
    expect(seen.sort()).toEqual(['forge 1', 'tidy', 'tidy', 'tidy', 'tracker 2', 'tracker 3']);
    expect([await context('a'), await context('b')]).toEqual([{ answers: ['tracker 2'] }, { answers: ['tracker 3'] }]);
    expect(await runtime.lanes()).toEqual([{ lane: 'forge', open: 1, oldestAt: 0 }]);
  });

  test('fills no other lane, however much waits for it', async () => {
    const { runtime, settle, seen, away } = await startCallers();
    away.set('forge', null);
    for (let n = 0; n < 1_200; n++) await runtime.create('caller', `a${n}`, {});
    await Promise.all(Array.from({ length: 1_200 }, (_, n) => runtime.send(`a${n}`, { type: 'call', to: 'forge', n })));
    await settle();
    await runtime.send('a7', { type: 'call', to: 'tracker', n: 7 });
    await settle();
    expect(seen).toContain('tracker 7');
  });

  test('is tried for as long as patience lasts, however often that is, and keeps the order of an actor', async () => {
    const { runtime, settle, clock, seen, away, context } = await startCallers();
    away.set('forge', null);
    await runtime.create('caller', 'a', {});
    for (const n of [1, 2]) await runtime.send('a', { type: 'call', to: 'forge', n });
    for (let waited = 0; waited < 30; waited++) {
      await settle();
      clock.advance(1_000);
    }
    expect(seen.filter(call => call === 'forge 1').length).toBeGreaterThan(10);
    expect(seen).not.toContain('forge 2');
    away.clear();
    clock.advance(1_000);
    await settle();
    expect(await context('a')).toEqual({ answers: ['forge 1', 'forge 2'] });
    expect((await runtime.deadLetters()).outbox).toEqual([]);
  });

  test('gets a dead letter when patience is over', async () => {
    const { runtime, settle, clock, away } = await startCallers();
    away.set('forge', null);
    await runtime.create('caller', 'a', {});
    await runtime.send('a', { type: 'call', to: 'forge', n: 1 });
    for (let waited = 0; waited < 70; waited++) {
      await settle();
      clock.advance(1_000);
    }
    await settle();
    expect((await runtime.deadLetters()).outbox).toMatchObject([{ lane: 'forge', error: 'forge is away' }]);
  });

  test('is left alone until the time that it has named', async () => {
    const { runtime, settle, clock, seen, away, context } = await startCallers();
    away.set('forge', 30_000);
    await runtime.create('caller', 'a', {});
    await runtime.send('a', { type: 'call', to: 'forge', n: 1 });
    await settle();
    clock.advance(29_999);
    await settle();
    expect(seen.filter(call => call === 'forge 1')).toHaveLength(1);
    away.clear();
    clock.advance(1);
    await settle();
    expect(await context('a')).toEqual({ answers: ['forge 1'] });
  });
});

test('the keeper of the lanes decides what goes, is told what happened, and lets go on', async () => {
  const told: string[] = [];
  let open = () => {};
  let isClosed = true;
  const lanes: LaneKeeper = {
    admit: lane => (lane === 'forge' && isClosed ? 1_000_000 : 0),
    onPassed: (lane, key) => void told.push(`passed ${lane} ${key}`),
    onAway: (lane, _, why) => void told.push(`away ${lane} ${why.message}`),
    onOpen: listener => {
      open = () => listener('forge');
    },
  };
  const { runtime, settle, context, away } = await startCallers({ lanes });
  away.set('tracker', null);
  await runtime.create('caller', 'a', {});
  await runtime.send('a', { type: 'call', to: 'forge', n: 1 });
  await runtime.send('a', { type: 'call', to: 'tracker', n: 2 });
  await settle();
  expect(told).toEqual(['away tracker tracker is away']);
  isClosed = false;
  open();
  await settle();
  expect(told.at(-1)).toBe('passed forge a:2:0');
  expect(await context('a')).toEqual({ answers: ['forge 1'] });
});

test('what waits in lanes is taken up again after a crash, each lane for itself', async () => {
  const disk = createMemoryDisk();
  const clock = createFakeClock(0);
  const first = await startCallers({ disk, clock });
  first.away.set('forge', null);
  first.away.set('tracker', null);
  await first.runtime.create('caller', 'a', {});
  await first.runtime.send('a', { type: 'call', to: 'forge', n: 1 });
  await first.runtime.send('a', { type: 'call', to: 'tracker', n: 2 });
  await first.settle();
  const second = await startCallers({ disk, clock });
  second.away.set('forge', null);
  clock.advance(1_000);
  await second.settle();
  expect(await second.context('a')).toEqual({ answers: ['tracker 2'] });
  expect(await second.runtime.lanes()).toMatchObject([{ lane: 'forge', open: 1 }]);
});
