/** What a commit holds, from `git ls-tree`, so nothing is written. */
import { createHash } from 'node:crypto';
import { type Git, listed } from './git.ts';
import { isHash, remembered } from './remembered.ts';

/** Few of the large ones, and of small ones those of all tasks that are at work. */
const large = { kept: 4, entries: 100_000 };
const small = { kept: 200, entries: 2_000 };
const keptLarge = remembered<string[]>(large.kept, ({ length }) => length > small.entries && length <= large.entries);
const keptSmall = remembered<string[]>(small.kept, ({ length }) => length <= small.entries);
const kept = (name: string, ask: () => Promise<string[]>) => keptSmall(name, () => keptLarge(name, ask));

/**
 * `<mode> <type> <object>`, a tab, the path from the top, for each file, link and submodule. `commit` may be any name of a commit or
 * tree; `tree` is its hash, where that is known and may have been asked for.
 */
export function listingOf(git: Git, commit: string, tree = commit): Promise<string[]> {
  const list = () => listed(git, ['ls-tree', '-r', '-z', '--full-tree', tree]);
  if (!isHash(commit)) return list();
  return kept(commit, () => (tree === commit ? list() : listingOf(git, tree)));
}

export interface Entry {
  /** As git writes it: `100644`, `120000` for a link, `160000` for a submodule. */
  mode: string;
  object: string;
  path: string;
}

function entryOf(line: string): Entry {
  const [, mode = '', object = '', path = ''] = /^(\S+) \S+ (\S+)\t(.*)$/s.exec(line) ?? [];
  return { mode, object, path };
}

/** What is in one tree and not, or otherwise, in the other; a file that was changed is in both. Each may be any name of one. */
export async function entriesBetween(git: Git, from: string, to: string): Promise<{ gone: Entry[]; come: Entry[] }> {
  const [before, after] = await Promise.all([listingOf(git, from), listingOf(git, to)]);
  const [old, now] = [new Set(before), new Set(after)];
  return {
    gone: before.filter(line => !now.has(line)).map(entryOf),
    come: after.filter(line => !old.has(line)).map(entryOf),
  };
}

const trees = remembered<string>(1_000);

/** The tree of a commit, which is given by its hash. Throws `unavailable` where there is none. */
export const treeOfCommit = (git: Git, commit: string): Promise<string> =>
  trees(commit, () => git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{tree}`]));

/** Of a commit that we have made ourselves. */
export const noteTree = (commit: string, tree: string): Promise<string> => trees(commit, async () => tree);

/** Hash of a commit's tree without one folder: the code that verdicts speak of, whatever documents have been added. */
export async function codeTreeOf(git: Git, commit: string, documents: string): Promise<string> {
  const entries = (await listingOf(git, commit)).filter(line => !line.split('\t', 2)[1]?.startsWith(`${documents}/`));
  return createHash('sha256').update(entries.join('\n')).digest('hex').slice(0, 40);
}
