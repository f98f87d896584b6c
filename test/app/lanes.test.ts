/** The lanes of the outbox are guarded by breakers that are actors: seen, reset and remembered like all others. */
import { describe, expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { createLanes } from '../../src/app/lanes.ts';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import { Later } from '../../src/runtime/index.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

const home = 'forge:home';
const breaker = `breaker:${home}`;

const caller = setup({
  types: {} as { context: { answers: number[] }; events: { type: 'call' | 'answered'; to: string; n: number } },
  actions: {
    call: (_, _params: { to: string; n: number }) => {},
    remember: assign(({ context, event }) => ({ answers: [...context.answers, event.n] })),
  },
}).createMachine({
  id: 'caller',
  context: { answers: [] },
  on: {
    call: { actions: { type: 'call', params: ({ event: { to, n } }) => ({ to, n }) } },
    answered: { actions: 'remember' },
  },
});

interface Call {
  to: string;
  n: number;
}

/** Callers of two forges; those that are away say until when, if they know. */
async function startLanes({ disk = createMemoryDisk(), clock = createFakeClock() } = {}) {
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
    },
  });
  const faults: unknown[] = [];
  const lanes = createLanes({ now: clock.now, onFault: fault => void faults.push(fault) });
  const system = await startTestRuntime({
    kinds: [kind, machineKinds.find(({ name }) => name === 'breaker')!],
    outbox: { attempts: 2, baseMs: 1_000, capMs: 60_000, patienceMs: 24 * 3_600_000 },
    listeners: [lanes.listener],
    ...{ disk, clock, lanes },
  });
  await lanes.attach(system.runtime);
  const { runtime, settle } = system;
  return {
    ...system,
    ...{ lanes, away, seen, disk, faults },
    async call(id: string, to: string, n: number) {
      await runtime.create('caller', id, {});
      await runtime.send(id, { type: 'call', to, n } as never);
      await settle();
    },
    /** Lets the time go by, second by second. */
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1_000);
        await settle();
      }
    },
    async restart() {
      await runtime.stop({ drainMs: 0 });
      return startLanes({ disk, clock });
    },
  };
}

const stateOf = async ({ runtime }: Awaited<ReturnType<typeof startLanes>>) => (await runtime.actor(breaker))?.state;

test('as long as all goes well there is no breaker', async () => {
  const system = await startLanes();
  await system.call('a', home, 1);
  expect(await stateOf(system)).toBeUndefined();
  expect(await system.context('a')).toEqual({ answers: [1] });
});

test('five failures in a row open it; until it is half-open nobody asks, and others go on', async () => {
  const system = await startLanes();
  const { away, seen, call, pass, context } = system;
  away.set(home, null);
  for (const n of [1, 2, 3, 4, 5]) await call(`a${n}`, home, n);
  expect(await stateOf(system)).toBe('open');
  const asked = seen.length;
  await call('a6', home, 6);
  await call('b', 'forge:other', 7);
  await pass(25);
  expect(seen.slice(asked)).toEqual(['forge:other 7']);
  expect(await context('b')).toEqual({ answers: [7] });
});

test('fewer failures, with a success between them, leave it closed', async () => {
  const system = await startLanes();
  const { away, call, pass } = system;
  away.set(home, null);
  for (const n of [1, 2, 3, 4]) await call(`a${n}`, home, n);
  away.clear();
  await pass(10);
  away.set(home, null);
  for (const n of [5, 6, 7, 8]) await call(`a${n}`, home, n);
  expect(await stateOf(system)).toBe('closed');
});

test('half-open lets one through: when that fails nobody else has asked', async () => {
  const system = await startLanes();
  const { away, seen, call, pass } = system;
  away.set(home, null);
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) await call(`a${n}`, home, n);
  const asked = seen.length;
  await pass(35);
  expect(seen.length - asked).toBe(1);
  expect(await stateOf(system)).toBe('open');
});

