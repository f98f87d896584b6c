/** Which events a reading is, and what people are told when it is none. */
import { describe, expect, test } from 'vitest';
import type { Reading, ReadingKind } from '../../../src/domain/reading.ts';
import { eventsOf } from '../../../src/integrations/webhooks/events.ts';
import { whyIgnored } from '../../../src/integrations/webhooks/why-ignored.ts';
import { files, recorded, taken } from './deliveries.ts';
import { altered, type Payload } from './made.ts';

const sha = 'e4666a670f042877c67a84473a71675ee0950a08';
const said = (kind: ReadingKind, fields: object = {}): Reading =>
  ({
    kind,
    ...{
      repo: 'acme/shop',
      branch: null,
      sha: null,
      number: null,
      action: null,
      actor: 'maria',
      verdict: null,
      ci: null,
    },
    ...fields,
  }) as Reading;
const typesOf = (reading: Reading) => eventsOf(reading).map(({ type }) => type);
const of = (file: string) => taken(recorded(file)).events;

describe('branches', () => {
  test('that were pushed tell which files are new, and whether these are all', () => {
    expect(of('gitea/push_adr_files.json')).toEqual([
      {
        type: 'branch.pushed',
        branch: 'feature/ORCH-017-delivery-log',
        sha: 'a625406f6977d45c1391b078f4d3656e0b75bfcb',
        before: '1405df66cbe219b0bf6355bc3d60361a8376b6b4',
        filesAdded: [
          'docs/work-items/ORCH-017/06-adr/ADR-001-delivery-log.md',
          'docs/work-items/ORCH-017/06-adr/ADR-002-idempotency-key.md',
          'docs/work-items/ORCH-017/07-infra-requirements.md',
        ],
        isComplete: true,
        by: 'dev-bot',
      },
    ]);
    expect(of('gitea/push_truncated_to_5.json')).toMatchObject([{ isComplete: false }]);
    expect(of('gitlab/push.json')).toMatchObject([{ isComplete: false, filesAdded: ['CHANGELOG'] }]);
  });

  test('that are new bring commits which their base had before: no news', () => {
    expect(of('scenario/03_gitea.push_new_branch.json')).toMatchObject([{ filesAdded: [], isComplete: false }]);
    expect(of('github/push_new_branch.json')).toMatchObject([{ filesAdded: [], isComplete: false }]);
  });

  test('bring no file that was removed again in the same push', () => {
    const commits = [
      { added: [], removed: ['a'] },
      { added: ['a', 'b'], removed: [] },
    ];
    const newestFirst = (payload: Payload) => void Object.assign(payload, { commits, total_commits: 2 });
    expect(taken(altered('gitea/push_multi.json', newestFirst)).events).toMatchObject([{ filesAdded: ['b'] }]);
    const oldestFirst = (payload: Payload) => void Object.assign(payload, { commits: commits.toReversed() });
    expect(taken(altered('github/push.json', oldestFirst)).events).toMatchObject([{ filesAdded: ['b'] }]);
  });

  test('come and go by events or by pushes', () => {
    expect(of('forgejo/create_branch_full_ref.json')).toEqual([
      { type: 'branch.created', branch: 'feature/ORCH-017-delivery-log' },
    ]);
    expect(of('gitea/delete_branch.json')).toEqual([{ type: 'branch.deleted', branch: 'example3' }]);
    const gone = (payload: Payload) => void Object.assign(payload, { after: '0'.repeat(40), commits: [] });
    for (const file of ['github/push.json', 'gitlab/push.json']) {
      expect(taken(altered(file, gone)).events).toEqual([{ type: 'branch.deleted', branch: 'master' }]);
    }
  });

  test('are no tags, however these come', () => {
    const tag = (payload: Payload) => void Object.assign(payload, { ref: 'refs/tags/v1' });
    for (const file of ['gitea/push_multi.json', 'github/push.json']) {
      const { reading, events } = taken(altered(file, tag));
      expect(reading).toMatchObject({ kind: 'tag_created', tag: 'v1', branch: null });
      expect(events).toEqual([]);
    }
    for (const file of ['github/create_tag.json', 'github/delete_tag.json', 'gitlab/tag_push.json']) {
      expect(of(file)).toEqual([]);
    }
  });

  test('are no other references, and no test deliveries', () => {
    const notes = (payload: Payload) => void Object.assign(payload, { ref: 'refs/notes/commits' });
    expect(taken(altered('gitea/push_multi.json', notes)).reading.kind).toBe('ignored');
    expect(of('gitea/push_test_delivery.json')).toEqual([]);
    expect(of('github/ping.json')).toEqual([]);
    expect(of('gitea/release_published.json')).toEqual([]);
  });
});

