/** Puts a task's sandbox around a command: the agent's process, and whatever runs on what the agent has written. */
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { SandboxSpec } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { Sandboxed } from '../host/sandbox.ts';
import { sandboxes } from '../host/sandboxes/index.ts';
import { isMounted, isWithin, realPath } from '../host/sandboxes/layout.ts';
import { type GitDirs, notedGitDirs, worktreeSettings } from './git.ts';
import { inside } from './paths.ts';

export interface SandboxPlace {
  spec: SandboxSpec;
  /** Names the container, where there is one. */
  name: string;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  worktree: string;
  /** Where in it; its top when left out. */
  cwd?: string;
  branch: string;
  taskId: string;
  /** The name of its home, where it is not that of the task. */
  home?: string;
  dataDir: string;
  /** Readable for the command. */
  runDir: string;
  /** The program as the configuration names it: its own files are readable too, wherever they lie. */
  program?: readonly string[];
}

/** The private home of a task's sandboxed commands: sessions are there, so it lives as long as the task. */
export const homeOf = (dataDir: string, taskId: string) => inside(join(dataDir, 'homes'), taskId);

/** The git directories of a worktree of ours. Throws `unavailable` when it was never prepared. */
export function gitDirsOf(worktree: string): GitDirs {
  const dirs = notedGitDirs(worktree);
  if (dirs === undefined)
    throw new SignalboxError('unavailable', 'worktreeGone', `${worktree} is no worktree that Signalbox has made.`);
  return dirs;
}

/** Where on this machine is what a sandboxed command of a task calls by this path; null for what it has to itself, or nowhere. */
export function outsidePath(
  { spec, env, taskId, dataDir }: Pick<SandboxPlace, 'spec' | 'env' | 'taskId' | 'dataDir'>,
  path: string,
): string | null {
  if (spec.driver === 'none') return path;
  if (isMounted(spec, path)) return realPath(path);
  // Inside there is nothing of what the user's home is linked to.
  if (env.HOME === undefined || !isWithin(env.HOME, path)) return null;
  const own = homeOf(dataDir, taskId);
  const way = relative(env.HOME, path);
  // It writes there, links as well.
  return realPath(join(own, way)) === join(realPath(own), way) ? join(own, way) : null;
}

/** The command line inside the sandbox. Without one it is what it was. */
export function sandboxed(place: SandboxPlace): Sandboxed {
  const { spec, name, argv, env, worktree, cwd = worktree, branch, taskId, home = taskId, dataDir, runDir } = place;
  const { program = [] } = place;
  if (spec.driver === 'none') return { argv: [...argv], env: { ...env } };
  const { own, common, borrowed } = gitDirsOf(worktree);
  return sandboxes[spec.driver].wrap({
    spec,
    name,
    argv,
    cwd: worktree,
    startIn: cwd,
    env,
    // A checkout that borrows its objects is judged in; nobody commits there.
    writable: borrowed === undefined ? [own, ...writableIn(common, branch)] : [],
    readable: [runDir, common, borrowed ?? emptySettingsIn(own), ...filesOf(program, [dataDir, worktree])],
    hidden: [dataDir],
    home: homeOf(dataDir, home),
  });
}

/**
 * The files that a command line names by their places: whoever has named his own script has not to mount it as well. What
 * agents must not see stays hidden, and what lies in the worktree is there.
 */
function filesOf(program: readonly string[], but: readonly string[]): string[] {
  return program.filter(word => {
    if (!isAbsolute(word) || !statSync(word, { throwIfNoEntry: false })?.isFile()) return false;
    return !but.some(directory => isWithin(realPath(directory), realPath(word)));
  });
}

/**
 * Settings of a worktree's own name programs that git runs, ours as well, which looks at it while the agent works. There are none,
 * and it cannot make any.
 */
function emptySettingsIn(gitDir: string): string {
  const file = join(gitDir, worktreeSettings);
  rmSync(file, { recursive: true, force: true });
  writeFileSync(file, '', { flag: 'wx' });
  return file;
}

/**
 * What a commit to the branch writes in the repository, and no more: other branches, the checkpoints, hooks and the
 * configuration stay out of reach. A repository whose refs are no files has to be writable as a whole.
 */
function writableIn(common: string, branch: string): string[] {
  if (existsSync(join(common, 'reftable'))) return [common];
  const folder = dirname(`refs/heads/${branch}`);
  // What git-lfs keeps of large files is there once one is used.
  const large = existsSync(join(common, 'lfs')) ? ['lfs'] : [];
  const paths = ['objects', folder, join('logs', folder), ...large].map(path => join(common, path));
  for (const path of paths) mkdirSync(path, { recursive: true });
  return paths;
}
