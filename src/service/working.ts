/** Works on a data directory: opens it, goes on with what is there, and answers whoever asks here meanwhile. */

import { join } from 'node:path';
import { followActivity } from '../app/agent-log.ts';
import { contextOf } from '../app/context.ts';
import { type App, type AppOptions, openApp } from '../app/open.ts';
import { interruptAll } from '../app/shutdown.ts';
import { version } from '../app/version.ts';
import { isWorkedOn, type LocalSignalbox, type Planned } from '../client/local.ts';
import { clientOn } from '../client/on-site.ts';
import { patiently } from '../client/patience.ts';
import type { Signalbox } from '../client/signalbox.ts';
import type { Identity } from '../client/who.ts';
import { findConfig } from '../config/find.ts';
import type { LoadedConfig } from '../config/load.ts';
import { type ConfigWatch, watchConfig } from '../config/watch.ts';
import { isBecause, messageOf } from '../domain/errors.ts';
import { type AgentRunContext, attemptId } from '../machines/agent-run-context.ts';
import { entriesOf } from '../operations/entries.ts';
import type { FeedEntry } from '../operations/feed-entry.ts';
import { runRow } from '../operations/find.ts';
import type { Site } from '../operations/operation.ts';
import { performOn } from '../operations/perform.ts';
import type { TaskView } from '../operations/views/task.ts';
import type { StoredLogEntry } from '../persistence/store.ts';
import type { RuntimeObserver, TransitionListener } from '../runtime/index.ts';

import { type Logger, silentLogger } from './log.ts';
import { openSocket } from './socket.ts';

export type { FeedEntry } from '../operations/feed-entry.ts';
export type { TaskView } from '../operations/views/task.ts';

/** Told of what people should know while work goes on. */
export interface WorkNews {
  note(text: string): void;
  warn(text: string): void;
  /** Another process has taken over and goes on with everything, agents included. */
  onTakenOver(): void;
  /** Every transition, in order. */
  onEntry(entry: FeedEntry): void;
  /** Where requests are told of; nowhere without it. */
  logger?: Logger;
  /** Counts what happens, from the first commit on. */
  watch?: { listener: TransitionListener; onCommit: NonNullable<RuntimeObserver['onCommit']> };
}

/** What an agent does now, for a line that lives. */
export type Activity = ReturnType<typeof followActivity>;

export interface Working extends Signalbox {
  /** The open data, for those who have others ask here. */
  readonly site: Site;
  /** The same under another name for the record. */
  as(name: string): Signalbox;
  /** Makes a task of an order that was planned. */
  begin(planned: Planned): Promise<TaskView>;
  /** What the agent of a run's present attempt does, as it comes. */
  activity(agentId: string): Promise<Activity>;
  /** Resolves when everything that was committed so far has been told. */
  caughtUp(): Promise<void>;
  /** Told of each configuration that comes into force from now on. */
  onConfiguration(listener: (next: LoadedConfig) => void): void;
  /** Stops all agents after a checkpoint; their runs go on when somebody works here next. */
  interrupt(by: string): Promise<void>;
}

/**
 * Opens the data directory for work and takes over what was left there. `asGiven` is the configuration with what the command
 * line says instead. Throws `inUse` while another process has it.
 */
