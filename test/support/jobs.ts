/** Jobs that settle when a test says so: the real runtime runs them, the test plays their outcome. */
import { type AnyActorLogic, type AnyStateMachine, fromPromise, setup } from 'xstate';
import type { JobMeta } from '../../src/runtime/index.ts';

interface OpenJob {
  input: Record<string, unknown>;
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

export interface PlayedJobs {
  /** Logic to be provided under any name. */
  logic: AnyActorLogic;
  /** The open job of an actor under the name of its child. */
  find(actorId: string, childId: string): OpenJob | undefined;
}

export function createPlayedJobs(): PlayedJobs {
  const open = new Map<string, OpenJob>();
  return {
    logic: fromPromise<unknown, { job: JobMeta } & Record<string, unknown>>(
      ({ input, signal }) =>
        new Promise((resolve, reject) => {
          const key = input.job.ref.replace(/\.[^.]+$/, '');
          const entry = { input, resolve, reject };
          open.set(key, entry);
          signal.addEventListener('abort', () => open.get(key) === entry && open.delete(key));
        }),
    ),
    find: (actorId, childId) => open.get(`${actorId}.${childId}`),
  };
}

/** Stands in for a machine below another one: ends with what a test has its job answer. */
export function playedMachine(id: string, logic: AnyActorLogic): AnyStateMachine {
  return setup({ types: {} as { context: { output: unknown } }, actors: { inner: logic } }).createMachine({
    id,
    initial: 'working',
    states: {
      working: { invoke: { id: 'inner', src: 'inner', input: {} as never, onDone: 'ended' } },
      ended: { type: 'final', output: ({ event }: { event: unknown }) => (event as { output: unknown }).output },
    },
    output: ({ event }: { event: unknown }) => (event as { output: unknown }).output,
  } as never) as never;
}
