/** Where a configuration is looked for. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SignalboxError } from '../domain/errors.ts';

/** What a configuration may be called in the working directory. */
export const configNames = ['yaml', 'yml', 'json', 'ts', 'mjs'].map(extension => `signalbox.config.${extension}`);

/** The configuration file of a directory, absolute, or null. Throws `invalid` when there are two. */
export function findConfig(cwd: string): string | null {
  const found = configNames.filter(name => existsSync(join(cwd, name)));
  if (found.length > 1) {
    throw new SignalboxError(
      'invalid',
      'severalConfigurations',
      `There are ${found.length} configurations in ${cwd}: ${found.join(' and ')}. Remove all but one.`,
      { remedy: { say: 'choose one', field: 'config' } },
    );
  }
  return found[0] === undefined ? null : join(cwd, found[0]);
}
