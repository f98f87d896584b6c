/**
 * The worktrees of a repository. Git writes what it knows of them file by file, without a lock: whoever lists or prunes them while
 * one is made fails on its half, or takes it away. So we make and remove one at a time, and try again where another git is at it.
 */
import { realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../domain/errors.ts';
import { type Git, realpathOr, whole } from './git.ts';
import { inTurn } from './in-turn.ts';
import { resolveCommit } from './refs.ts';

export interface ListedWorktree {
  path: string;
  /** The full name of the branch that is checked out there; undefined where that is none. */
  branch: string | undefined;
  isLocked: boolean;
  /** Whether git would forget it: it is not there any more. */
  isPrunable: boolean;
}

/** As `git worktree list --porcelain` tells of them, the repository's own checkout first. */
export async function worktreesOf(git: Git): Promise<ListedWorktree[]> {
  const entries = (await git(['worktree', 'list', '--porcelain', '-z'])).split('\0\0');
  return entries.flatMap(entry => {
    const lines = entry.split('\0');
    const value = (name: string) => lines.find(line => line.startsWith(`${name} `))?.slice(name.length + 1);
    const has = (name: string) => lines.some(line => line === name || line.startsWith(`${name} `));
    const path = value('worktree');
    return path === undefined
      ? []
      : [{ path, branch: value('branch'), isLocked: has('locked'), isPrunable: has('prunable') }];
  });
}

const tries = 5;
/** Somebody has pruned what was only half there. */
const isTakenAway = (error: unknown) => /could not (?:open|create) .*worktrees\/.*No such file/.test(messageOf(error));

/** Makes a worktree on a branch, which begins at a commit where it is not there yet. Nothing may be in its place. */
export function addWorktree(
  git: Git,
  { worktree, branch, start }: { worktree: string; branch: string; start: string },
): Promise<void> {
  return inTurn(turnOf(git), async () => {
    for (let attempt = 1; ; attempt++) {
      await forgetMissing(git, worktree);
      const exists = (await resolveCommit(git, `refs/heads/${branch}`)) !== undefined;
      const at = exists ? [worktree, branch] : ['-b', branch, worktree, start];
      try {
        await git([...whole, 'worktree', 'add', '--quiet', ...at]);
        return;
      } catch (error) {
        if (!isTakenAway(error) || attempt === tries) throw error;
        rmSync(worktree, { recursive: true, force: true });
      }
    }
  });
}

/** Removes a worktree with all that is in it, and forgets those that went with it. */
export function dropWorktree(git: Git, worktree: string): Promise<void> {
  return inTurn(turnOf(git), async () => {
    await git(['worktree', 'remove', '--force', worktree]);
    await git(['worktree', 'prune']);
  });
}

/** Checks a commit out at a place where none is any more, whatever the repository believes to have there. */
export function placeCheckout(git: Git, directory: string, commit: string): Promise<void> {
  return inTurn(turnOf(git), async () => {
    await git(['worktree', 'prune']);
    await git(['worktree', 'add', '--quiet', '--force', '--detach', directory, commit]);
  });
}

/** A git that was killed while it made a worktree leaves its registration locked; where ours is not there, nobody needs it. */
async function forgetMissing(git: Git, worktree: string): Promise<void> {
  const path = join(realpathSync(dirname(worktree)), basename(worktree));
  const ours = (await worktreesOf(git)).find(one => one.path === path);
  if (ours?.isLocked === true) await git(['worktree', 'unlock', path]);
  await git(['worktree', 'prune']);
}

const turnOf = ({ directory }: Git) => `worktrees of ${realpathOr(directory)}`;
