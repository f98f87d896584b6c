/**
 * What the worktrees of a repository share: branches, the stash, the configuration. An agent that changes any of it changes what
 * belongs to others, so it is noted before it works and compared afterwards. What can be put back is put back; what cannot is
 * for people. The note lies beside the worktree, out of the agent's reach.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { writeWhole } from '../host/write-whole.ts';
import { checkpoint } from './checkpoint.ts';
import { decidingFiles } from './deciding-files.ts';
import { type Git, type GitOptions, gitIn, listed } from './git.ts';
import { headOf, type Refs, refsUnder } from './refs.ts';
import { repositoryOf, settingsOf } from './repository.ts';

const noted = z.object({
  /** Commits by the full names of branches, tags and tracked branches. */
  refs: z.record(z.string(), z.string()),
  /** Commits of the stash, the newest first. */
  stash: z.array(z.string()),
  /** Values by key, in the repository's own configuration. */
  config: z.record(z.string(), z.array(z.string())),
  /** Hashes by name, of files that decide what git does; absent in notes of earlier versions. */
  files: z.record(z.string(), z.string()).optional(),
});
type Shared = z.output<typeof noted>;

/** Settings by which git finds its files, or runs programs; others are whoever's business. */
const watched =
  /^(?:core\.(?:bare|worktree|hookspath|fsmonitor|sshcommand|askpass|editor|pager|attributesfile|excludesfile|gitproxy)|(?:filter|url|include|includeif|alias|credential|extensions)\..+|remote\..+\.(?:url|pushurl|fetch|uploadpack|receivepack)|(?:merge|diff)\..+\.(?:driver|command|textconv))$/;

const shared = ['refs/heads', 'refs/tags', 'refs/remotes'];
const stashRef = 'refs/stash';

const noteAt = (worktree: string) => `${worktree}.shared.json`;

/** Notes what is shared, as it is now. */
export async function noteShared(repository: string, worktree: string): Promise<Refs> {
  const now = await sharedNow(gitIn(repository));
  writeWhole(noteAt(worktree), JSON.stringify(now));
  return now.refs;
}

export function forgetShared(worktree: string): void {
  rmSync(noteAt(worktree), { force: true });
}

export interface SharedInput {
  repository: string;
  worktree: string;
  taskId: string;
  branch: string;
  /** The last published commit: what comes after it is the agent's. */
  head: string;
  /** Names what is kept aside. */
  run: string;
}

export interface Touched {
  /** What was put back, or only seen. */
  noticed: string[];
  /** What only people can judge; empty when there is nothing. */
  forPeople: string[];
  /** Why the agent's work cannot be told from that of others any more; empty when it can. */
  mixed: string[];
}

/** What has become of it since it was noted. Puts back what it can, and notes anew. */
export async function compareShared(input: SharedInput): Promise<Touched & { refs: Refs }> {
  const { repository, worktree } = input;
  const touched: Touched = { noticed: [], forPeople: [], mixed: [] };
  const git = gitIn(repository);
  const [before, now] = [readNote(worktree), await sharedNow(git)];
  if (before === undefined) return { ...touched, refs: now.refs };
  await compareConfig(git, before, now, touched);
  compareFiles(before, now, touched);
  await compareStash(git, input, { before, now, touched });
  await compareRefs(git, input, { before, now, touched });
  const isTouched = Object.values(touched).some(found => found.length > 0);
  const after = isTouched ? await sharedNow(git) : now;
  writeWhole(noteAt(worktree), JSON.stringify(after));
  return { ...touched, refs: after.refs };
}

async function sharedNow(git: Git): Promise<Shared> {
  const lines = async (args: string[], options?: GitOptions) =>
    (await git(args, options)).split('\n').filter(line => line !== '');
  const [all, settings] = await Promise.all([refsUnder(git, [...shared, stashRef]), settingsOf(git)]);
  const { [stashRef]: newest, ...refs } = all;
  // Somebody may drop the last of it meanwhile.
  const stash = newest === undefined ? [] : await lines(['reflog', 'show', '--format=%H', stashRef], { allow: [128] });
  const config: Shared['config'] = {};
  for (const entry of settings) {
    const [key = '', ...value] = entry.split('\n');
    if (watched.test(key)) config[key] = [...(config[key] ?? []), value.join('\n')];
  }
  return { refs, stash, config, files: decidingFiles((await repositoryOf(git)).common) };
}

/** They may be somebody else's work, or that of an install: they are told, and stay. Our git uses none of the hooks. */
function compareFiles(before: Shared, now: Shared, { noticed }: Touched): void {
  if (before.files === undefined || now.files === undefined) return;
  for (const name of new Set([...Object.keys(before.files), ...Object.keys(now.files)])) {
    const [was, is] = [before.files[name], now.files[name]];
    if (was === is) continue;
    const how = was === undefined ? 'made' : is === undefined ? 'removed' : 'changed';
    noticed.push(
      `while the agent worked ${name} was ${how}, which counts for everybody who uses git there: look at it`,
    );
  }
}

