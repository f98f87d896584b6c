/**
 * The contract of a forge: what Signalbox asks of Gitea, Forgejo, GitHub and GitLab. Repositories are `owner/name`.
 *
 * Everything that writes looks first: doing it again changes nothing and answers what is there. Everything throws
 * `OutsideError` and nothing else, so that whoever asks knows whether to try again, and when.
 */

export type ForgeKind = 'gitea' | 'github' | 'gitlab';

export interface Account {
  id: number;
  login: string;
}

export interface ForgeBranch {
  name: string;
  sha: string;
}

export interface PullRequest {
  number: number;
  /** The page for people. */
  url: string;
  title: string;
  body: string;
  state: 'open' | 'closed' | 'merged';
  isDraft: boolean;
  author: string;
  /** Branch name; the repository it lies in, null when that is gone. */
  head: { branch: string; sha: string; repository: string | null };
  base: { branch: string };
  /** The commit by which it was merged; null while it is not, or the forge does not say. */
  mergeCommit: string | null;
}

/** Whether nothing can be added to a pull request any more. */
export const isOver = ({ state }: PullRequest): boolean => state !== 'open';

export interface Review {
  id: number | string;
  by: string;
  verdict: 'approved' | 'changesRequested' | 'commented';
  /** The commit that was looked at; null when the forge does not say. */
  sha: string | null;
  /** The code has changed since, or somebody has dismissed it: it counts no more. */
  isStale: boolean;
  body: string;
}

export interface Reviews {
  /** The last of each person that says more than a comment, else the last comment; requested reviewers are not among them. */
  reviews: Review[];
  /** Threads that nobody has resolved; null where the forge cannot tell. */
  unresolved: number | null;
}

export type CheckState = 'pending' | 'success' | 'failure';

export interface Check {
  /** `build / test (push)`, `ci/woodpecker/pr/test`. */
  name: string;
  state: CheckState;
  description: string;
  url: string | null;
}

/** Everything that was reported on a commit, over all pages; the newest of each name. */
export interface CommitChecks {
  sha: string;
  checks: Check[];
}

export interface CommitStatus {
  /** The name of the check, such as `signalbox/tests`. */
  context: string;
  state: CheckState;
  /** At most 140 characters are shown. */
  description: string;
  url?: string | undefined;
}

export interface ForgeComment {
  id: number;
  url: string;
  body: string;
}

/**
 * What became of a merge. Refusals are answers, not errors: what follows from each is for a machine to decide.
 *
 * - `merged`: it is in the base, now or already before; `commit` is the merge commit.
 * - `headMoved`: the head is no longer the sha that was judged.
 * - `conflict`: it does not merge.
 * - `notYet`: the forge is still working out whether it merges; ask again.
 * - `closed`: somebody has closed the pull request, or it is gone.
 * - `refused`: rules of the repository stand against it (approvals, checks, draft, rights, method); `detail` says which.
 */
export type MergeAnswer =
  | { result: 'merged'; commit: string }
  | { result: 'headMoved' | 'conflict' | 'notYet' | 'closed' | 'refused'; detail: string };

export interface Hook {
  id: number;
  url: string;
  isActive: boolean;
  events: string[];
}

export interface Issue {
  number: number;
  url: string;
  title: string;
  state: 'open' | 'closed';
  labels: string[];
}

export interface NewPullRequest {
  head: string;
  base: string;
  title: string;
  body: string;
}

export interface Forge {
  readonly kind: ForgeKind;
  /** As the configuration calls it. */
  readonly name: string;
  /** Where git finds a repository, over HTTP and without credentials in it. */
  cloneUrl(repository: string): string;
  /** What git signs in with. */
  readonly credentials: { username: string; password: string };
  /** Who we are. */
  account(): Promise<Account>;
  /** The version of the server, for people; `unknown` where it does not say. */
  version(): Promise<string>;
  /** Throws `notFound`. */
  repository(repository: string): Promise<{ name: string; defaultBranch: string; mayPush: boolean }>;
  branch(repository: string, name: string): Promise<ForgeBranch | undefined>;
  /** The bytes of a file as text; undefined when it is not there. */
  file(repository: string, path: string, ref: string): Promise<string | undefined>;

  pullRequest(repository: string, number: number): Promise<PullRequest | undefined>;
  /** The newest open one from this branch of the repository itself, never of a fork. */
  findPullRequest(repository: string, from: { head: string; base: string }): Promise<PullRequest | undefined>;
  /** Finds the open one, or makes it. Throws `conflict` when there is nothing between the two branches. */
  openPullRequest(repository: string, wanted: NewPullRequest): Promise<PullRequest>;
  reviews(repository: string, number: number): Promise<Reviews>;
  /** Merges with a merge commit, and only this head. */
  merge(
    repository: string,
    number: number,
    wanted: { sha: string; title: string; message: string },
  ): Promise<MergeAnswer>;

  /** Of a commit that is not there, some forges say that there are none, others throw `notFound`. */
  checks(repository: string, sha: string): Promise<CommitChecks>;
  /** Sets our own status on a commit; the same again changes nothing that people see. */
  setStatus(repository: string, sha: string, status: CommitStatus): Promise<void>;

  /**
   * Keeps one comment under an issue or pull request as it should be: the one with this id if it is still there, else
   * one of our own account that holds the marker (an HTML comment, kept in the body), else a new one.
   */
  keepComment(
    repository: string,
    number: number,
    wanted: { marker: string; body: string; id?: number | undefined },
  ): Promise<ForgeComment>;

  issue(repository: string, number: number): Promise<Issue | undefined>;
  /** Makes an issue once: one of our own whose body holds the marker is answered instead. */
  openIssue(
    repository: string,
    wanted: { marker: string; title: string; body: string; labels: readonly string[] },
  ): Promise<Issue>;
  /** Adds labels that the repository has; answers those that it does not have. */
  addLabels(repository: string, number: number, labels: readonly string[]): Promise<{ unknown: string[] }>;

  /**
   * Registers the webhook once by its URL, or brings it up to date. No forge shows the secret of a hook, and Gitea never
   * changes it: whoever has a new one says so, and the hook is made anew where that is the only way.
   */
  keepHook(
    repository: string,
    wanted: { url: string; secret: string; hasNewSecret?: boolean | undefined },
  ): Promise<Hook & { was: 'made' | 'changed' | 'there' }>;
  /** Asks the forge to send a delivery now, as a proof that it arrives; false where it cannot be asked. */
  testHook(repository: string, id: number): Promise<boolean>;
}

/** What every client is made from. */
export interface ForgeOptions {
  name: string;
  /** Of the server, without a path that belongs to its API. */
  url: string;
  token: string;
  /** For tests: what sends requests. */
  fetch?: typeof globalThis.fetch;
  /** Milliseconds until an answer must be there. */
  timeoutMs?: number;
}