export async function openWorking(
  local: LocalSignalbox,
  identity: Identity,
  news: WorkNews,
  asGiven: (loaded: LoadedConfig) => LoadedConfig = loaded => loaded,
): Promise<Working> {
  const configuration = await local.here.configuration();
  const { createTracing } = await import('../observability/tracing.ts');
  const backlog: StoredLogEntry[] = [];
  let deliver = (line: StoredLogEntry): void => {
    backlog.push(line);
  };
  const dataDir = await local.here.dataDir();
  const app = await openPatiently(local, {
    dataDir,
    mode: 'work',
    configuration,
    listeners: [line => deliver(line), ...(news.watch === undefined ? [] : [news.watch.listener])],
    observer: {
      ...(news.watch && { onCommit: news.watch.onCommit }),
      tracing: createTracing({ version: version(), onFault: error => news.warn(messageOf(error)) }),
      onDeadLetter: ({ actorId, type, error }) => news.warn(`${type} of ${actorId} waits for a person: ${error}`),
      onFault(error) {
        news.warn(messageOf(error));
        if (isBecause(error, 'takenOver')) news.onTakenOver();
      },
    },
    onOrphans(orphans) {
      for (const { runId, processes } of orphans) news.note(`ended ${processes} process(es) left behind by ${runId}`);
    },
    onDamage: problems => news.warn(`the database is damaged: ${problems[0]}. Stop and restore a backup.`),
  });
  let inForce = configuration;
  const listeners: ((next: LoadedConfig) => void)[] = [];
  const site: Site = Object.assign(app, { here: { ...local.here, configuration: async () => asGiven(inForce) } });
  const { take, caughtUp } = inOrder(entriesOf(app.runtime), news);
  deliver = take;
  for (const line of backlog) deliver(line);
  const watch = watchFor(local, configuration, news, async next => {
    inForce = next;
    for (const listener of listeners) listener(next);
    await app.configure(next);
  });
  // In the background: what takes a moment to be loaded must not keep work waiting.
  const door = openSocket(site, news.logger ?? silentLogger).catch((error: unknown) => {
    news.warn(`nobody else can ask here: ${messageOf(error)}`);
    return undefined;
  });
  // Whatever it waits for, it waits: no timer of the runtime has to keep the process alive.
  const alive = setInterval(() => {}, 60_000);

  return {
    ...clientOn(site, identity),
    site,
    as: name => clientOn(site, { ...identity, name }),
    begin: async ({ admitted, plan }) => (await performOn(admitted, site, plan)) as TaskView,
    async activity(agentId) {
      const row = await runRow(app.runtime, agentId);
      const { agent, attempt } = contextOf<AgentRunContext>(row);
      return followActivity(agent.kind, join(app.paths.runsDir, attemptId(row.id, attempt)));
    },
    caughtUp,
    onConfiguration: listener => void listeners.push(listener),
    interrupt: by => interruptAll(app, by),
    async close() {
      clearInterval(alive);
      watch.close();
      // First nobody comes in any more; what was ordered already is carried out.
      await (await door)?.close();
      await app.close();
    },
  };
}

/** Whoever owns the data for the moment of a command is waited for; whoever works there is not. */
function openPatiently(local: LocalSignalbox, options: AppOptions): Promise<App> {
  return patiently(
    () => openApp(options),
    async error => isBecause(error, 'inUse') && !(await isWorkedOn(local.here)),
  );
}

/** Hands on entries one after another, each when its machine has been asked what it says. */
function inOrder(entryOf: (line: StoredLogEntry) => Promise<FeedEntry>, { onEntry, warn }: WorkNews) {
  let last = Promise.resolve();
  return {
    take(line: StoredLogEntry): void {
      const next = entryOf(line);
      next.catch(() => {});
      last = last
        .then(async () => onEntry(await next))
        .catch(error => warn(`an event could not be told: ${messageOf(error)}`));
    },
    caughtUp: () => last,
  };
}

function watchFor(
  local: LocalSignalbox,
  { file, config: current }: LoadedConfig,
  news: WorkNews,
  putInForce: (next: LoadedConfig) => Promise<void>,
): ConfigWatch {
  const { cwd, env } = local.here;
  return watchConfig({
    // One in this directory that was not loaded is not meant.
    file: file ?? (findConfig(cwd) === null ? undefined : null),
    cwd,
    env,
    current,
    onChange(next) {
      news.note('the configuration has changed and is in force; tasks keep the agents that they began with');
      for (const warning of next.warnings) news.warn(warning);
      putInForce(next).catch(error => news.warn(messageOf(error)));
    },
    onMended: () => news.note('the configuration can be read again; it says what is in force already'),
    onProblem: problem => news.warn(`the last good configuration stays in force: ${problem.message}`),
  });
}
