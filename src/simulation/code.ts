/**
 * The code of a simulated world: what the target holds, and what each task has made of it. A tree is its history in words:
 * `main+T-1.2+T-3.1` is what the second change of T-1 and then the first of T-3 have made of `main`. As with git, what is done
 * again to the same commit gives the same commit.
 */
import { createHash } from 'node:crypto';

interface Commit {
  sha: string;
  /** The state of the target on which it stands, by its number, and what is not in there. */
  base: number;
  own: string;
}

interface Worktree {
  head: Commit;
  /** Its changes that are not merged yet, how many there ever were, and commits in all. */
  changes: string[];
  made: number;
  commits: number;
}

export interface Placed {
  head: string;
  /** What the task's branch holds there. */
  codeTree: string;
}

export interface Code {
  /** Where the branch of a task stands now. */
  at(taskId: string): Placed;
  /** What a commit holds. */
  treeAt(sha: string): string;
  /** The commit of the target on which the branch stands. */
  base(taskId: string): string;
  /** The agent has written: other code, the code of an earlier change again, or documents. */
  write(taskId: string, what: 'change' | 'return' | 'documents'): void;
  /** Whether a commit has all that the target has, and whether it has what the target has not. */
  isCurrent(sha: string): boolean;
  isAhead(sha: string): boolean;
  /** Brings what the target has into the branch, from this commit on. */
  update(taskId: string, sha: string): Placed;
  /** Puts a commit into the target, which has nothing that it has not. */
  merge(taskId: string, sha: string): Placed;
  isMerged(sha: string): boolean;
  /** Somebody else puts something into the target. */
  push(by: string): void;
  /** Whether a task has ever written code. */
  hasWritten(taskId: string): boolean;
  /** Whether the target has ever been this tree. */
  hasBeen(tree: string): boolean;
}

const shaOf = (words: string) => createHash('sha1').update(words).digest('hex');

export function createCode(): Code {
  const target = ['main'];
  const commits = new Map<string, Commit>();
  const merged = new Map<string, Placed>();
  const worktrees = new Map<string, Worktree>();
  const latest = () => target.length - 1;
  const treeOf = ({ base, own }: Omit<Commit, 'sha'>) => (own === '' ? target[base]! : `${target[base]}+${own}`);
  const placed = (commit: Commit): Placed => ({ head: commit.sha, codeTree: treeOf(commit) });

  function commit(words: string, content: Omit<Commit, 'sha'>): Commit {
    const made = { sha: shaOf(words), ...content };
    commits.set(made.sha, made);
    return made;
  }

  function of(taskId: string): Worktree {
    const known = worktrees.get(taskId);
    if (known !== undefined) return known;
    const head = commit(`target ${latest()}`, { base: latest(), own: '' });
    const made = { head, changes: [], made: 0, commits: 0 };
    worktrees.set(taskId, made);
    return made;
  }

  return {
    at: taskId => placed(of(taskId).head),
    treeAt: sha => treeOf(commits.get(sha)!),
    base: taskId => shaOf(`target ${of(taskId).head.base}`),
    write(taskId, what) {
      const worktree = of(taskId);
      worktree.commits += 1;
      let { own } = worktree.head;
      if (what !== 'documents') {
        worktree.made += 1;
        const earlier = worktree.changes.at(-2);
        own = what === 'return' && earlier !== undefined ? earlier : `${taskId}.${worktree.made}`;
        worktree.changes.push(own);
      }
      worktree.head = commit(`${taskId} ${worktree.commits}`, { base: worktree.head.base, own });
    },
    isCurrent: sha => commits.get(sha)!.base === latest(),
    isAhead: sha => commits.get(sha)!.own !== '',
    update(taskId, sha) {
      const head = commit(`${sha} with target ${latest()}`, { base: latest(), own: commits.get(sha)!.own });
      of(taskId).head = head;
      return placed(head);
    },
    merge(taskId, sha) {
      const known = merged.get(sha);
      if (known !== undefined) return known;
      const { own, base } = commits.get(sha)!;
      if (own !== '') target.push(treeOf({ own, base }));
      const head = commit(`merge of ${sha}`, { base: latest(), own: '' });
      Object.assign(of(taskId), { head, changes: [] });
      merged.set(sha, placed(head));
      return placed(head);
    },
    isMerged: sha => merged.has(sha),
    push(by) {
      target.push(`${target.at(-1)}+${by}`);
    },
    hasWritten: taskId => of(taskId).made > 0,
    hasBeen: tree => target.includes(tree),
  };
}