describe('pull requests', () => {
  test.each([
    ['gitea/pull_request_synchronized.json', 'pullRequest.updated'],
    ['gitea/pull_request_reopened.json', 'pullRequest.reopened'],
    ['gitea/pull_request_closed_unmerged.json', 'pullRequest.closed'],
    ['gitea/pull_request_closed_merged_branch_gone.json', 'pullRequest.merged'],
    ['github/pull_request_opened.json', 'pullRequest.opened'],
    ['github/pull_request_synchronize.json', 'pullRequest.updated'],
    ['github/pull_request_closed.json', 'pullRequest.closed'],
    ['github/pull_request_closed_merged.json', 'pullRequest.merged'],
    ['gitlab/merge_request_open.json', 'pullRequest.opened'],
    ['gitlab/merge_request_update.json', 'pullRequest.updated'],
    ['gitlab/merge_request_merge.json', 'pullRequest.merged'],
    ['gitlab/merge_request_close.json', 'pullRequest.closed'],
  ])('%s is %s', (file, type) => {
    const { reading, events } = taken(recorded(file));
    const { number, branch, sha, base, actor: by } = reading;
    expect(events).toEqual([{ type, number, branch, sha, base, by }]);
  });

  test('of GitLab are updated only when their code is', () => {
    const text = (payload: Payload) => void Object.assign(payload.object_attributes!, { oldrev: undefined });
    expect(taken(altered('gitlab/merge_request_update.json', text)).events).toEqual([]);
  });

  test.each(['edited_title', 'label_updated', 'label_cleared', 'assigned', 'review_requested'])(
    'that were %s are no event',
    what => {
      expect(of(`gitea/pull_request_${what}.json`)).toEqual([]);
    },
  );
});

describe('reviews', () => {
  test('name the commit that was reviewed, where the forge tells', () => {
    const seen = 'a'.repeat(40);
    const reviewed = altered('github/pull_request_review_changes_requested.json', payload => {
      Object.assign(payload.review!, { commit_id: seen, user: { login: 'maria', id: 11 } });
      Object.assign(payload, { sender: { login: 'maria', id: 11 } });
    });
    expect(taken(reviewed).events).toEqual([{ type: 'review.changesRequested', number: 2, sha: seen, by: 'maria' }]);
    expect(of('gitea/review_rejected_current.json')).toEqual([
      { type: 'review.changesRequested', number: 42, sha, by: 'maria' },
    ]);
  });

  test.each([
    ['approved', 'submitted', 'review.approved'],
    ['changes_requested', 'reviewed', 'review.changesRequested'],
    ['commented', 'submitted', 'review.commented'],
    ['dismissed', 'dismissed', 'review.dismissed'],
    ['dismissed', 'unapproved', 'review.dismissed'],
  ])('%s by %s are %s', (verdict, action, type) => {
    expect(typesOf(said('review', { verdict, action, number: 4, sha }))).toEqual([type]);
    const own = typesOf(said('review', { verdict, action, number: 4, sha, own_account: true }));
    expect(own).toEqual(verdict === 'dismissed' ? [type] : []);
  });

  test('by the author count unless they approve', () => {
    const own = { action: 'submitted', number: 4, sha, self_review: true };
    expect(typesOf(said('review', { ...own, verdict: 'approved' }))).toEqual([]);
    expect(typesOf(said('review', { ...own, verdict: 'changes_requested' }))).toEqual(['review.changesRequested']);
  });
});

