/** Looks at what an agent has changed, without touching anything. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SignalboxError } from '../domain/errors.ts';
import type { Inspected } from '../machines/agent-run-context.ts';
import { treeOf } from './checkpoint.ts';
import { type Git, gitIn } from './git.ts';
import { isCache } from './leftovers.ts';
import { listingOf } from './listing.ts';
import { isDirty, worktreeState } from './worktree-state.ts';

export interface InspectInput {
  worktree: string;
  /** The commit where the attempt began. */
  head: string;
}

/**
 * Whether there is anything beyond the commit. Mostly an agent has written a document, which is seen without asking git. Throws as
 * `inspect` does.
 */
export async function hasChanged({ documents, ...input }: InspectInput & { documents: string }): Promise<boolean> {
  const { worktree, head } = input;
  if (existsSync(join(worktree, '.git'))) {
    const git = gitIn(worktree);
    if (head !== '' && (await hasNewDocument(git, { head, documents }))) return true;
    const state = await worktreeState(git);
    if (isDirty(state) || state.commit !== head) return true;
    if (state.hidden.length === 0) return false;
  }
  return (await inspect(input)).isChanged;
}

async function hasNewDocument(git: Git, { head, documents }: { head: string; documents: string }): Promise<boolean> {
  const folder = join(git.directory, documents);
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  const files = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isFile());
  const known = new Set((await listingOf(git, head)).map(line => line.slice(line.indexOf('\t') + 1)));
  return files.some(({ name }) => !isCache(name) && !known.has(`${documents}/${name}`));
}

/** Throws `unavailable` when the worktree is no worktree any more. */
export async function inspect({ worktree, head }: InspectInput): Promise<Inspected> {
  if (!existsSync(join(worktree, '.git'))) {
    throw new SignalboxError('unavailable', 'worktreeGone', `${worktree} is no git worktree any more.`);
  }
  const git = gitIn(worktree);
  const [tree, hashes] = await Promise.all([
    treeOf(worktree, 'inspect'),
    git(['rev-parse', 'HEAD', `${head === '' ? 'HEAD' : head}^{tree}`]),
  ]);
  const [tip, before] = hashes.split('\n');
  return { fingerprint: `${tip} ${tree}`, isChanged: tip !== head || tree !== before };
}
