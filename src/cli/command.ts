/** What all commands share: the data directory, JSON output, opening the application and closing it again. */
import type { Command } from 'commander';
import { type App, type AppOptions, openApp } from '../app.ts';
import { note } from './output.ts';

export interface CommonOptions {
  data: string;
  json?: boolean;
}

/** Adds the options that every command on a data directory has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--data <dir>', 'data directory (or SIGNALBOX_DATA)', process.env.SIGNALBOX_DATA || '.signalbox')
    .option('--json', 'print JSON and nothing else');
}

/** Opens the application for one piece of work and closes it whatever happens. */
export async function withApp<T>(
  options: Omit<AppOptions, 'dataDir'> & { data: string },
  work: (app: App) => Promise<T>,
): Promise<T> {
  const { data, ...rest } = options;
  const app = await openApp({ dataDir: data, onDamage: warnOfDamage, ...rest });
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
