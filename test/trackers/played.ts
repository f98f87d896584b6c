/**
 * Signalbox at a tracker, with everything real but the work itself: the machines, the runtime, the clients, the webhooks over
 * HTTP. Agents, gates and git are played, and time is moved by hand, for the tracker as well; so a case takes milliseconds.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { type AnyActorLogic, fromPromise } from 'xstate';
import { dataPaths } from '../../src/app/data-directory.ts';
import { takeDelivery } from '../../src/app/deliveries.ts';
import { createForges } from '../../src/app/forges.ts';
import { kindsFor } from '../../src/app/kinds.ts';
import { createLanes } from '../../src/app/lanes.ts';
import { createChats } from '../../src/app/outside/chats.ts';
import { configureOutside, lookAtTrackers } from '../../src/app/outside/services.ts';
import { createTrackers } from '../../src/app/outside/trackers.ts';
import { createAccounts, sendersFor } from '../../src/app/senders.ts';
import { type Settings, settingsOf } from '../../src/app/settings.ts';
import { loadConfig } from '../../src/config/load.ts';
import { secretsOf } from '../../src/config/secrets.ts';
import { workerId } from '../../src/machines/addresses.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import type { WordContext } from '../../src/machines/word.ts';
import { createMemoryDisk, openMemoryStore } from '../../src/persistence/memory.ts';
import type { EventObject, Store } from '../../src/persistence/store.ts';
import type { MachineKind, Runtime } from '../../src/runtime/index.ts';
import { createFakeClock } from '../support/clock.ts';
import { playedMachine } from '../support/jobs.ts';
import { startTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { type Played, playedWork } from './work.ts';

/** A clock for both sides: `Date` of this process goes with it. */
export function createSharedClock() {
  vi.useFakeTimers({ toFake: ['Date'], now: Math.floor(Date.now() / 1_000) * 1_000 });
  onTestFinished(() => void vi.useRealTimers());
  const inner = createFakeClock(Date.now());
  const set = (at: number) => {
    vi.setSystemTime(at);
    inner.set(at);
  };
  return { ...inner, set, advance: (ms: number) => set(inner.now() + ms) };
}

type SharedClock = ReturnType<typeof createSharedClock>;

export interface LifeOptions {
  clock: SharedClock;
  /** Where the configuration lies, and the variables that it names. */
  directory: string;
  env: Record<string, string>;
  work?: Played;
  /** Until all webhooks that were sent have arrived. */
  settled(): Promise<unknown>;
  /** Opens the data anew; in memory unless a test says otherwise. */
  open?: (directory: string) => Store;
}

/** Counts what is under way, so that a test knows when nothing is. */
function createCount() {
  let open = 0;
  const counted =
    <Arguments extends unknown[], T>(work: (...given: Arguments) => T | Promise<T>) =>
    async (...given: Arguments): Promise<T> => {
      open += 1;
      try {
        return await work(...given);
      } finally {
        open -= 1;
      }
    };
  const actor = (logic: AnyActorLogic): AnyActorLogic => {
    const { config } = logic as unknown as { config: (given: never) => Promise<unknown> };
    return fromPromise(counted(config) as never) as AnyActorLogic;
  };
  const effect = (one: unknown): unknown => {
    if (typeof one === 'function') return counted(one as (given: unknown) => unknown);
    const { deliver } = one as { deliver?: (given: unknown) => unknown };
    return deliver === undefined ? one : { ...(one as object), deliver: counted(deliver) };
  };
  const each = <T, U>(all: Record<string, T> | undefined, change: (one: T) => U) =>
    Object.fromEntries(Object.entries(all ?? {}).map(([name, one]) => [name, change(one)]));
  return {
    isQuiet: () => open === 0,
    counted,
    kind: (kind: MachineKind): MachineKind => ({
      ...kind,
      actors: (asking.has(kind.name) ? each(kind.actors, actor as never) : kind.actors) as never,
      effects: each(kind.effects, effect) as never,
    }),
  };
}

/** Those whose actors all end by themselves; others follow something for as long as they live. */
const asking = new Set(['conversation', 'word', 'candidate', 'intake', 'routine', 'task']);

