/** Whether a branch has touched what is not for agents alone to change. */
import { someOf } from '../../domain/some-of.ts';
import type { GateReport } from '../../domain/verdict.ts';
import type { Gate } from '../../machines/pipeline.ts';
import { type Git, listed } from '../git.ts';
import { changedJudges } from './judges.ts';
import type { Target } from './place.ts';

const mostShown = 20;

/** Never fails: what was changed may be right, and a person says so. */
export async function judgePaths(
  { name: gate, protect }: Extract<Gate, { kind: 'paths' }>,
  git: Git,
  { head, target }: { head: string; target: Target },
): Promise<GateReport> {
  const { base } = target;
  if (base === undefined)
    return { gate, verdict: 'inconclusive', detail: `the branch has nothing in common with ${target.name}` };
  const changed =
    protect === undefined
      ? (await changedJudges(git, { base, head, named: [] })).shown
      : (await changedPaths(git, { base, head, protect })).map(path => `${path} was changed`);
  if (changed.length === 0) return { gate, verdict: 'pass', detail: 'nothing that is protected was changed' };
  const detail = `a person has to approve what is protected: ${someOf(changed, mostShown)}`;
  return { gate, verdict: 'inconclusive', detail, concerns: changed.slice(0, mostShown) };
}

/** Patterns are those of git: `**` stands for any folders (gitglossary, "pathspec", glob). */
const changedPaths = (git: Git, { base, head, protect }: { base: string; head: string; protect: readonly string[] }) =>
  listed(git, [
    ...['diff-tree', '-r', '-z', '--no-renames', '--name-only', base, head, '--'],
    ...protect.map(pattern => `:(top,glob)${pattern}`),
  ]);
