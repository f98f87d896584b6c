/**
 * The worktrees of a repository. Git writes what it knows of them file by file, without a lock: whoever lists or prunes them while
 * one is made fails on its half, or takes it away. So we make and remove one at a time, and try again where another git is at it.
 */
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import { isMarkAlive } from '../host/process-tree.ts';
import { type Git, realpathOr, whole } from './git.ts';
import { inTurn } from './in-turn.ts';
import { readPlain } from './paths.ts';
import { resolveCommit } from './refs.ts';
import { repositoryOf } from './repository.ts';

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

/** What git has noted of a linked worktree: gitrepository-layout(5), "worktrees/<id>". */
interface Registration {
  /** Its folder there. */
  place: string;
  /** Where the worktree is; undefined where the note of that was never written. */
  path: string | undefined;
  /** Whether git is still making it, or was killed at that. */
  isHalfMade: boolean;
}

async function registrationsOf(git: Git): Promise<Registration[]> {
  const folder = join((await repositoryOf(git)).common, 'worktrees');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map(id => {
    const place = join(folder, id);
    const text = (name: string) => readPlain(join(place, name))?.toString('utf8').trim();
    return {
      place,
      path: text('gitdir')?.replace(/\/\.git$/, ''),
      isHalfMade: text('locked') === 'initializing',
    };
  });
}

const realPlaceOf = (path: string) => {
  mkdirSync(dirname(path), { recursive: true });
  return join(realpathSync(dirname(path)), basename(path));
};

/** In the environment of the git that makes a worktree, and of all that it starts. */
const makingMark = (worktree: string) => ({ SIGNALBOX_MAKING: worktree });
const mostWaits = 150;
const waitMs = 100;

/**
 * Takes away what is left of a worktree whose making was cut off: nobody has ever worked in it. A git that has outlived its
 * orchestrator may still be at it, and is waited for. Throws `gitLocked` when it does not come to its end.
 */
export function dropHalfMade(git: Git, worktree: string): Promise<void> {
  return inTurn(turnOf(git), async () => {
    for (let attempt = 1; ; attempt++) {
      const half = await halfMade(git, worktree);
      if (half.length === 0) return;
      const [mark] = Object.entries(makingMark(worktree)).map(([name, value]) => `${name}=${value}`);
      if (!isMarkAlive([mark!])) {
        for (const { place } of half) rmSync(place, { recursive: true, force: true });
        rmSync(worktree, { recursive: true, force: true });
        return;
      }
      if (attempt === mostWaits) {
        const why = `another git is making ${worktree} and does not come to its end`;
        throw new SignalboxError('unavailable', 'gitLocked', `git worktree waits in ${git.directory}: ${why}.`);
      }
      await pause(waitMs);
    }
  });
}

async function halfMade(git: Git, worktree: string): Promise<Registration[]> {
  const path = realPlaceOf(worktree);
  const isOfName = (place: string) => basename(place).replace(/\d*$/, '') === basename(path).replace(/\d*$/, '');
  return (await registrationsOf(git)).filter(
    one => one.isHalfMade && (one.path === path || (one.path === undefined && isOfName(one.place))),
  );
}

/** However busily somebody prunes: half of one is there for some milliseconds. */
const tries = 30;
/** Somebody has pruned what was only half there. */
const isTakenAway = (error: unknown) => /could not (?:open|create) .*worktrees\/.*No such file/.test(messageOf(error));

/**
 * Makes a worktree on a branch, which begins at a commit where it is not there yet. Nothing may be in its place. Answers whether it
 * is at that commit.
 */
export function addWorktree(
  git: Git,
  { worktree, branch, start }: { worktree: string; branch: string; start: string },
): Promise<boolean> {
  return inTurn(turnOf(git), async () => {
    for (let attempt = 1; ; attempt++) {
      await forgetMissing(git, worktree);
      const tip = await resolveCommit(git, `refs/heads/${branch}`);
      const at = tip !== undefined ? [worktree, branch] : ['-b', branch, worktree, start];
      try {
        await git([...whole, 'worktree', 'add', '--quiet', ...at], { env: makingMark(worktree) });
        return tip === undefined || tip === start;
      } catch (error) {
        if (!isTakenAway(error) || attempt === tries) throw error;
        rmSync(worktree, { recursive: true, force: true });
      }
    }
  });
}

/** Written where git notes a worktree, from when all of it is kept and it only has to go. */
const removing = 'signalbox-removing';

/** Ends a removal that was cut off. */
export function endRemoval(git: Git, worktree: string): Promise<void> {
  return inTurn(turnOf(git), async () => {
    const begun = (await registeredAt(git, worktree)).filter(({ place }) => existsSync(join(place, removing)));
    if (begun.length === 0) return;
    rmSync(worktree, { recursive: true, force: true });
    await git(['worktree', 'prune']);
  });
}

async function registeredAt(git: Git, worktree: string): Promise<Registration[]> {
  const path = realPlaceOf(worktree);
  return (await registrationsOf(git)).filter(one => one.path === path);
}

/** Removes a worktree with all that is in it, and forgets those that went with it. */
export function dropWorktree(git: Git, worktree: string): Promise<void> {
  return inTurn(turnOf(git), async () => {
    for (const { place } of await registeredAt(git, worktree)) writeFileSync(join(place, removing), '');
    await git(['worktree', 'remove', '--force', worktree]);
    if ((await registrationsOf(git)).some(isMissing)) await git(['worktree', 'prune']);
  });
}

/** Checks a commit out at a place where none is any more, whatever the repository believes to have there. */
export function placeCheckout(git: Git, directory: string, commit: string): Promise<void> {
  return inTurn(turnOf(git), async () => {
    await git(['worktree', 'prune']);
    const add = ['worktree', 'add', '--quiet', '--force', '--detach', directory, commit];
    await git(add, { env: makingMark(directory) });
  });
}

/** Nothing may be at our place: what git still believes to be there is not, locked or not. */
async function forgetMissing(git: Git, worktree: string): Promise<void> {
  const path = realPlaceOf(worktree);
  const all = await registrationsOf(git);
  const ours = all.find(one => one.path === path);
  if (ours !== undefined && existsSync(join(ours.place, 'locked'))) await git(['worktree', 'unlock', path]);
  if (ours !== undefined || all.some(isMissing)) await git(['worktree', 'prune']);
}

const isMissing = ({ path }: Registration) => path === undefined || !existsSync(path);

const turnOf = ({ directory }: Git) => `worktrees of ${realpathOr(directory)}`;
