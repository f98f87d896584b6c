/**
 * Takes a changed configuration over while the program runs. The last good one holds until there is a better: a file that
 * is broken, half written or gone is reported once and changes nothing.
 */
import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, realpathSync, watch } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import { configNames } from './find.ts';
import { type LoadedConfig, type LoadOptions, loadConfig } from './load.ts';
import type { Config } from './schema.ts';

export interface WatchOptions extends LoadOptions {
  /** The configuration in force; without it, the one that is there when watching begins. */
  current?: Config;
  onChange(loaded: LoadedConfig): void;
  /** What was wrong is fixed, and says what is in force already. */
  onMended?(): void;
  /** What is wrong, once; until it is fixed, the last good configuration stays in force. */
  onProblem(error: SignalboxError): void;
  /** How long no further change may come before the file is read: editors write in several steps. */
  debounceMs?: number;
  /** Calls back after a while and answers how to prevent it; for tests. */
  schedule?(work: () => void, afterMs: number): () => void;
}

export interface ConfigWatch {
  /** Reads the file now, whether it seems to have changed or not (for SIGHUP). */
  reload(): Promise<void>;
  close(): void;
}

/** Watches the configuration until it is closed. Does not keep the process alive. */
export function watchConfig({
  current,
  onChange,
  onMended,
  onProblem,
  debounceMs = 150,
  schedule = later,
  ...source
}: WatchOptions): ConfigWatch {
  let inForce = current;
  let lastRead: string | undefined;
  let lastProblem: string | undefined;
  let isClosed = false;
  let cancel = () => {};
  let working = Promise.resolve();
  let watchers: FSWatcher[] = [];

  const report = (error: unknown) => {
    const problem =
      error instanceof SignalboxError
        ? error
        : new SignalboxError('unavailable', 'configurationUnreadable', messageOf(error), { cause: error });
    if (problem.message === lastProblem) return;
    lastProblem = problem.message;
    onProblem(problem);
  };

  const take = (loaded: LoadedConfig) => {
    const { config } = loaded;
    const wasBroken = lastProblem !== undefined;
    lastProblem = undefined;
    const isNew = inForce !== undefined && !isDeepStrictEqual(config, inForce);
    inForce = config;
    if (isNew) onChange(loaded);
    else if (wasBroken) onMended?.();
  };

  /** One after another, so that an older state of the file never wins over a newer one. */
  const read = (isForced: boolean) => {
    working = working.then(async () => {
      const fingerprint = fingerprintOf(source);
      if (isClosed || (!isForced && fingerprint === lastRead)) return;
      lastRead = fingerprint;
      try {
        const loaded = await loadConfig(source);
        if (!isClosed) take(loaded);
      } catch (error) {
        if (!isClosed) report(error);
      }
    });
    return working;
  };

  const changed = () => {
    cancel();
    cancel = schedule(() => void read(false), debounceMs);
  };

  try {
    watchers = directoriesOf(source).map(directory => {
      const watcher = watch(directory, { persistent: false }, changed);
      watcher.on('error', report);
      return watcher;
    });
  } catch (error) {
    report(
      new SignalboxError(
        'unavailable',
        'configurationUnwatched',
        `Changes of the configuration are not noticed: ${messageOf(error)}. Restart after changing it.`,
        { cause: error },
      ),
    );
  }
  // It may have changed since it was loaded.
  void read(true);

  return {
    reload: () => read(true),
    close() {
      isClosed = true;
      cancel();
      for (const watcher of watchers) watcher.close();
    },
  };
}

function later(work: () => void, afterMs: number): () => void {
  const timer = setTimeout(work, afterMs);
  timer.unref();
  return () => clearTimeout(timer);
}

function candidatesOf({ file, cwd }: LoadOptions): string[] {
  if (file === null) return [];
  return file === undefined ? configNames.map(name => join(cwd, name)) : [resolve(cwd, file)];
}

/** Directories, not the file: editors put a new file in its place. Where it is a link, also where that leads. */
function directoriesOf(source: LoadOptions): string[] {
  const paths = candidatesOf(source);
  return [...new Set([...paths, ...paths.flatMap(path => realPathOf(path) ?? [])].map(path => dirname(path)))];
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Which files are there, with which content. */
function fingerprintOf(source: LoadOptions): string {
  const hash = createHash('sha256');
  for (const path of candidatesOf(source)) {
    hash.update(`${basename(path)}\0`);
    try {
      hash.update(readFileSync(path)).update('\0');
    } catch (error) {
      hash.update(`${(error as NodeJS.ErrnoException).code}\0`);
    }
  }
  return hash.digest('hex');
}