/** Works by a configuration until it is killed, and again on the same data. */
export async function liveAtTracker({ clock, directory, env, work = playedWork(), settled, ...options }: LifeOptions) {
  const disk = createMemoryDisk();
  const open = options.open ?? (() => openMemoryStore(disk));
  const count = createCount();
  let settings: Settings;
  const configure = async () => {
    settings = settingsOf((await loadConfig({ cwd: directory, env })).config);
  };
  await configure();
  const trackers = createTrackers(() => settings);
  const chats = createChats(() => settings.chats);
  const forges = createForges(() => settings.forges);
  const accounts = createAccounts(() => settings, forges, trackers);
  let system: TestRuntime | undefined;
  const runtime = async (): Promise<Runtime> => system!.runtime;
  const paths = dataPaths(join(directory, 'data'));

  const kinds = (store: () => Store): MachineKind[] =>
    kindsFor(paths, {
      settings: () => settings,
      ...{ trackers, chats, forges, runtime },
      making: async () => ({ runtime: await runtime(), store: store(), paths, settings }) as never,
    }).map(kind => count.kind(playing(kind, work)));

  const settle = async () => {
    for (let quiet = 0; quiet < 3; ) {
      const before = system!.transitions.length;
      await settled();
      await system!.settle();
      if (!count.isQuiet()) await new Promise(resolve => setTimeout(resolve, 1));
      quiet = count.isQuiet() && before === system!.transitions.length ? quiet + 1 : 0;
    }
  };
  const begin = async () => {
    const store = open(directory);
    const lanes = createLanes({ now: clock.now, onFault: error => void system?.faults.push(error) });
    system = await startTestRuntime({ kinds: kinds(() => store), clock, store, lanes, listeners: [lanes.listener] });
    await lanes.attach(system.runtime);
    const { limits, budgets } = settings;
    await system.runtime.create('worker', workerId, { limits, budgets } as never);
    await configureOutside(system.runtime, settings);
    await lookAtTrackers(system.runtime, settings);
    await settle();
  };
  const taken = count.counted(async (kind: string, headers: object, body: Buffer) => {
    const secrets = () => secretsOf(settings).map(secret => secret.reveal());
    const taker = { runtime: await runtime(), ownAccounts: accounts.of, secrets, now: Date.now };
    return takeDelivery(taker, sendersFor(settings, kind, null), { headers: headers as never, body });
  });
  const webhooks = await listenForWebhooks(taken);
  for (const name of [...Object.keys(settings!.forges), ...Object.keys(settings!.trackers)]) accounts.of(name);
  await begin();
  onTestFinished(() => system!.runtime.stop({ drainMs: 0 }));

  const advance = async (ms: number) => {
    const end = clock.now() + ms;
    while (clock.now() < end) {
      const due = (await system!.store.nextTimer()) ?? end;
      clock.set(Math.min(end, Math.max(due, clock.now() + 1)));
      await settle();
    }
  };
  const wordsOf = async (taskId: string): Promise<WordContext[]> => {
    const rows = await system!.runtime.list({ kind: 'word', tags: [`task:${encodeURIComponent(taskId)}`], limit: 200 });
    return rows.map(({ snapshot }) => (JSON.parse(snapshot) as { context: WordContext }).context).reverse();
  };
  return {
    ...{ work, clock, settle, advance, webhooks, trackers, wordsOf },
    get settings() {
      return settings;
    },
    system: () => system!,
    /** As a person does over REST. */
    send: async (id: string, event: EventObject) => {
      const receipt = await system!.runtime.send(id, event, { source: 'rest:ann' });
      await settle();
      return receipt;
    },
    context: async (id: string) => (await system!.context(id)) as unknown as TaskContext,
    /** What a task was told by people, and whether it took it. */
    async decisions(id: string): Promise<string[]> {
      const log = await system!.runtime.log(id, { after: 0, limit: 1_000 });
      return log
        .filter(({ type }) => type.startsWith('task.') && type !== 'task.awaited')
        .map(({ type, outcome }) => `${type} ${outcome}`);
    },
    /** The newest first. */
    async deliveries() {
      const rows = await system!.runtime.list({ kind: 'delivery', limit: 200 });
      return rows.map(({ snapshot }) => (JSON.parse(snapshot) as { context: DeliveryShown }).context);
    },
    async configure() {
      await configure();
      await configureOutside(system!.runtime, settings);
      await settle();
    },
    async kill() {
      await system!.runtime.stop({ drainMs: 0 });
      await system!.store.close();
      await begin();
    },
  };
}

export type Life = Awaited<ReturnType<typeof liveAtTracker>>;

export interface DeliveryShown {
  event: string;
  outcome: string;
  reason: string | null;
  events: { actor: string; type: string; outcome: string; reason: string | null }[];
}

function playing(kind: MachineKind, work: Played): MachineKind {
  if (kind.name === 'agentRun') {
    const machine = playedMachine('agentRun', fromPromise(work.run as never) as AnyActorLogic);
    return { name: 'agentRun', definition: { version: 1 }, build: () => machine, actors: {}, effects: {} };
  }
  if (kind.name === 'gate') return { ...kind, actors: { judge: fromPromise(work.judge as never) as AnyActorLogic } };
  if (kind.name !== 'task') return kind;
  const played = Object.entries(work.task).map(([name, play]) => [
    name,
    fromPromise(async ({ input }) => (play as (given: unknown) => unknown)(input)) as AnyActorLogic,
  ]);
  return {
    ...kind,
    actors: { ...kind.actors, ...Object.fromEntries(played) },
    // Nothing of it is in any repository.
    effects: { ...kind.effects, removeWorktree: () => {}, setStatus: () => {} },
  };
}

/** Where webhooks come in; answers the address for each kind. */
async function listenForWebhooks(taken: (kind: string, headers: object, body: Buffer) => Promise<unknown>) {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const answer = await taken(request.url!.slice(1), request.headers, Buffer.concat(pieces)).catch(() => undefined);
    response.writeHead(answer === undefined ? 500 : 200).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (kind: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${kind}`;
}
