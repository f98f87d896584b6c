/** Which commits a task's branch stood at, as its log tells it. */

/** What is read of an entry of the log. */
export interface CommitEntry {
  type: string;
  outcome: string;
  event: { type: string; output?: unknown };
}

export interface Commits {
  /** The commit on which the branch began, and the one at which it stands. Empty before anything was prepared. */
  base: string;
  head: string;
  /** The merge by which the branch was last brought to what its target had; null where it never was. */
  updated: string | null;
  /** The commit that was first merged, and what the target stood at then; null where nothing was. */
  landed: { head: string; commit: string } | null;
}

export const noCommits: Commits = { base: '', head: '', updated: null, landed: null };

/** The commits after an entry. What changed nothing in the machine changes nothing here. */
export function commitsAfter(before: Commits, { type, outcome, event }: CommitEntry): Commits {
  const [, actor] = /^xstate\.done\.actor\.(prepare|publish|update|merge)$/.exec(type) ?? [];
  if (actor === undefined || outcome !== 'applied') return before;
  const output = (event.output ?? {}) as { base?: string; head?: string; result?: string; commit?: string };
  if (actor === 'merge') return output.result === 'merged' ? merged(before, output.commit!) : before;
  // A forge that is away, a refusal and what is current already name no commit.
  if (typeof output.head !== 'string') return before;
  return {
    ...before,
    head: output.head,
    ...(actor === 'prepare' && { base: output.base ?? before.base }),
    ...(actor === 'update' && before.landed === null && { updated: output.head }),
  };
}

const merged = (before: Commits, commit: string): Commits => ({
  ...before,
  head: commit,
  landed: before.landed ?? { head: before.head, commit },
});
