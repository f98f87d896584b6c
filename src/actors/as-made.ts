/**
 * What a worktree held before any agent saw it and git does not count as committed: what a hook has made, and files that git
 * shows as changed for their line endings alone. None of it is an agent's work.
 */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../host/write-whole.ts';
import { type Git, gitDirOf } from './git.ts';
import { worktreeState } from './worktree-state.ts';

const noted = z.object({
  /** Paths from the top, with the hash of what was in them as it lies there. */
  files: z.record(z.string(), z.string()),
  /** Whole folders, with a slash at the end. */
  folders: z.array(z.string()),
  /** What git ignores of it. */
  ignored: z.array(z.string()).default([]),
});
type AsMade = z.output<typeof noted>;

const nothing: AsMade = { files: {}, folders: [], ignored: [] };
const noteAt = (gitDir: string) => join(gitDir, 'signalbox-as-made.json');

/** Notes it for the life of the worktree. */
export async function noteAsMade(git: Git): Promise<void> {
  const { changed, others, ignored } = await worktreeState(git, { ignored: true, folders: true });
  const shown = [...changed, ...others];
  const folders = shown.filter(path => path.endsWith('/'));
  const paths = shown.filter(path => !path.endsWith('/'));
  const hashes = await hashesOf(git, paths);
  const files = Object.fromEntries(paths.flatMap((path, index) => (hashes[index] ? [[path, hashes[index]]] : [])));
  writeWhole(noteAt(await gitDirOf(git)), JSON.stringify({ files, folders, ignored } satisfies AsMade));
}

/** The paths that are as they were made; folders end in a slash. */
export async function pathsAsMade(git: Git): Promise<string[]> {
  const { files, folders } = readNote(noteAt(await gitDirOf(git)));
  const paths = Object.keys(files);
  if (paths.length === 0) return folders;
  const hashes = await hashesOf(git, paths);
  return [...folders, ...paths.filter((path, index) => files[path] === hashes[index])];
}

/** What git ignores and was there from the beginning. */
export const ignoredAsMade = async (git: Git): Promise<string[]> => readNote(noteAt(await gitDirOf(git))).ignored;

/** As `git clean -e` and ignore files write it: this path alone, whatever is in its name. */
export const asPattern = (path: string): string => `/${path.replace(/[\\*?[\]!# ]/g, '\\$&')}`;

function readNote(file: string): AsMade {
  if (!existsSync(file)) return nothing;
  try {
    return noted.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // An agent can write there; without the note all of it counts as work, which nobody loses.
    return nothing;
  }
}

/** Of what lies there, without any filter; empty for what is no file, or gone. */
async function hashesOf(git: Git, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const top = await git(['rev-parse', '--show-toplevel']);
  const isFile = (path: string) => lstatSync(join(top, path), { throwIfNoEntry: false })?.isFile() ?? false;
  const there = paths.filter(path => !path.includes('\n') && isFile(path));
  if (there.length === 0) return paths.map(() => '');
  const { stdout } = await git.result(['hash-object', '--no-filters', '--stdin-paths'], {
    input: `${there.join('\n')}\n`,
  });
  const hashes = stdout.trim().split('\n');
  return paths.map(path => hashes[there.indexOf(path)] ?? '');
}
