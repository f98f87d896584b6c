/** What can be known of a repository of the user's without asking git each time. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Git, listed } from './git.ts';
import { remembered } from './remembered.ts';

export interface Repository {
  /** `sha1` or `sha256`. */
  format: string;
  /** Its git directory, that of its objects, and the list of commits without parents where it is shallow. Absolute. */
  common: string;
  objects: string;
  shallow: string;
}

const mostKept = 64;
const places = remembered<Repository>(mostKept);
const settings = remembered<string[]>(mostKept);

/** The same as long as the directory is the same one. */
export function repositoryOf(git: Git): Promise<Repository> {
  const inode = (path: string) => statSync(path, { throwIfNoEntry: false })?.ino;
  const which = [git.directory, inode(git.directory), inode(join(git.directory, '.git'))].join('\0');
  return places(which, async () => {
    const paths = ['--git-common-dir', '--git-path', 'objects', '--git-path', 'shallow'];
    const answer = await git(['rev-parse', '--show-object-format', '--path-format=absolute', ...paths]);
    const [format = '', common = '', objects = '', shallow = ''] = answer.split('\n');
    return { format, common, objects, shallow };
  });
}

/** Its own configuration: `key`, a line feed and the value of each entry. It is the same as long as the file says the same. */
export async function settingsOf(git: Git): Promise<string[]> {
  const file = join((await repositoryOf(git)).common, 'config');
  const ask = () => listed(git, ['config', '--local', '--list', '-z']);
  const text = readFileSync(file, 'utf8');
  return /^\s*\[\s*include/im.test(text) ? ask() : settings(`${file}\0${text}`, ask);
}
