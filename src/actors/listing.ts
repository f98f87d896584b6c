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
