/**
 * Looks at what an agent has left before any of it is committed: what git would take in silence, and nobody else could use or
 * get rid of again.
 */
import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { formatSize } from '../domain/size.ts';
import { ignoredAsMade, pathsAsMade } from './as-made.ts';
import { type Git, gitDirOf, listed } from './git.ts';
import { type Entry, entriesBetween } from './listing.ts';
import { readPlain } from './paths.ts';
import { unpushedSubmodules } from './submodules.ts';
import type { WorktreeState } from './worktree-state.ts';

/** Above this a file stays in the history of every clone for ever, and forges refuse it from 100 MB on. */
export const largestFileBytes = 50_000_000;

/** Folders and files that tools make for themselves; where the repository keeps some of them, they are its own. */
const caches = [
  ...['node_modules', '__pycache__', '.pytest_cache', '.mypy_cache', '.ruff_cache', '.venv', '.tox', '.nox', '.gradle'],
  ...['.turbo', '.parcel-cache', '.nyc_output', '.pnpm-store', '.DS_Store', '.ipynb_checkpoints'],
];
/** What coding agents keep for themselves where they work. */
const notes = /^\.(?:aider\.|cursor-|codex-|opencode-cache)/;

export interface Leftovers {
  /** Why nothing is committed, each naming its path and what fixes it; empty when all is well. */
  obstacles: string[];
  /** Paths that are left out, as no agent's work. */
  leftOut: string[];
  /** Paths that git ignores and may be work all the same: nobody else will have them. */
  ignored: string[];
}

/** What stands in the way of committing everything that lies in a worktree; nothing is changed. */
export async function leftoversIn(git: Git, state: WorktreeState): Promise<Leftovers> {
  const { unmerged, others: fresh } = state;
  const [gitDir, asMade, ignored] = await Promise.all([gitDirOf(git), pathsAsMade(git), ignoredWorkIn(git, state)]);
  const halfDone = halfDoneIn(gitDir, unmerged);
  if (halfDone.length > 0) return { obstacles: halfDone, leftOut: [], ignored };
  const { obstacles, leftOut } = nestedIn(git.directory, fresh, gitDir);
  return { obstacles, leftOut: [...leftOut, ...asMade, ...(await cachesIn(git, fresh))], ignored };
}

/** The same of what was seen, which names files where only a folder's are ignored. */
export async function ignoredWorkIn(git: Git, { ignored }: Pick<WorktreeState, 'ignored'>): Promise<string[]> {
  const made = await ignoredAsMade(git);
  return ignored.filter(path => !isCache(path) && !isAmong(made, path));
}

