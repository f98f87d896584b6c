/** The machine of the measurements: ten states in a ring and a context of about 600 bytes, like that of a task. */
import { assign, fromPromise, setup } from 'xstate';
import type { MachineKind } from '../src/runtime/index.ts';

const states = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

export const ring = setup({
  types: {} as { context: Record<string, unknown> & { steps: number }; events: { type: 'next'; note: string } },
  guards: { isSane: ({ context }) => context.steps >= 0 },
  actions: { count: assign({ steps: ({ context }) => context.steps + 1 }) },
}).createMachine({
  id: 'ring',
  context: () => ({
    steps: 0,
    title: 'A task with a title of some length',
    body: 'x'.repeat(300),
    verdicts: { tests: { verdict: 'pass', tree: 'f'.repeat(40) }, review: { verdict: 'fail', tree: 'e'.repeat(40) } },
  }),
  initial: 'a',
  states: Object.fromEntries(
    states.map((name, index) => [
      name,
      { on: { next: { guard: 'isSane', target: states[(index + 1) % states.length]!, actions: 'count' } } },
    ]),
  ),
});

export const ringKind: MachineKind = { name: 'ring', definition: { version: 1 }, build: () => ring };
export const next = { type: 'next', note: 'a delivery of ordinary size' };

/** Waits for a deadline far away and has a job open: what an unfinished task looks like at a restart. */
export const waiting = setup({
  actors: { work: fromPromise(() => new Promise(() => {})) },
  delays: { limit: 86_400_000 },
}).createMachine({
  id: 'waiting',
  context: () => ({ title: 'A task with a title of some length', body: 'x'.repeat(300) }),
  initial: 'working',
  states: {
    working: { invoke: { id: 'work', src: 'work', onDone: 'done' }, after: { limit: 'done' } },
    done: { type: 'final' },
  },
});

/** The kind, with a word to whoever wants to know that a job has begun. */
export function waitingKind(onJob: () => void): MachineKind {
  const work = fromPromise(() => {
    onJob();
    return new Promise(() => {});
  });
  return { name: 'waiting', definition: { version: 1 }, build: () => waiting, actors: { work } };
}
