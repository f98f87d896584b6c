/** What happens on a fake Gitea, told to its webhooks in the words of the real one. */
import { repositoryShape, userShape } from './answers.ts';
import { commitShape, pushedCommits } from './commits.ts';
import type { Deliveries } from './deliveries.ts';
import type { RefChange } from './git-http.ts';
import { commentShape, issueShape, pullShape } from './shapes.ts';
import {
  type FakeAccount,
  type FakeComment,
  type FakeIssue,
  type FakePullIssue,
  type FakeRepository,
  type FakeReview,
  type FakeStatus,
  fullName,
  isPull,
  type World,
} from './world.ts';

const zeros = '0'.repeat(40);

/** What an edit has changed: how it was before. */
export interface Changes {
  title?: { from: string };
  body?: { from: string };
}

export interface Reporter {
  refMoved(repository: FakeRepository, change: RefChange, by: FakeAccount): Promise<void>;
  pull(
    repository: FakeRepository,
    issue: FakePullIssue,
    action: string,
    by: FakeAccount,
    changes?: Changes,
  ): Promise<void>;
  issue(
    repository: FakeRepository,
    issue: FakeIssue,
    action: string,
    by: FakeAccount,
    changes?: Changes,
  ): Promise<void>;
  reviewed(repository: FakeRepository, issue: FakePullIssue, review: FakeReview): Promise<void>;
  commented(
    repository: FakeRepository,
    issue: FakeIssue,
    comment: FakeComment,
    told: { action: 'created' | 'edited' | 'deleted'; by: FakeAccount },
  ): Promise<void>;
  status(repository: FakeRepository, status: FakeStatus): Promise<void>;
}

const reviewWords = {
  APPROVED: 'approved',
  REQUEST_CHANGES: 'rejected',
  COMMENT: 'comment',
  REQUEST_REVIEW: 'request',
} as const;

export function createReporter(world: World, deliveries: Deliveries): Reporter {
  const common: Telling['common'] = (repository, by) => ({
    repository: repositoryShape(repository, world),
    sender: userShape(by, world),
  });
  const pullPayload = async (repository: FakeRepository, issue: FakePullIssue, action: string, by: FakeAccount) => ({
    action,
    number: issue.number,
    pull_request: await pullShape(issue, repository, world),
    requested_reviewer: null,
    ...common(repository, by),
    commit_id: '',
    review: null as { type: string; content: string } | null,
  });

  return {
    refMoved: (repository, change, by) => tellOfRef({ world, deliveries, common }, repository, change, by),

    async pull(repository, issue, action, by, changes) {
      const type = action === 'synchronized' ? 'pull_request_sync' : pullTypes[action];
      const payload = { ...(await pullPayload(repository, issue, action, by)), ...(changes ? { changes } : {}) };
      const wanted = type ?? 'pull_request';
      deliveries.send(repository, { wanted, event: 'pull_request', type: wanted, payload });
    },

    async issue(repository, issue, action, by, changes) {
      const type = action === 'label_updated' ? 'issue_label' : 'issues';
      const payload = {
        action,
        number: issue.number,
        ...(changes ? { changes } : {}),
        issue: issueShape(issue, repository, world),
        ...common(repository, by),
        commit_id: '',
      };
      deliveries.send(repository, { wanted: type, event: 'issues', type, payload });
    },

    async reviewed(repository, issue, review) {
      const requested_reviewer = userShape(review.author, world);
      const word = reviewWords[review.state];
      const type = `pull_request_review_${word}`;
      const payload = await pullPayload(repository, issue, 'reviewed', review.author);
      deliveries.send(repository, {
        wanted: 'pull_request_review',
        event: `pull_request_${word}`,
        type,
        payload: { ...payload, requested_reviewer, review: { type, content: review.body } },
      });
    },

    async commented(repository, issue, comment, { action, by }) {
      const type = issue.pull ? 'pull_request_comment' : 'issue_comment';
      const payload = {
        action,
        issue: issueShape(issue, repository, world),
        ...(isPull(issue) ? { pull_request: await pullShape(issue, repository, world) } : {}),
        comment: commentShape(comment, issue, repository, world),
        ...common(repository, by),
        is_pull: issue.pull !== null,
      };
      deliveries.send(repository, { wanted: type, event: 'issue_comment', type, payload });
    },

    status: (repository, status) => tellOfStatus({ world, deliveries, common }, repository, status),
  };
}

interface Telling {
  world: World;
  deliveries: Deliveries;
  /** What every webhook holds. */
  common(repository: FakeRepository, by: FakeAccount): { repository: object; sender: object };
}

/** The news of a branch or tag that has moved, come or gone. */
async function tellOfRef(
  { world, deliveries, common }: Telling,
  repository: FakeRepository,
  change: RefChange,
  by: FakeAccount,
): Promise<void> {
  const [, kind = '', name = ''] = /^refs\/(heads|tags)\/(.+)$/.exec(change.ref) ?? [];
  const refType = kind === 'tags' ? 'tag' : 'branch';
  const about = { ref: name, ref_type: refType, ...common(repository, by) };
  if (!change.before && change.after) {
    const payload = { ...about, sha: change.after };
    deliveries.send(repository, { wanted: 'create', event: 'create', payload });
  }
  if (!change.after) {
    deliveries.send(repository, { wanted: 'delete', event: 'delete', payload: { ...about, pusher_type: 'user' } });
    // A branch that is gone comes only as `delete`.
    if (refType === 'branch') return;
  }
  const payload = { ...(await pushPayload(repository, world, change)), pusher: userShape(by, world) };
  deliveries.send(repository, {
    wanted: 'push',
    event: 'push',
    payload: { ...payload, ...common(repository, by) },
  });
}

/** The news of a status. */
async function tellOfStatus(
  { world, deliveries, common }: Telling,
  repository: FakeRepository,
  status: FakeStatus,
): Promise<void> {
  const { id, sha, state, context, description, targetUrl, createdAt, creator } = status;
  const payload = {
    ...{ id, sha, state, context, description, created_at: createdAt, updated_at: createdAt },
    // Without one, it is the server's own page.
    target_url: targetUrl || `${world.url}/`,
    commit: await commitShape(repository, world, sha),
    ...common(repository, creator),
  };
  deliveries.send(repository, { wanted: 'status', event: 'status', payload });
}

const pullTypes: Readonly<Record<string, string>> = {
  label_updated: 'pull_request_label',
  review_requested: 'pull_request_review_request',
};

async function pushPayload(repository: FakeRepository, world: World, { ref, before, after }: RefChange) {
  const { commits, total } = after
    ? await pushedCommits(repository, world, { before, after })
    : { commits: [], total: 0 };
  return {
    ref,
    before: before ?? zeros,
    after: after ?? zeros,
    compare_url: `${world.url}/${fullName(repository)}/compare/${before ?? zeros}...${after ?? zeros}`,
    commits,
    total_commits: total,
    head_commit: after ? await commitShape(repository, world, after) : null,
  };
}