describe('builds', () => {
  const pending = 'pending queued in_progress requested waiting created running manual scheduled';
  const success = 'success neutral skipped warning';
  const failure = 'failure failed error cancelled canceled timed_out action_required stale startup_failure';
  const words = Object.entries({ 'ci.pending': pending, 'ci.succeeded': success, 'ci.failed': failure });

  test.each(words.flatMap(([type, list]) => list.split(' ').map(word => [word, type] as const)))(
    '%s is %s',
    (ci, type) => {
      for (const kind of ['ci_status', 'ci_run', 'ci_job'] as const) {
        expect(eventsOf(said(kind, { ci, sha, context: 'CI', url: null }))).toEqual([
          { type, sha, name: 'CI', url: null },
        ]);
      }
    },
  );

  test('that are statuses of ours are no event', () => {
    const ours = said('ci_status', { ci: 'success', sha, context: 'signalbox/tests' });
    expect(eventsOf(ours)).toEqual([]);
    expect(whyIgnored(ours)).toBe('a status of ours');
  });

  test('in words that nobody knows, or without a commit, are no event', () => {
    expect(eventsOf(said('ci_run', { ci: 'purple', sha }))).toEqual([]);
    expect(eventsOf(said('ci_run', { ci: 'constructor', sha }))).toEqual([]);
    expect(eventsOf(said('ci_run', { ci: null, sha }))).toEqual([]);
    expect(eventsOf(said('ci_run', { ci: 'success' }))).toEqual([]);
  });

  test.each([
    ['gitea/status_failure.json', 'ci.failed', 'ci/woodpecker/pr/test'],
    ['gitea/workflow_run_completed_failure.json', 'ci.failed', 'CI'],
    ['gitea/workflow_job_queued.json', 'ci.pending', 'test'],
    ['forgejo/action_run_recover.json', 'ci.succeeded', 'ci.yml'],
    ['github/check_run_completed.json', 'ci.succeeded', 'Octocoders-linter'],
    ['github/workflow_job_completed_failure.json', 'ci.failed', 'linters'],
    ['gitlab/pipeline_failed.json', 'ci.failed', 'pipeline'],
    ['gitlab/job.json', 'ci.succeeded', 'auto_deploy:start'],
  ])('%s is %s of %s', (file, type, name) => {
    expect(of(file)).toMatchObject([{ type, name }]);
  });
});

describe('comments', () => {
  test('order, or say something', () => {
    expect(of('gitea/issue_comment_created_current.json')).toEqual([
      { type: 'comment.approved', number: 17, by: 'maria', onPullRequest: false },
    ]);
    const workItem = '7f3c1f0a-2f0e-4f55-8c1f-5a4d7f9b0a17';
    const by = '5d0b2f0e-6a52-4f0b-9a3d-0f4a8c1b7e11';
    const about = { workItem, by, onPullRequest: false };
    expect(of('plane/issue_comment_created_rejected.json')).toEqual([
      { type: 'comment.rejected', ...about, reason: 'the ADR misses a rollback plan & costs' },
    ]);
    expect(of('plane/issue_comment_created_plain.json')).toEqual([
      { type: 'comment.added', ...about, text: 'When do we ship?' },
    ]);
    expect(of('plane/issue_comment_action_create_old_word.json')).toEqual([{ type: 'comment.approved', ...about }]);
    expect(of('plane_v2/workitem_comment_created.json')).toEqual([{ type: 'comment.approved', ...about }]);
  });

  test('by nobody could be our own', () => {
    const nobody = { command: { verb: 'approve', reason: '' }, action: 'created', actor: null };
    expect(typesOf(said('work_item_comment', { ...nobody, work_item: 'x' }))).toEqual([]);
    expect(whyIgnored(said('comment', { ...nobody, number: 1 }))).toMatch(/by whom/);
  });

  test('that were changed or deleted say nothing', () => {
    for (const file of ['gitea/issue_comment_edited.json', 'gitea/issue_comment_deleted.json'])
      expect(of(file)).toEqual([]);
    expect(of('plane/issue_comment_updated.json')).toEqual([]);
  });
});

