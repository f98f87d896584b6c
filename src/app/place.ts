/**
 * Where a command was given, and what that means: which data directory, and which configuration. Settings belong to the
 * data: the file that whoever works on it has put in force is meant by every command, from wherever it is given.
 */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findConfig } from '../config/find.ts';
import type { Environment, LoadedConfig } from '../config/load.ts';
import { askOnce } from '../domain/ask-once.ts';
import { messageOf } from '../domain/errors.ts';
import { workerId } from '../machines/addresses.ts';
import type { WorkerContext } from '../machines/worker-context.ts';
import type { ActorRow } from '../persistence/store.ts';
import { contextOf } from './context.ts';
import { dataPaths, openData } from './data-directory.ts';

export interface Place {
  cwd: string;
  env: Environment;
  /** The data directory that was named, if one was. */
  data?: string | undefined;
  /** The configuration file that was named, if one was. */
  config?: string | undefined;
  /** Told what is not as somebody may believe. */
  warn(text: string): void;
}

export interface Located {
  dataDir(): Promise<string>;
  /** The configuration file that is meant, whether it holds or not; null for none, undefined for one that is looked for here. */
  configurationFile(): Promise<string | null | undefined>;
  /** The configuration in force. Throws what is wrong with it. */
  configuration(): Promise<LoadedConfig>;
}

const usualDataDir = '.signalbox';

/** Looks only at what is asked for, and at each thing once; what has failed is looked at again. */
export function locate(place: Place): Located {
  const { cwd, env, config, warn } = place;
  const load = async (file: string | null | undefined) =>
    (await import('../config/load.ts')).loadConfig({ file, cwd, env });
  const given = place.data ?? (env.SIGNALBOX_DATA || undefined);

  const own = askOnce(() => load(config));
  const dataDir = askOnce(async () => {
    if (given !== undefined) return resolve(cwd, given);
    const usual = resolve(cwd, usualDataDir);
    try {
      if (config === undefined && findConfig(cwd) === null) return usual;
      return resolve(cwd, (await own()).config.dataDir);
    } catch (error) {
      // A configuration that is broken takes nobody the sight of what goes on, nor the means to stop it.
      if (config !== undefined || !existsSync(dataPaths(usual).database)) throw error;
      warn(`the configuration is left aside: ${messageOf(error)}`);
      return usual;
    }
  });
  const configurationFile = askOnce(async () => {
    if (config !== undefined) return config;
    const directory = await dataDir();
    const inForce = await readInForce(directory);
    // Somebody has worked with all defaults. A configuration that was written since, where the data belongs, is meant.
    if (inForce === null) return (await isAtHome(directory)) ? undefined : null;
    if (inForce === undefined || existsSync(inForce)) return inForce;
    const here = findConfig(cwd);
    const instead = here === null ? 'the defaults hold' : `${here} is taken`;
    warn(`the configuration in force, ${inForce}, is not there any more; ${instead}`);
    return undefined;
  });
  const configuration = askOnce(async () => {
    const file = await configurationFile();
    return file === undefined || file === config ? own() : load(file);
  });
  const isAtHome = async (directory: string) =>
    given === undefined ||
    own().then(
      ({ config: { dataDir: usual } }) => resolve(cwd, usual) === directory,
      () => false,
    );
  return { dataDir, configurationFile, configuration };
}

/** The configuration file that whoever worked last on this data has put in force; null for none, undefined when nobody has. */
async function readInForce(dataDir: string): Promise<string | null | undefined> {
  const { database } = dataPaths(dataDir);
  if (!existsSync(database)) return undefined;
  const store = await openData({ file: database, readonly: true });
  try {
    return configurationOf(await store.actor(workerId));
  } finally {
    await store.close();
  }
}

function configurationOf(worker: ActorRow | undefined): string | null | undefined {
  if (worker === undefined) return undefined;
  return contextOf<Partial<WorkerContext>>(worker).configuration;
}
