/** Looks at what an agent has changed, without touching anything. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SignalboxError } from '../domain/errors.ts';
import type { Inspected } from '../machines/agent-run-context.ts';
import { treeOf } from './checkpoint.ts';
import { gitIn } from './git.ts';

export interface InspectInput {
  worktree: string;
  /** The commit where the attempt began. */
  head: string;
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
