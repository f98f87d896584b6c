/** Files that decide what git does for everybody, beside the settings of the repository. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readPlain } from './paths.ts';

/** Hashes by the name for people: hooks and rules of a repository, and the user's own configuration, as git finds them. */
export function decidingFiles(common: string): Record<string, string> {
  const hooks = join(common, 'hooks');
  const own = existsSync(hooks) ? readdirSync(hooks).filter(name => !name.endsWith('.sample')) : [];
  const inRepository = [...own.map(name => `hooks/${name}`), 'info/attributes', 'info/exclude'];
  const { XDG_CONFIG_HOME = join(homedir(), '.config') } = process.env;
  const paths: [string, string][] = [
    ...inRepository.map((name): [string, string] => [`${name} of the repository`, join(common, name)]),
    ["the user's .gitconfig", join(homedir(), '.gitconfig')],
    ["the user's git/config", join(XDG_CONFIG_HOME, 'git/config')],
  ];
  const found = paths.flatMap(([name, path]) => {
    const bytes = readPlain(path);
    return bytes === undefined ? [] : [[name, createHash('sha256').update(bytes).digest('hex')]];
  });
  return Object.fromEntries(found);
}
