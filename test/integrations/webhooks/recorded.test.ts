/** Every recorded delivery is verified, and says what was written down of it. */
import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../../src/integrations/webhooks/events.ts';
import { expected, files, nobody, recorded, signedAt, taken } from './deliveries.ts';

test('all deliveries are here, and each has its reading or belongs to the scenario', () => {
  expect(files.length).toBe(144);
  const unread = files.filter(file => !file.startsWith('scenario/') && !expected.some(entry => entry.file === file));
  expect(unread).toEqual([]);
});

test.each(files)('%s is signed with its secret and with no other', file => {
  const delivery = recorded(file);
  const { provider, secrets } = delivery;
  expect(provider.verify(delivery, secrets, signedAt).ok).toBe(true);
  expect(provider.verify(delivery, ['another', ...secrets], signedAt).ok).toBe(true);
  expect(provider.verify(delivery, ['another'], signedAt)).toMatchObject({ refused: { status: 401 } });
  expect(provider.verify(delivery, [], signedAt)).toMatchObject({ refused: { status: 401 } });
  expect(provider.verify(delivery, [''], signedAt)).toMatchObject({ refused: { status: 401 } });
});

test.each(expected)('$file says what was written down of it', ({ file, ...said }) => {
  const { reading } = taken(recorded(file));
  for (const [field, value] of Object.entries(said)) expect([field, reading[field] ?? null]).toEqual([field, value]);
  // What is said can be stored and comes back the same.
  expect(JSON.parse(JSON.stringify(reading))).toEqual(reading);
});

test.each(files)('%s has the id that its sender gave it', file => {
  const { parsed } = taken(recorded(file));
  expect(parsed.deliveryId).toMatch(/^[0-9a-f-]{36}$/);
  expect(parsed.meaning).toMatch(/^[0-9a-f]{64}$/);
});

test('deliveries with the same text are recognised by their meaning, and no others', () => {
  const meanings = Map.groupBy(files, file => taken(recorded(file)).parsed.meaning);
  const doubles = [...meanings.values()].filter(group => group.length > 1);
  expect(doubles).toEqual([
    ['forgejo/push_multi.json', 'gitea/push_multi.json'],
    // The same text, once as JSON and once in a form.
    ['gitea/push_adr_files.json', 'gitea/push_adr_files_form.form', 'scenario/05_gitea.push_adr.json'],
    ['gitea/status_pending.json', 'scenario/09_gitea.status_pending.json'],
    // Sent with a token, and signed.
    ['gitlab/push.json', 'gitlab/push_signed.json'],
  ]);
});

describe('one work item from hand-over to merge', () => {
  test('is told to machines in these events', () => {
    const told = files
      .filter(file => file.startsWith('scenario/'))
      .map(file => {
        const events = eventsOf(taken(recorded(file), nobody).reading).map(({ type }) => type);
        return `${file.slice('scenario/'.length, -'.json'.length)}: ${events.join(' ')}`;
      });
    expect(told).toMatchInlineSnapshot(`
      [
        "01_plane.work_item_to_todo: work.changed",
        "02_gitea.branch_created: branch.created",
        "03_gitea.push_new_branch: branch.pushed",
        "04_plane.comment_approved: comment.approved",
        "05_gitea.push_adr: branch.pushed",
        "06_gitea.pull_request_opened: pullRequest.opened",
        "07_gitea.push_src: branch.pushed",
        "08_gitea.pull_request_synchronized: pullRequest.updated",
        "09_gitea.status_pending: ci.pending",
        "10_gitea.status_failure: ci.failed",
        "11_gitea.push_fix: branch.pushed",
        "12_gitea.pull_request_synchronized_2: pullRequest.updated",
        "13_gitea.status_success_old_sha: ci.succeeded",
        "14_gitea.status_success: ci.succeeded",
        "15_gitea.review_rejected: review.changesRequested",
        "16_gitea.push_tests: branch.pushed",
        "17_gitea.status_success_2: ci.succeeded",
        "18_gitea.review_approved: review.approved",
        "19_gitea.pull_request_merged: pullRequest.merged",
        "20_gitea.push_main_merge: branch.pushed",
        "21_gitea.issue_closed_by_merge: work.closed",
        "22_gitea.branch_deleted: branch.deleted",
      ]
    `);
  });
});
