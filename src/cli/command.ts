/** What all commands share: the data directory, JSON output, opening the application and closing it again. */

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { dataPaths } from '../app/data-directory.ts';
import { type App, type AppOptions, openApp } from '../app/open.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { messageOf } from '../domain/errors.ts';
import { note, warn } from './output.ts';

export interface CommonOptions {
  /** Where the data lies; the configuration's place without it. */
  data?: string;
  config?: string;
  json?: boolean;
}

/** Adds the options that every command on a data directory has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--data <dir>', 'data directory (or SIGNALBOX_DATA)')
    .option('--config <file>', 'configuration file (signalbox.config.yaml in the working directory)')
    .option('--json', 'print JSON and nothing else');
}

/** The configuration that holds for a command, and the data directory that it works on. */
export async function configured({ data, config }: Pick<CommonOptions, 'data' | 'config'>): Promise<Configured> {
  const loaded = await loadConfig({ file: config, cwd: process.cwd(), env: process.env });
  const given = data ?? (process.env.SIGNALBOX_DATA || undefined);
  return { ...loaded, data: given ?? loaded.config.dataDir };
}

export interface Configured extends LoadedConfig {
  data: string;
}

/** Opens the application for one piece of work and closes it whatever happens. */
export async function withApp<T>(
  options: Omit<AppOptions, 'dataDir' | 'configuration'> & Pick<CommonOptions, 'data' | 'config'>,
  work: (app: App) => Promise<T>,
): Promise<T> {
  const { data: given, config: file, ...rest } = options;
  const place = await placeFor({ ...(given && { data: given }), ...(file && { config: file }) });
  const app = await openApp({ onDamage: warnOfDamage, ...place, ...rest });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

/**
 * Where the data lies, and the settings that hold for it. A configuration that is broken takes nobody the sight of what
 * goes on, nor the means to stop it: the settings in force stay as they are.
 */
async function placeFor(
  options: Pick<CommonOptions, 'data' | 'config'>,
): Promise<Pick<AppOptions, 'dataDir' | 'configuration'>> {
  try {
    const { data, ...configuration } = await configured(options);
    return { dataDir: data, configuration };
  } catch (error) {
    const dataDir = options.data ?? (process.env.SIGNALBOX_DATA || '.signalbox');
    if (options.config !== undefined || !existsSync(dataPaths(dataDir).database)) throw error;
    warn(`the configuration is left aside: ${messageOf(error)}`);
    return { dataDir };
  }
}

function warnOfDamage(problems: string[]): void {
  note(`warning: the database is damaged: ${problems[0]}. Stop and restore a backup.`);
}

/** Who acts, for the audit trail: the user of the operating system. */
export function actor(): string {
  return process.env.USER || process.env.LOGNAME || 'cli';
}
