/** Opens a data directory: the store, the machines with what they need, what was left open. For work or for a look. */
import { rmSync } from 'node:fs';
import { endHurry } from '../actors/git-process.ts';
import type { Orphan } from '../actors/orphans.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Json } from '../domain/json.ts';
import { ownIdentity } from '../host/process-identity.ts';
import { lastWake } from '../host/pulse.ts';
import { writeWhole } from '../host/write-whole.ts';
import { workerId } from '../machines/addresses.ts';
import type { Store } from '../persistence/store.ts';
import type { Runtime, RuntimeObserver, TransitionListener } from '../runtime/index.ts';
import { openReader } from '../runtime/reader.ts';
import { type DataPaths, dataPaths, makeDataDir, openData, requireData } from './data-directory.ts';
import { createForges, type Forges } from './forges.ts';
import { type Chats, createChats } from './outside/chats.ts';
import { createTrackers, type Trackers } from './outside/trackers.ts';
import { defaultSettings, type Settings, settingsOf } from './settings.ts';

/**
 * What a data directory is opened for.
 *
 * - `work`: owns the data and does what is to be done.
 * - `commit`: owns the data and only records events; whoever works next carries them out.
 * - `read`: looks, beside whoever owns the data.
 */
export type Mode = 'work' | 'commit' | 'read';

export interface AppOptions {
  dataDir: string;
  mode: Mode;
  /** Whether a data directory that is not there is made. */
  creates?: boolean;
  /** The configuration by which this process works; whoever works on the whole data puts it in force. */
  configuration?: LoadedConfig | undefined;
  /** Instead of those of the configuration. */
  settings?: Settings;
  /** With `work`: carries out what these actors and those below them ask for, and starts nothing new. */
  only?: readonly string[];
  observer?: RuntimeObserver;
  /** Who hears of every transition from the very beginning on. */
  listeners?: readonly TransitionListener[];
  /** Called with every database statement before it runs. */
  trace?: (sql: string) => void;
  onOrphans?: (orphans: Orphan[]) => void;
  onDamage?: (problems: string[]) => void;
}

export interface App {
  paths: DataPaths;
  store: Store;
  runtime: Runtime;
  /** The clients of the forges in force. */
  forges: Forges;
  trackers: Trackers;
  chats: Chats;
  /** In force in this process now. */
  readonly settings: Settings;
  /** Puts another configuration in force while working: limits and budgets at once, the rest with the next agent. */
  configure(configuration: LoadedConfig): Promise<void>;
  /** Stops cleanly and closes the store. Agents that work go on working. */
  close(options?: { drainMs?: number }): Promise<void>;
}

/**
 * Opens the data directory. Throws `noData` when there is nothing to read, `inUse` when another process owns it,
 * `unavailable` and `invalid` when the database cannot be used.
 */
export async function openApp(options: AppOptions): Promise<App> {
  const { mode, creates = true, only, configuration, trace, onDamage } = options;
  const paths = dataPaths(options.dataDir);
  if (mode === 'read' || !creates) requireData(paths);
  if (mode !== 'read') makeDataDir(paths);
  endHurry();
  const store = await openData({
    file: paths.database,
    readonly: mode === 'read',
    ...(trace && { trace }),
    ...(onDamage && { onDamage }),
  });
  let settings = options.settings ?? (configuration === undefined ? defaultSettings : settingsOf(configuration.config));
  const forges = createForges(() => settings.forges);
  const trackers = createTrackers(() => settings);
  const chats = createChats(() => settings.chats);
  let runtime: Runtime | undefined;
  try {
    runtime = await start(options, { paths, store, forges, trackers, chats, settings: () => settings });
    const isWhole = mode === 'work' && only === undefined;
    const isConfigured = configuration !== undefined || options.settings !== undefined;
    if (mode !== 'read') await ensureWorker(runtime, settings);
    // One command on a task, from wherever it was given, is no reason for other limits.
    if (isWhole && isConfigured) await putInForce(runtime, settings, configuration?.file ?? null);
    // For the work of one actor nothing else is started, also not in the places that it frees.
    if (isWhole) await startReconciling(runtime, settings);
    if (mode === 'work') await runtime.send(workerId, { type: isWhole ? 'worker.started' : 'worker.shutdown' });
  } catch (error) {
    await runtime?.stop({ drainMs: 0 });
    await store.close();
    throw error;
  }
  const working = runtime;
  return {
    paths,
    store,
    runtime: working,
    forges,
    trackers,
    chats,
    get settings() {
      return settings;
    },
    async configure(next) {
      settings = settingsOf(next.config);
      await putInForce(working, settings, next.file);
    },
    async close(closing) {
      await working.stop(closing);
      await store.close();
      if (mode !== 'read') rmSync(paths.lock, { force: true });
    },
  };
}

interface Opened {
  paths: DataPaths;
  store: Store;
  forges: Forges;
  trackers: Trackers;
  chats: Chats;
  settings(): Settings;
}

async function start(
  { mode, only, observer, listeners = [], onOrphans }: AppOptions,
  { paths, store, forges, trackers, chats, settings }: Opened,
): Promise<Runtime> {
  if (mode !== 'read') writeWhole(paths.lock, `${JSON.stringify({ ...ownIdentity(), epoch: store.epoch })}\n`);
  if (mode === 'work') {
    const { endOrphansOf } = await import('./orphans.ts');
    const orphans = await endOrphansOf(paths, store);
    if (orphans.length > 0) onOrphans?.(orphans);
  }
  // Whoever only looks needs no machine for most of it, and nothing of what machines do outside.
  if (mode === 'read') return openReader(store, async () => (await import('./machine-kinds.ts')).machineKinds);
  const [{ startRuntime, systemClock }, { kindsFor }, { prune }, { createLanes }] = await Promise.all([
    import('../runtime/index.ts'),
    import('./kinds.ts'),
    import('./retention.ts'),
    import('./lanes.ts'),
  ]);
  const lanes = createLanes({ now: Date.now, onFault: error => observer?.onFault?.(error) });
  const runtime: Promise<Runtime> = startRuntime({
    store,
    clock: { ...systemClock, lastWake },
    lanes,
    kinds: kindsFor(paths, {
      settings,
      ...{ forges, trackers, chats },
      runtime: () => runtime,
      making: async () => ({ runtime: await runtime, store, paths, settings: settings() }),
      prune: async order => prune({ runtime: await runtime, store, paths }, order),
    }),
    effects: mode !== 'work' ? 'none' : only === undefined ? 'all' : id => isAmong(only, id),
    ...(observer && { observer }),
    listeners: [lanes.listener, ...listeners],
  });
  try {
    await lanes.attach(await runtime);
  } catch (error) {
    await (await runtime).stop({ drainMs: 0 });
    throw error;
  }
  return runtime;
}

async function putInForce(runtime: Runtime, settings: Settings, file: string | null): Promise<void> {
  const { configureServices } = await import('./services.ts');
  await configureServices(runtime, settings, file);
}

async function startReconciling(runtime: Runtime, settings: Settings): Promise<void> {
  const { lookOutside } = await import('./services.ts');
  await lookOutside(runtime, settings);
}

async function ensureWorker(runtime: Runtime, { limits, budgets }: Settings): Promise<void> {
  await runtime.create('worker', workerId, { limits, budgets } as unknown as Json);
}

const isAmong = (actors: readonly string[], id: string) =>
  actors.some(actor => id === actor || id.startsWith(`${actor}.`));
