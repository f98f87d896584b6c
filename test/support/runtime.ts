/** A runtime on a store in memory with a clock that is moved by hand, and a way to crash and restart it. */
import type { MemoryDisk } from '../../src/persistence/memory.ts';
import { createMemoryDisk, openMemoryStore } from '../../src/persistence/memory.ts';
import type { Store } from '../../src/persistence/store.ts';
import {
  type MachineKind,
  type Runtime,
  type RuntimeOptions,
  startRuntime,
  type Transition,
} from '../../src/runtime/index.ts';
import { createFakeClock, type FakeClock } from './clock.ts';

export interface TestRuntime {
  runtime: Runtime;
  store: Store;
  clock: FakeClock;
  transitions: Transition[];
  faults: unknown[];
  /** Lets everything happen that can happen without the clock moving. */
  settle(): Promise<void>;
  /** Moves the clock in steps, so that a chain of timers fires one after another, and lets everything happen. */
  advance(ms: number): Promise<void>;
  state(id: string): Promise<string | undefined>;
  context(id: string): Promise<Record<string, unknown>>;
}

export interface TestRuntimeOptions extends Partial<RuntimeOptions> {
  kinds: readonly MachineKind[];
  disk?: MemoryDisk;
  clock?: FakeClock;
}

const nextRound = () => new Promise<void>(resolve => setImmediate(resolve));

export async function startTestRuntime(options: TestRuntimeOptions): Promise<TestRuntime> {
  const { disk = createMemoryDisk(), clock = createFakeClock(), observer, listeners = [], ...rest } = options;
  const store = options.store ?? openMemoryStore(disk);
  const transitions: Transition[] = [];
  const faults: unknown[] = [];
  const runtime = await startRuntime({
    ...rest,
    store,
    clock,
    listeners: [transition => void transitions.push(transition), ...listeners],
    observer: {
      ...observer,
      onFault(error) {
        faults.push(error);
        observer?.onFault?.(error);
      },
    },
  });
  const settle = async () => {
    for (let quiet = 0; quiet < 3; quiet++) {
      const before = transitions.length;
      await runtime.idle();
      await nextRound();
      if (transitions.length !== before) quiet = -1;
    }
  };
  return {
    runtime,
    store,
    clock,
    transitions,
    faults,
    settle,
    async advance(ms) {
      const end = clock.now() + ms;
      while (clock.now() < end) {
        const due = (await store.nextTimer()) ?? end;
        clock.set(Math.min(end, Math.max(due, clock.now() + 1)));
        await settle();
      }
    },
    state: async id => (await runtime.actor(id))?.state,
    context: async id => JSON.parse((await runtime.actor(id))!.snapshot).context,
  };
}

/** A kind for a machine of a test. */
export function kindOf(machine: ReturnType<MachineKind['build']>, more: Partial<MachineKind> = {}): MachineKind {
  return { name: machine.id, definition: { version: 1 }, build: () => machine, ...more };
}

const nothing = () => {};
/** Everything that a task asks of the outside, done by nobody. */
export const inertEffects = {
  removeWorktree: nothing,
  setStatus: nothing,
  keepComment: nothing,
  performRequests: nothing,
  showItem: nothing,
  openConversation: { makes: 'conversation' },
  makeWord: nothing,
  createTask: nothing,
  answer: nothing,
  sendNotice: nothing,
  moveCard: nothing,
};
