/** What all commands share: the data directory, JSON output, opening the application and closing it again. */
import type { Command } from 'commander';
import { type App, type AppOptions, openApp, settingsOf } from '../app.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { note } from './output.ts';

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
  return { ...loaded, data: given ?? loaded.config.dataDir, isDataGiven: data !== undefined };
}

export interface Configured extends LoadedConfig {
  data: string;
  /** Whether it was named on the command line, so that a command to type has to name it too. */
  isDataGiven: boolean;
}

/** Opens the application for one piece of work and closes it whatever happens. */
export async function withApp<T>(
  options: Omit<AppOptions, 'dataDir' | 'settings'> & Pick<CommonOptions, 'data' | 'config'>,
  work: (app: App) => Promise<T>,
): Promise<T> {
  const { data: given, config: file, ...rest } = options;
  const { config, data } = await configured({ ...(given && { data: given }), ...(file && { config: file }) });
  const app = await openApp({ dataDir: data, onDamage: warnOfDamage, settings: settingsOf(config), ...rest });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

function warnOfDamage(problems: string[]): void {
  note(`warning: the database is damaged: ${problems[0]}. Stop and restore a backup.`);
}

/** Who acts, for the audit trail: the user of the operating system. */
export function actor(): string {
  return process.env.USER || process.env.LOGNAME || 'cli';
}
