/** A directory with a configuration in it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { SignalboxError } from '../../src/domain/errors.ts';
import { temporaryDirectory } from '../support/temporary.ts';

type Env = Record<string, string>;

export function configPlace(files: Record<string, string> = {}) {
  const directory = temporaryDirectory();
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const load = (env: Env = {}, file?: string) =>
    loadConfig({ cwd: directory, env: { HOME: '/home/ann', ...env }, file });
  return {
    directory,
    write,
    load,
    /** The error of loading it. */
    async refusal(env: Env = {}, file?: string): Promise<SignalboxError> {
      return load(env, file).then(
        () => {
          throw new Error('The configuration was accepted.');
        },
        error => error as SignalboxError,
      );
    },
  };
}

/** A place with this text as `signalbox.config.yaml`. */
export const yamlPlace = (text: string) => configPlace({ 'signalbox.config.yaml': text });
