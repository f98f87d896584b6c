/** What a commit holds, from `git ls-tree`, so nothing is written. */
import { createHash } from 'node:crypto';
import { type Git, listed } from './git.ts';
import { isHash, remembered } from './remembered.ts';

const mostKept = 8;
const mostEntries = 100_000;
const kept = remembered<string[]>(mostKept, entries => entries.length <= mostEntries);

/**
 * `<mode> <type> <object>`, a tab, the path from the top, for each file, link and submodule. `commit` may be any name of a commit or
 * tree; `tree` is its hash, where that is known and may have been asked for.
 */
export function listingOf(git: Git, commit: string, tree = commit): Promise<string[]> {
  const list = () => listed(git, ['ls-tree', '-r', '-z', '--full-tree', tree]);
  if (!isHash(commit)) return list();
  return kept(commit, () => (tree === commit ? list() : listingOf(git, tree)));
}

/** Hash of a commit's tree without one folder: the code that verdicts speak of, whatever documents have been added. */
export async function codeTreeOf(git: Git, commit: string, documents: string): Promise<string> {
  const entries = (await listingOf(git, commit)).filter(line => !line.split('\t', 2)[1]?.startsWith(`${documents}/`));
  return createHash('sha256').update(entries.join('\n')).digest('hex').slice(0, 40);
}
