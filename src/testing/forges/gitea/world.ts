/** What a fake Gitea holds: accounts, repositories, and what lies in them. The git side of a repository is real and on disk. */

export type Permission = 'read' | 'write' | 'admin';

export interface FakeAccount {
  id: number;
  login: string;
  token: string;
  isAdmin: boolean;
}

export interface FakeLabel {
  id: number;
  name: string;
  color: string;
}

export interface FakeComment {
  id: number;
  author: FakeAccount;
  body: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface FakeReview {
  id: number;
  author: FakeAccount;
  state: 'APPROVED' | 'REQUEST_CHANGES' | 'COMMENT' | 'REQUEST_REVIEW';
  body: string;
  sha: string;
  isStale: boolean;
  isDismissed: boolean;
  /** At lines of the change. */
  comments: { id: number; path: string; position: number; body: string; resolver: FakeAccount | null }[];
  submittedAt: Date;
}

export interface FakePull {
  head: { repository: FakeRepository; branch: string };
  base: string;
  merged: { commit: string; by: FakeAccount; at: Date } | null;
  reviews: FakeReview[];
}

/** A pull request is an issue with a change. */
export interface FakeIssue {
  id: number;
  number: number;
  author: FakeAccount;
  title: string;
  body: string;
  state: 'open' | 'closed';
  labels: FakeLabel[];
  comments: FakeComment[];
  createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  pull: FakePull | null;
}

export interface FakePullIssue extends FakeIssue {
  pull: FakePull;
}

export interface FakeStatus {
  id: number;
  sha: string;
  state: string;
  context: string;
  description: string;
  targetUrl: string;
  creator: FakeAccount;
  createdAt: Date;
}

export interface FakeHook {
  id: number;
  url: string;
  secret: string;
  contentType: string;
  events: string[];
  isActive: boolean;
  authorizationHeader: string;
}

/** What a branch wants before something is merged into it. */
export interface FakeProtection {
  branch: string;
  approvals: number;
  /** Statuses that must be there and good. */
  contexts: string[];
  isBlockedByRejection: boolean;
}

export interface FakeRepository {
  id: number;
  owner: string;
  name: string;
  /** The bare repository. */
  directory: string;
  defaultBranch: string;
  parent: FakeRepository | null;
  permissions: Map<string, Permission>;
  issues: FakeIssue[];
  labels: FakeLabel[];
  statuses: FakeStatus[];
  hooks: FakeHook[];
  protections: FakeProtection[];
}

export interface World {
  url: string;
  /** Where the bare repositories lie. */
  root: string;
  accounts: FakeAccount[];
  organisations: Map<string, number>;
  repositories: FakeRepository[];
  nextId(): number;
  /** Runs one after the other what changes a repository. */
  alone<T>(repository: FakeRepository, work: () => Promise<T>): Promise<T>;
  /** How many requests for a merge are still to be answered with "try again later". */
  mergesHeldBack: number;
}

export const fullName = ({ owner, name }: FakeRepository): string => `${owner}/${name}`;

export function createWorld(root: string): World {
  let lastId = 0;
  const last = new Map<number, Promise<unknown>>();
  return {
    url: '',
    root,
    accounts: [],
    organisations: new Map(),
    repositories: [],
    mergesHeldBack: 0,
    nextId() {
      lastId += 1;
      return lastId;
    },
    alone(repository, work) {
      const before = last.get(repository.id) ?? Promise.resolve();
      const done = before.then(work, work);
      last.set(repository.id, done);
      return done;
    },
  };
}

/** What an account may do with a repository; everybody may read. */
export function mayDo(account: FakeAccount, repository: FakeRepository, wanted: Permission): boolean {
  const order: Permission[] = ['read', 'write', 'admin'];
  const isOwner = account.isAdmin || account.login === repository.owner;
  const given = isOwner ? 'admin' : (repository.permissions.get(account.login) ?? 'read');
  return order.indexOf(given) >= order.indexOf(wanted);
}

/** A draft is one by its title. */
export const isDraft = ({ title }: FakeIssue): boolean => /^(wip:|\[wip\])/i.test(title.trim());

export const isPull = (issue: FakeIssue): issue is FakePullIssue => issue.pull !== null;