test('when it is back the probe opens the lane, and everything arrives once', async () => {
  const system = await startLanes();
  const { away, seen, call, pass, context, faults } = system;
  away.set(home, null);
  const ids = Array.from({ length: 20 }, (_, n) => n);
  for (const n of ids) await call(`a${n}`, home, n);
  away.clear();
  const asked = seen.length;
  await pass(120);
  expect(await stateOf(system)).toBe('closed');
  expect(await Promise.all(ids.map(n => context(`a${n}`)))).toEqual(ids.map(n => ({ answers: [n] })));
  expect(seen.length - asked).toBe(ids.length);
  expect(faults).toEqual([]);
});

test('a time that the forge names is kept to', async () => {
  const system = await startLanes();
  const { away, seen, call, pass, clock, context } = system;
  away.set(home, clock.now() + 90_000);
  await call('a', home, 1);
  expect(await stateOf(system)).toBe('open');
  await call('b', home, 2);
  away.clear();
  await pass(89);
  expect(seen).toEqual([`${home} 1`]);
  await pass(40);
  expect([await context('a'), await context('b')]).toEqual([{ answers: [1] }, { answers: [2] }]);
});

test('a person who resets it lets everything go on at once', async () => {
  const { away, call, runtime, settle, pass, context } = await startLanes();
  away.set(home, null);
  for (const n of [1, 2, 3, 4, 5]) await call(`a${n}`, home, n);
  await call('late', home, 6);
  away.clear();
  await runtime.send(breaker, { type: 'breaker.reset', by: 'maria' } as never);
  await settle();
  expect(await context('late')).toEqual({ answers: [6] });
  await pass(10);
  expect(await context('a1')).toEqual({ answers: [1] });
});

describe('a restart', () => {
  test('finds the lane closed to all that waits, and the same instant at which it opens', async () => {
    const first = await startLanes();
    first.away.set(home, null);
    for (const n of [1, 2, 3, 4, 5, 6]) await first.call(`a${n}`, home, n);
    await first.pass(10);
    const second = await first.restart();
    await second.settle();
    await second.pass(19);
    expect(second.seen).toEqual([]);
    await second.pass(60);
    expect(await stateOf(second)).toBe('closed');
    for (const n of [1, 2, 3, 4, 5, 6]) expect(await second.context(`a${n}`)).toEqual({ answers: [n] });
  });

  test('goes on when a probe was under way whose end was never told', async () => {
    const first = await startLanes();
    first.away.set(home, null);
    for (const n of [1, 2, 3, 4, 5, 6]) await first.call(`a${n}`, home, n);
    await first.runtime.stop({ drainMs: 0 });
    // What a process leaves that dies after its probe was settled and before the breaker heard of it.
    const { clock, disk } = first;
    const kinds = machineKinds.filter(({ name }) => name === 'breaker');
    const between = await startTestRuntime({ kinds, disk, clock, effects: id => id === breaker });
    await between.advance(31_000);
    await between.runtime.send(breaker, { type: 'run.requested', runId: 'gone:1:0' } as never);
    expect(await between.state(breaker)).toBe('halfOpen.probing');
    await between.runtime.stop({ drainMs: 0 });
    const second = await startLanes({ disk, clock });
    await second.pass(60);
    expect(await stateOf(second)).toBe('closed');
    for (const n of [1, 2, 3, 4, 5, 6]) expect(await second.context(`a${n}`)).toEqual({ answers: [n] });
  });
});

test('what is to be delivered before it is known how the breakers stand waits until then', async () => {
  const lanes = createLanes({ now: () => 0, onFault: () => {} });
  let isAdmitted = false;
  const admission = Promise.resolve(lanes.admit(home, 'a:1:0')).then(waitMs => {
    isAdmitted = true;
    return waitMs;
  });
  await new Promise(resolve => setImmediate(resolve));
  expect(isAdmitted).toBe(false);
  await lanes.attach({ list: async () => [] } as never);
  expect(await admission).toBe(0);
});