describe('work', () => {
  test.each([
    ['gitea/issues_opened_current.json', 'work.opened'],
    ['gitea/issues_closed.json', 'work.closed'],
    ['gitea/issues_reopened.json', 'work.reopened'],
    ['gitea/issues_assigned_current.json', 'work.assigned'],
    ['gitea/issues_unassigned.json', 'work.unassigned'],
    ['gitea/issues_label_updated_current.json', 'work.labeled'],
    ['gitea/issues_label_cleared.json', 'work.labeled'],
    ['gitea/issues_edited_title.json', 'work.changed'],
    ['gitea/issues_milestoned.json', 'work.changed'],
    ['github/issues_labeled.json', 'work.labeled'],
    ['github/issues_unassigned.json', 'work.unassigned'],
    ['gitlab/issue_open.json', 'work.opened'],
  ])('%s is %s', (file, type) => {
    const { reading, events } = taken(recorded(file));
    const { number, labels, assignees, state, actor: by } = reading;
    expect(events).toEqual([{ type, number, labels, assignees, state, by }]);
  });

  test.each([
    ['plane/issue_created.json', 'work.opened'],
    ['plane/issue_updated_assignee_ids.json', 'work.assigned'],
    ['plane/issue_updated_state_id.json', 'work.changed'],
    ['plane/issue_updated_labels.json', 'work.labeled'],
    ['plane/issue_deleted.json', 'work.closed'],
    ['plane_v2/workitem_created.json', 'work.opened'],
    ['plane_v2/workitem_updated.json', 'work.changed'],
  ])('%s is %s', (file, type) => {
    const { reading, events } = taken(recorded(file));
    const { work_item: workItem, seq = null, state = null, field = null, actor: by } = reading;
    expect(events).toEqual([{ type, workItem, seq, state, field, by }]);
  });

  test.each(['completed', 'cancelled'])('whose new state is %s is closed, whatever the state is called', group => {
    const over = altered('plane/issue_updated_state_id.json', payload => {
      Object.assign(payload.data!.state!, { name: 'Erledigt', group });
    });
    expect(taken(over).events).toMatchObject([{ type: 'work.closed', state: 'Erledigt' }]);
    // Another field of work that was over already.
    const renamed = altered('plane/issue_updated_labels.json', payload => {
      Object.assign(payload.data!.state!, { group });
    });
    expect(taken(renamed).events).toMatchObject([{ type: 'work.labeled' }]);
  });

  test('of GitLab names what was changed', () => {
    const changed = (changes: object, assignees: object[] = []) => {
      const { events } = taken(
        altered('gitlab/issue_open.json', payload => {
          Object.assign(payload.object_attributes!, { action: 'update' });
          Object.assign(payload, { changes, assignees });
        }),
      );
      return events.map(({ type }) => type);
    };
    expect(changed({ labels: {} })).toEqual(['work.labeled']);
    expect(changed({ assignees: {}, updated_at: {} }, [{ username: 'bot' }])).toEqual(['work.assigned']);
    expect(changed({ assignees: {} })).toEqual(['work.unassigned']);
    expect(changed({ title: {} })).toEqual(['work.changed']);
  });

  test('that our own account changed is no news', () => {
    expect(typesOf(said('issue', { action: 'closed', number: 1, own_account: true }))).toEqual([]);
    expect(typesOf(said('work_item', { action: 'created', work_item: 'x', own_account: true }))).toEqual([]);
  });
});

test("Plane's names for events in its own source are understood", () => {
  const odd = altered('plane_v2/workitem_updated.json', payload => {
    Object.assign(payload, { event: 'WebhookScope.ScopeChoices.WORK_ITEM_UPDATED' });
    Object.assign(payload.data!, { assignee_ids: 'None', name: 'None' });
  });
  expect(taken(odd).events).toMatchObject([{ type: 'work.changed', field: 'state_id' }]);
  const header = {
    ...odd,
    headers: { ...odd.headers, 'x-plane-event': 'WebhookScope.ScopeChoices.WORK_ITEM_UPDATED' },
  };
  expect(taken(header).events).toHaveLength(1);
});

describe('why nothing happens', () => {
  test.each([
    [said('push_test'), 'a test delivery'],
    [said('ping'), 'a test delivery'],
    [said('tag_created'), 'a tag; only branches matter'],
    [said('release'), 'a release; only branches matter'],
    [said('ignored'), 'an event that nothing here waits for'],
    [said('review', { from_fork: true, head_repo: 'bob/shop' }), 'comes from the fork bob/shop'],
    [said('pull_request', { from_fork: true }), 'comes from a fork'],
    [said('comment', { own_account: true }), 'written by our own account'],
    [said('comment', { own_account: true, bot: true }), 'written by a program'],
    [said('review', { self_review: true, verdict: 'approved' }), 'an approval by the author of the pull request'],
    [said('comment', { action: 'deleted', number: 1 }), 'a comment that was deleted'],
    [said('comment', { action: 'edited', number: 1 }), 'a comment that was changed afterwards; only new ones count'],
    [said('ci_run', { ci: 'purple' }), 'says purple, which nothing here waits for'],
    [said('pull_request', { action: 'labeled' }), 'nothing here waits for the action labeled'],
    [said('pull_request'), 'does not say what happened'],
  ])('is told in a sentence (%#)', (reading, sentence) => {
    expect(eventsOf(reading)).toEqual([]);
    expect(whyIgnored(reading)).toBe(sentence);
  });

  test('is told of every recorded delivery that is no event', () => {
    const told = files
      .map(file => taken(recorded(file)))
      .filter(({ events }) => events.length === 0)
      .map(({ reading }) => whyIgnored(reading));
    expect(told.length).toBeGreaterThan(20);
    expect(told.filter(sentence => sentence.length < 5 || sentence.includes('null'))).toEqual([]);
  });
});
