/** Commits the very tree that was looked at, in the name of whoever made it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { refOf } from '../domain/names.ts';
import { documentsOf } from '../machines/task/context.ts';
import { harmlessTitle } from './forge/harmless.ts';
import { type Git, gitDirOf } from './git.ts';
import { faultsOf, without } from './leftovers.ts';
import { listingOf, noteTree } from './listing.ts';
import { inPrivateIndex } from './private-index.ts';
import type { Refs } from './refs.ts';
import { isDirty, isPlainIndex, notePlainIndex, showHidden, type WorktreeState } from './worktree-state.ts';

/** What is committed, and for whom. */
export interface Work {
  taskId: string;
  target: string;
  workItem: string;
  /** The last published commit: what comes next has to build on it. */
  head: string;
  stage: string;
  role: string;
  title: string;
}

/** What a worktree has checked out. */
export interface At {
  commit: string;
  tree: string;
  /** Null for a detached HEAD. */
  branch: string | null;
  /** The tree of what was published before. */
  published: string;
}

/** Commits what lies there, where nothing is wrong with it or with the agent's own commits; answers what is, and the commit. */
export async function commitWork(
  git: Git,
  input: Work,
  { at, state, leftOut, refs }: { at: At; state: WorktreeState; leftOut: readonly string[]; refs: Refs },
): Promise<{ faults: string[]; head: string }> {
  const { head, target, workItem } = input;
  const documents = documentsOf(workItem);
  const faultsIn = async (tree: string) =>
    tree === at.published ? [] : faultsOf(git, tree, { head, target: refs[refOf(target)] });
  const areIgnored = state.ignored.some(path => path.startsWith(`${documents}/`) || `${documents}/`.startsWith(path));
  if (!isDirty(state) && !areIgnored && state.hidden.length === 0)
    return { faults: await faultsIn(at.tree), head: at.commit };
  const isPlain = await isPlainIndex(git);
  return inPrivateIndex(git, 'publish', async index => {
    await showHidden(index.git, state.hidden);
    const tree = await treeToCome(index.git, { leftOut, documents: areIgnored ? documents : null });
    const [faults, commit] = await Promise.all([
      faultsIn(tree),
      tree === at.tree ? at.commit : commitOf(git, input, { tree, parent: at.commit }),
    ]);
    if (faults.length > 0 || commit === at.commit) return { faults, head: at.commit };
    // What was looked at is what is committed.
    await index.take(tree);
    if (isPlain) await notePlainIndex(git);
    return { faults, head: commit === null ? await goOn(git, input) : await moveTo(git, input, { commit, tree, at }) };
  });
}

/** A commit of the tree, on no branch yet; null where only git knows of what: halfway through a merge and the like. */
async function commitOf(
  git: Git,
  input: Work,
  { tree, parent }: { tree: string; parent: string },
): Promise<string | null> {
  const gitDir = await gitDirOf(git);
  const isHalfway = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD'].some(file => existsSync(join(gitDir, file)));
  if (isHalfway) return null;
  return git([...authorOf(input), 'commit-tree', tree, '-p', parent, '-F', '-'], { input: messageOf(input) });
}

/** Ends what the agent has begun, by the index. */
async function goOn(git: Git, input: Work): Promise<string> {
  const commit = [...authorOf(input), 'commit', '--quiet', '--no-verify', '-F', '-'];
  await git(commit, { input: messageOf(input) });
  return git(['rev-parse', 'HEAD']);
}

async function moveTo(
  git: Git,
  input: Work,
  { commit, tree, at }: { commit: string; tree: string; at: At },
): Promise<string> {
  const move = git(['update-ref', '-m', `commit: ${subjectOf(input)}`, 'HEAD', commit, at.commit]);
  // What it holds is needed afterwards.
  await Promise.all([move, listingOf(git, commit, tree), noteTree(commit, tree)]);
  return commit;
}

const authorOf = ({ role }: Work) => ['-c', `user.name=Signalbox ${role}`];
const subjectOf = ({ workItem, stage }: Work) => `${workItem}: ${stage}`;

function messageOf(input: Work): string {
  const { taskId, stage, title } = input;
  const trailers = `Signalbox-Task: ${taskId}\nSignalbox-Stage: ${stage}`;
  return `${subjectOf(input)}\n\n${harmlessTitle(title)}\n\n${trailers}\n`;
}

/** A repository may ignore its documents; what the pipeline asks for is committed all the same. */
async function treeToCome(
  git: Git,
  { leftOut, documents }: { leftOut: readonly string[]; documents: string | null },
): Promise<string> {
  await git(['add', '--all', '--', ...without(leftOut)]);
  if (documents !== null && existsSync(join(git.directory, documents))) await git(['add', '--force', '--', documents]);
  return git(['write-tree']);
}