function readNote(worktree: string): Shared | undefined {
  if (!existsSync(noteAt(worktree))) return undefined;
  return noted.parse(JSON.parse(readFileSync(noteAt(worktree), 'utf8')));
}

async function compareConfig(git: Git, before: Shared, now: Shared, { noticed }: Touched): Promise<void> {
  for (const key of new Set([...Object.keys(before.config), ...Object.keys(now.config)])) {
    const [was, is] = [before.config[key] ?? [], now.config[key] ?? []];
    if (was.join('\n') === is.join('\n')) continue;
    if (is.length > 0) await git(['config', '--local', '--unset-all', key]);
    for (const value of was) await git(['config', '--local', '--add', key, value]);
    noticed.push(
      `while the agent worked ${key} of the repository was set to "${is.join(', ')}"; it is "${was.join(', ')}" again`,
    );
  }
}

interface Comparing {
  before: Shared;
  now: Shared;
  touched: Touched;
}

/** What was taken from the stash goes back there, and out of the worktree where it came in by that alone. */
async function compareStash(
  git: Git,
  { repository, worktree, taskId, head, run }: SharedInput,
  { before, now, touched }: Comparing,
): Promise<void> {
  const taken = before.stash.filter(entry => !now.stash.includes(entry));
  for (const entry of taken.toReversed()) {
    const subject = await git(['log', '-1', '--format=%s', entry]);
    await git(['update-ref', `refs/signalbox/${taskId}/stash-${entry.slice(0, 12)}`, entry]);
    await git(['stash', 'store', '--message', subject, entry]);
    const what = `while the agent worked "${subject}" was taken from the stash, which all worktrees share`;
    if (await takeOut(gitIn(worktree), entry)) touched.noticed.push(`${what}; it is there again, and not in the work`);
    else
      touched.mixed.push(`${what}, and cannot be told from its work any more. It is there again. Do not use git stash`);
  }
  if (touched.mixed.length > 0) {
    await checkpoint({ repository, worktree, taskId, run: `mixed-${run}`, head, reset: null });
  }
}

/** Puts files that are as the stash had them back to the commit; answers whether that was all of it. */
async function takeOut(git: Git, entry: string): Promise<boolean> {
  const paths = await listed(git, ['diff-tree', '-r', '-z', '--name-only', '--no-renames', `${entry}^1`, entry]);
  const own = async (commit: string, path: string) =>
    (await git.result(['rev-parse', '--verify', '--quiet', `${commit}:${path}`])).stdout.trim();
  const same: string[] = [];
  for (const path of paths) {
    const [base, stashed, head] = await Promise.all([own(`${entry}^1`, path), own(entry, path), own('HEAD', path)]);
    const { code, stdout } = await git.result(['hash-object', '--', path]);
    const present = code === 0 ? stdout.trim() : '';
    // Nobody has brought it in, or it was brought in and is untouched since.
    if (present === head) continue;
    if (present !== stashed || base !== head) return false;
    same.push(path);
  }
  if (same.length > 0)
    await git(['checkout', '--quiet', '--force', 'HEAD', '--', ...same.map(path => `:(top,literal)${path}`)]);
  return true;
}

/** Branches of others that the agent has moved to work of its own. */
async function compareRefs(
  git: Git,
  { worktree, branch, head }: SharedInput,
  { before, now, touched }: Comparing,
): Promise<void> {
  const moved = Object.entries(before.refs).filter(
    ([ref, was]) => now.refs[ref] !== undefined && now.refs[ref] !== was && ref !== `refs/heads/${branch}`,
  );
  if (moved.length === 0) return;
  // Where others are at work, and this agent has committed nothing itself, they have moved them.
  if ((await headOf(gitIn(worktree))) === head) return;
  const made = await madeIn(gitIn(worktree), head);
  for (const [ref, was] of moved) {
    const is = now.refs[ref]!;
    const came = await git(['rev-list', `${was}..${is}`]);
    if (!came.split('\n').some(commit => made.has(commit))) continue;
    const name = ref.replace(/^refs\/(?:heads|tags|remotes)\//, '');
    touched.forPeople.push(
      `${name} was moved by the agent itself, to ${is.slice(0, 9)}, which no gate has judged: it does not count as merged. Put it back with "git update-ref ${ref} ${was.slice(0, 12)}", or see to it, and try again`,
    );
  }
}

/** Commits that were made in a worktree since the last published one. What was merged there from elsewhere is none of them. */
async function madeIn(git: Git, head: string): Promise<Set<string>> {
  const own = (await git(['rev-list', `${head}..HEAD`])).split('\n').filter(commit => commit !== '');
  const log = (await git(['reflog', 'show', '--format=%H %gs', 'HEAD'], { allow: [1, 128] })).split('\n');
  // A repository may keep no such log: then all that came is taken for the agent's.
  if (log.every(line => line === '')) return new Set(own);
  const made = log.filter(line => !/: Fast-forward$|^\S+ (?:checkout|reset|clone|branch)/.test(line));
  const commits = new Set(made.map(line => line.slice(0, line.indexOf(' '))));
  return new Set(own.filter(commit => commits.has(commit)));
}
