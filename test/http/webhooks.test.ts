/** Deliveries over HTTP: how each is answered, and that it is kept with what it says before it is answered. */
import { describe, expect, test } from 'vitest';
import { expected, files, recorded, secretOf, signingSecret } from '../integrations/webhooks/deliveries.ts';
import { waitingOutside } from '../support/forge-tasks.ts';
import { branch, openReceiving } from './receiving.ts';

/** The commit that the builds of the recorded work speak of first. */
const { after: head } = JSON.parse(recorded('scenario/07_gitea.push_src.json').body.toString()) as { after: string };

const secrets = [
  ...Object.values(secretOf),
  signingSecret,
  signingSecret.slice('whsec_'.length),
  'token-of-our-account',
];

describe('every recorded delivery', () => {
  test('is answered shortly, kept with what it says, and tells no secret', async () => {
    const { post, shown, listed, task, lines, bytes, system } = await openReceiving({
      outside: waitingOutside({ head }),
    });
    await task('ORCH-017');
    const accepted: string[] = [];
    const known: string[] = [];
    for (const file of files) {
      const { status, json, body, headers } = await post(recorded(file));
      expect([file, body.length < 500, headers['content-type']]).toEqual([
        file,
        true,
        'application/json; charset=utf-8',
      ]);
      if (status === 202) {
        accepted.push(file);
        expect(json).toEqual({ status: 'accepted', id: json.id, deliveryId: json.deliveryId, events: 1 });
      } else if (json.status === 'duplicate') {
        known.push(file);
        expect([file, status, json]).toEqual([file, 200, { status: 'duplicate', id: json.id }]);
      } else {
        expect([file, status, json]).toEqual([
          file,
          200,
          { status: 'ignored', id: json.id, reason: expect.any(String) },
        ]);
      }
      const kept = await shown(json.id);
      expect(kept).toMatchObject({ outcome: json.status, provider: recorded(file).provider.kind });
      expect(JSON.stringify([json, kept])).not.toMatch(new RegExp(secrets.join('|')));
      const said = expected.find(entry => entry.file === file);
      for (const [field, value] of Object.entries(said ?? {})) {
        if (field !== 'file')
          expect([file, field, (kept.reading as never)[field] ?? null]).toEqual([file, field, value]);
      }
    }
    // What the same text has said before under another id.
    expect(known).toEqual([
      'gitea/push_adr_files_form.form',
      'scenario/05_gitea.push_adr.json',
      'scenario/09_gitea.status_pending.json',
    ]);
    expect(accepted).toMatchInlineSnapshot(`
      [
        "gitea/issue_comment_on_pr_current.json",
        "gitea/pull_request_closed_merged_branch_gone.json",
        "gitea/push_adr_files.json",
        "gitea/push_truncated_to_5.json",
        "gitea/review_approved_current.json",
        "gitea/review_approved_short_type.json",
        "gitea/review_approved_state_shape.json",
        "gitea/review_rejected_current.json",
        "gitea/review_rejected_short_type.json",
        "gitea/review_rejected_state_shape.json",
        "gitea/status_actions_failure.json",
        "gitea/status_actions_pending.json",
        "gitea/status_actions_success.json",
        "gitea/status_failure.json",
        "gitea/status_pending.json",
        "gitea/status_success.json",
        "gitea/workflow_job_completed_failure.json",
        "gitea/workflow_job_queued.json",
        "gitea/workflow_run_completed_failure.json",
        "gitea/workflow_run_completed_success.json",
        "gitea/workflow_run_in_progress.json",
        "gitea/workflow_run_requested.json",
        "scenario/02_gitea.branch_created.json",
        "scenario/03_gitea.push_new_branch.json",
        "scenario/06_gitea.pull_request_opened.json",
        "scenario/07_gitea.push_src.json",
        "scenario/08_gitea.pull_request_synchronized.json",
        "scenario/10_gitea.status_failure.json",
        "scenario/11_gitea.push_fix.json",
        "scenario/12_gitea.pull_request_synchronized_2.json",
        "scenario/13_gitea.status_success_old_sha.json",
        "scenario/15_gitea.review_rejected.json",
        "scenario/16_gitea.push_tests.json",
        "scenario/18_gitea.review_approved.json",
        "scenario/19_gitea.pull_request_merged.json",
        "scenario/22_gitea.branch_deleted.json",
      ]
    `);
    expect(await listed()).toHaveLength(files.length);
    expect(system.faults).toEqual([]);
    for (const secret of secrets) {
      expect([secret, bytes().includes(secret)]).toEqual([secret, false]);
      expect([secret, lines.some(line => line.includes(secret))]).toEqual([secret, false]);
    }
    // Each came once; sent again, each is known.
    for (const file of files) {
      const { status, json } = await post(recorded(file));
      expect([file, status, json]).toEqual([file, 200, { status: 'duplicate', id: json.id }]);
    }
    expect(await listed()).toHaveLength(files.length);
    expect((await system.runtime.verify()).differences).toEqual([]);
  }, 120_000);

  test('is found to be of the one of two forges whose secret it is signed with', async () => {
    const { post, shown } = await openReceiving();
    const [ofHome, ofBerg] = [recorded('gitea/push_multi.json'), recorded('forgejo/push_multi.json')];
    for (const [delivery, name, other] of [
      [ofHome, 'home', 'berg'],
      [ofBerg, 'berg', 'home'],
    ] as const) {
      expect((await post(delivery, other)).status).toBe(401);
      const { status, json } = await post(delivery);
      expect(status).toBe(200);
      expect(await shown(json.id)).toMatchObject({ name, provider: 'gitea' });
      expect((await post(delivery, name)).json).toEqual({ status: 'duplicate', id: json.id });
    }
  });

  test('is told to nobody where no task is meant, and says so', async () => {
    const { post } = await openReceiving();
    const { json } = await post(recorded('scenario/07_gitea.push_src.json'));
    expect(json.reason).toBe(`no task has the branch ${branch} of acme/shop at home`);
  });
});