/** What git ignores and no tool is known to make for itself; folders end in a slash. What a hook has made is none of it. */
export async function ignoredWork(git: Git): Promise<string[]> {
  const all = ['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '--no-empty-directory', '-z'];
  const made = await ignoredAsMade(git);
  return (await listed(git, all)).filter(path => !isCache(path) && !isAmong(made, path));
}

/** Either may name a folder, for what is in it. */
const isAmong = (made: readonly string[], path: string) =>
  made.some(
    one => path === one || (one.endsWith('/') && path.startsWith(one)) || (path.endsWith('/') && one.startsWith(path)),
  );

const products = ['build', 'dist', 'target', 'out', 'coverage', 'vendor', 'tmp', 'logs', '.cache', '.next', '.nuxt'];

/** What tools make for themselves. */
export const isCache = (path: string): boolean =>
  path
    .split('/')
    .some(
      part =>
        caches.includes(part) || products.includes(part) || notes.test(part) || /\.(?:pyc|log|o|class)$/.test(part),
    );

/** As arguments of `git add`. */
export const without = (paths: readonly string[]): string[] => [
  '.',
  ...paths.map(path => `:(exclude,top,literal)${path.replace(/\/$/, '')}`),
];

/** A merge or rebase that was begun and not ended: adding what lies there would make conflicts part of the history. */
function halfDoneIn(gitDir: string, unmerged: readonly string[]): string[] {
  const isRebasing = existsSync(join(gitDir, 'rebase-merge')) || existsSync(join(gitDir, 'rebase-apply'));
  return [
    ...(unmerged.length > 0 ? [`conflicts are not solved in ${unmerged.join(', ')}`] : []),
    ...(isRebasing ? ['a rebase is half done: finish it, or give it up with git rebase --abort'] : []),
  ];
}

/**
 * Repositories inside: git takes them in as a mere commit id. A worktree of this very repository has its branch there, and is
 * left out; of any other its files would be nowhere.
 */
function nestedIn(
  worktree: string,
  fresh: readonly string[],
  gitDir: string,
): Pick<Leftovers, 'obstacles' | 'leftOut'> {
  const nested = fresh.filter(path => path.endsWith('/')).map(path => path.slice(0, -1));
  const common = dirname(dirname(realpathSync(gitDir)));
  const isOwn = (path: string) => worktreeDirOf(join(worktree, path))?.startsWith(`${common}/worktrees/`) ?? false;
  return {
    leftOut: nested.filter(isOwn),
    obstacles: nested
      .filter(path => !isOwn(path))
      .map(
        path =>
          `${path} is a repository of its own, so none of its files would be committed: remove ${path}/.git to keep them, or remove ${path}`,
      ),
  };
}

/** Where a linked worktree keeps its own part of a repository; undefined for anything else. */
function worktreeDirOf(directory: string): string | undefined {
  const file = join(directory, '.git');
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
  const path = /^gitdir: (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
  return path === undefined || !existsSync(path) ? undefined : realpathSync(path);
}

async function cachesIn(git: Git, fresh: readonly string[]): Promise<string[]> {
  const found = fresh.flatMap(path => {
    const parts = path.split('/');
    const index = parts.findIndex(part => caches.includes(part) || notes.test(part));
    return index < 0 ? [] : [parts.slice(0, index + 1).join('/')];
  });
  const unique = [...new Set(found)];
  if (unique.length === 0) return [];
  const kept = await listed(git, ['ls-files', '--cached', '-z', '--', ...unique.map(path => `:(top,literal)${path}`)]);
  return unique.filter(path => !kept.some(one => one === path || one.startsWith(`${path}/`)));
}

/** What is wrong with a tree that is to be published, where neither the commit before nor the target has the same. */
export async function faultsOf(
  git: Git,
  tree: string,
  { head, target }: { head: string; target: string | undefined },
): Promise<string[]> {
  const { come: added } = await entriesBetween(git, head, tree);
  const marked = mayHaveMarkers(git, added) ? await markedBetween(git, head, tree) : new Map<string, number[]>();
  const faults = await faultsAmong(git, { entries: added, head, tree, marked });
  if (faults.length === 0 || target === undefined) return faults;
  const others = new Set((await entriesBetween(git, target, tree)).come.map(({ path }) => path));
  return faultsAmong(git, { entries: added.filter(({ path }) => others.has(path)), head, tree, marked });
}

interface Added {
  entries: readonly Entry[];
  head: string;
  tree: string;
  marked: ReadonlyMap<string, number[]>;
}

async function faultsAmong(git: Git, { entries, head, tree, marked }: Added): Promise<string[]> {
  const hasSubmodules = entries.some(({ mode }) => mode === '160000');
  const found = await Promise.all([
    linksOut(git, entries),
    deadLinks(git, tree, entries),
    tooLarge(git, entries),
    withMarkers(git, marked, entries),
    hasSubmodules ? unpushedSubmodules(git, { base: head, tree }) : [],
  ]);
  return found.flat();
}

async function linksOut(git: Git, entries: readonly Entry[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { object, path } of entries.filter(({ mode }) => mode === '120000')) {
    const { stdout: to } = await git.result(['cat-file', 'blob', object]);
    const leads = posix.normalize(posix.join(posix.dirname(path), to));
    if (posix.isAbsolute(to) || leads === '..' || leads.startsWith('../')) {
      faults.push(`${path} is a symlink out of the repository, to ${to}: it leads nowhere for anybody else`);
    }
  }
  return faults;
}

async function deadLinks(git: Git, tree: string, entries: readonly Entry[]): Promise<string[]> {
  const links = entries.filter(({ mode }) => mode === '160000');
  if (links.length === 0) return [];
  const { stdout } = await git.result(['config', '--blob', `${tree}:.gitmodules`, '--get-regexp', '\\.path$']);
  const known = stdout.split('\n').map(line => line.slice(line.indexOf(' ') + 1));
  return links
    .filter(({ path }) => !known.includes(path))
    .map(
      ({ path }) =>
        `${path} is committed as another repository's commit, and .gitmodules does not name it: its files are nowhere. Take it out with git rm --cached ${path}`,
    );
}

/** Asks git of none but what may be: no filter makes ten bytes of one. */
async function tooLarge(git: Git, entries: readonly Entry[]): Promise<string[]> {
  const bytesAt = (path: string) => lstatSync(join(git.directory, path), { throwIfNoEntry: false })?.size ?? Infinity;
  const files = entries.filter(({ mode, path }) => mode !== '160000' && bytesAt(path) > largestFileBytes / 10);
  if (files.length === 0) return [];
  const { stdout } = await git.result(['cat-file', '--batch-check=%(objectsize)'], {
    input: `${files.map(({ object }) => object).join('\n')}\n`,
  });
  const sizes = stdout.trim().split('\n').map(Number);
  return files.flatMap(({ path }, index) =>
    (sizes[index] ?? 0) > largestFileBytes
      ? [
          `${path} has ${formatSize(sizes[index]!)}, and would be in every clone for ever; the limit is ${formatSize(largestFileBytes)}`,
        ]
      : [],
  );
}

/** So much is read here to know that there is nothing to ask git about. */
const mostReadBytes = 1_000_000;

function mayHaveMarkers({ directory }: Git, entries: readonly Entry[]): boolean {
  let bytes = 0;
  for (const { mode, path } of entries) {
    if (!mode.startsWith('100')) continue;
    const text = readPlain(join(directory, path), mostReadBytes - bytes);
    if (text === undefined) return true;
    bytes += text.length;
    if (bytes >= mostReadBytes || (text.includes('<<<<<<<') && text.includes('>>>>>>>'))) return true;
  }
  return false;
}

/** Numbers of added lines that look like marks of a conflict, by file. */
async function markedBetween(git: Git, head: string, tree: string): Promise<Map<string, number[]>> {
  const { stdout } = await git.result([
    ...['-c', 'core.quotePath=false', 'diff-tree', '-r', '--check', '--no-renames', head, tree],
  ]);
  const marked = new Map<string, number[]>();
  for (const line of stdout.split('\n')) {
    const [, path, number] = /^(.+):(\d+): leftover conflict marker$/.exec(line) ?? [];
    if (path !== undefined) marked.set(path, [...(marked.get(path) ?? []), Number(number)]);
  }
  return marked;
}

/** Files with both ends of a conflict among the lines that were added. */
async function withMarkers(
  git: Git,
  marked: ReadonlyMap<string, number[]>,
  entries: readonly Entry[],
): Promise<string[]> {
  const faults: string[] = [];
  for (const { path, object } of entries) {
    const numbers = marked.get(path) ?? [];
    if (numbers.length < 2) continue;
    const lines = (await git.result(['cat-file', 'blob', object])).stdout.split('\n');
    // A line of `=` alone is the rule below a heading.
    const marks = new Set(numbers.map(number => lines[number - 1]?.[0]));
    if (marks.has('<') && marks.has('>')) faults.push(`${path} has conflict markers in it`);
  }
  return faults;
}
