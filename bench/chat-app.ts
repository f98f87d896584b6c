/** An application that tells people of tasks, and calls a forge meanwhile: real machines, store, outbox and client, and a clock that is moved. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setup } from 'xstate';
import { dataPaths } from '../src/app/data-directory.ts';
import { kindsFor } from '../src/app/kinds.ts';
import { createLanes, forgeLane } from '../src/app/lanes.ts';
import { configureOutside } from '../src/app/outside/services.ts';
import { defaultSettings, type Settings } from '../src/app/settings.ts';
import { Secret } from '../src/domain/secret.ts';
import { openSqliteStore } from '../src/persistence/sqlite/store.ts';
import { type Clock, type MachineKind, type Runtime, startRuntime } from '../src/runtime/index.ts';

const settingsFor = (slack: string): Settings => ({
  ...defaultSettings,
  chats: {
    slack: {
      ...{ name: 'slack', kind: 'slack', url: new Secret('SLACK_WEBHOOK', slack) },
      ...{ token: null, to: [], from: null, user: null },
    },
  },
  notify: [{ chat: 'slack', events: ['task.done'], severity: 'info', projects: [], cooldownMs: 0 }],
});

/** A task of which only the end is told. */
const task = setup({}).createMachine({
  id: 'task',
  context: ({ input }) => ({ ...(input as object), asks: null, merged: null, endedBecause: null }),
  initial: 'working',
  states: { working: { on: { finish: 'done' } }, done: { type: 'final' } },
});

/** Calls the forge, and hears that it has. */
const caller = setup({ actions: { call: () => {} } }).createMachine({
  id: 'caller',
  initial: 'resting',
  states: {
    resting: { on: { call: { target: 'calling', actions: 'call' } } },
    calling: { on: { answered: 'resting' } },
  },
});

export interface ChatApp {
  runtime: Runtime;
  /** Has this many tasks end, from this number on. */
  finish(from: number, count: number): Promise<void>;
  /** Calls the forge by this many actors at once; milliseconds until all have their answer. */
  call(actors: number): Promise<number>;
  /** Ends it as a kill would, in the moment in which the chat has taken the next notice and nothing of that is stored. */
  killed(): Promise<void>;
  close(): Promise<void>;
}

const callers = 50;

export async function startChatApp(directory: string, slack: string, clock: Clock): Promise<ChatApp> {
  const paths = dataPaths(directory);
  mkdirSync(directory, { recursive: true });
  const settings = settingsFor(slack);
  const store = openSqliteStore({ file: join(directory, 'signalbox.db'), checksLargeFiles: false });
  const faults: unknown[] = [];
  const lanes = createLanes({ now: clock.now, onFault: fault => void faults.push(fault) });
  const answered = new Map<string, () => void>();
  let onSent: (() => void) | undefined;
  const runtime: Promise<Runtime> = startRuntime({
    ...{ store, clock, lanes, kinds: kindsOf(paths, settings, () => runtime) },
    listeners: [
      lanes.listener,
      ({ kind, actorId, to }) => {
        if (kind === 'caller' && to === 'resting') answered.get(actorId)?.();
      },
    ],
    observer: {
      onFault: fault => void faults.push(fault),
      onEffect: (phase, { type }) => {
        if (phase === 'after' && type === 'sendNotice') onSent?.();
      },
    },
  });
  const working = await runtime;
  await lanes.attach(working);
  await configureOutside(working, settings);
  await Promise.all(Array.from({ length: callers }, (_, index) => working.create('caller', `caller-${index}`, {})));
  const closed = async (options: { drainMs?: number }) => {
    await working.stop(options);
    await store.close();
    if (faults.length > 0) throw new Error(`${faults.length} faults`, { cause: faults[0] });
  };
  return {
    runtime: working,
    async finish(from, count) {
      const ids = Array.from({ length: count }, (_, index) => `T-${from + index}`);
      await Promise.all(ids.map(id => working.create('task', id, { title: `Task ${id}.`, project: 'shop' })));
      await Promise.all(ids.map(id => working.send(id, { type: 'finish' })));
    },
    async call(actors) {
      const began = performance.now();
      await Promise.all(
        Array.from({ length: actors }, async (_, index) => {
          const { promise, resolve } = Promise.withResolvers<void>();
          answered.set(`caller-${index}`, resolve);
          await working.send(`caller-${index}`, { type: 'call' });
          await promise;
        }),
      );
      return performance.now() - began;
    },
    async killed() {
      await new Promise<void>(resolve => {
        onSent = () => {
          onSent = undefined;
          void closed({ drainMs: 0 }).then(resolve);
        };
      });
    },
    close: () => closed({}),
  };
}

function kindsOf(
  paths: ReturnType<typeof dataPaths>,
  settings: Settings,
  runtime: () => Promise<Runtime>,
): MachineKind[] {
  const forge = { lane: () => forgeLane('home'), deliver: () => ({ type: 'answered' }) };
  return [
    ...kindsFor(paths, { settings: () => settings, runtime }).filter(({ name }) => name !== 'task'),
    { name: 'task', definition: { version: 1 }, build: () => task as never },
    { name: 'caller', definition: { version: 1 }, build: () => caller as never, effects: { call: forge } },
  ];
}
