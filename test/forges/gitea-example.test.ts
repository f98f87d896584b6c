/**
 * The example of a team with Gitea, from the order to the merge: what Signalbox does there, what people and the CI answer,
 * and what the agents see of it. On the fake always, on real ones where the environment names them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { reconcilerId } from '../../src/machines/addresses.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import { type ForgePlace, type GiteaServer, giteaServers, openForgePlace, webhookSecret, workAt } from './place.ts';

interface Delivery {
  events: { type: string; outcome: string }[];
}

interface TaskShown {
  id: string;
  standing: string;
  stage: string;
  why: string;
  deadline: { at: string; means: string } | null;
  attempts: Record<string, number>;
}

/** How long a real forge, on a machine that is busy, may take for a step. */
const patienceMs = 45_000;
const dayMs = 86_400_000;

/** One task, with what the test does to it at the forge. */
async function tell(place: ForgePlace, { tellsStatuses }: GiteaServer) {
  const { gitea, remote } = place;
  const { working, ask, lines, url } = await workAt(place);
  const { repositories } = await place.client.ask('forge.connect', { name: 'home', publicUrl: url });
  expect(repositories).toMatchObject([{ webhook: 'made', delivery: 'arrived', problem: null }]);
  const { id } = await ask<TaskShown>('POST', '/tasks', { project: 'shop', title: 'Totals are wrong for two items' });
  const { runtime } = working.site;
  const show = () => ask<TaskShown>('GET', `/tasks/${id}`);
  const context = async () => (JSON.parse((await runtime.actor(id))!.snapshot) as { context: TaskContext }).context;
  /** Looks with every commit; says where the task stands when that is not where it should get. */
  async function until(isThere: (shown: TaskShown) => boolean): Promise<void> {
    let last: TaskShown | undefined;
    const look = async () => {
      last = await show();
      const isStuck = ['blocked', 'failed', 'person'].includes(last.standing);
      return isStuck || isThere(last) ? last : undefined;
    };
    await runtime.until(look, AbortSignal.timeout(patienceMs)).catch(() => {});
    if (last === undefined || !isThere(last))
      throw new Error(`it is at ${last?.stage}, ${last?.standing}: ${last?.why}`);
  }
  return {
    id,
    lines,
    show,
    context,
    /** Until the task waits, and says so in these words. */
    waitsFor: (stage: string, attempt: number, why: RegExp) =>
      until(shown => shown.stage === stage && shown.attempts[stage] === attempt && why.test(shown.why)),
    ended: () => until(({ standing }) => standing === 'done'),
    deliveries: () => ask<{ items: Delivery[] }>('GET', `/deliveries?task=${id}`),
    /** A server that tells nobody of statuses is compared with the tasks instead, as happens at intervals. */
    async ci(state: 'pending' | 'success' | 'failure') {
      const { head } = await context();
      await gitea.people.setStatus(remote, head!, { context: 'build / test', state });
      if (!tellsStatuses) await runtime.send(reconcilerId('home'), { type: 'reconciler.look' });
    },
    async review(verdict: 'approve' | 'reject', body: string) {
      const { head, forge } = await context();
      const { number } = forge!.pullRequest!;
      const event = verdict === 'approve' ? 'APPROVED' : 'REQUEST_CHANGES';
      // What they look at they name: just after a push Forgejo 7 takes the commit before it for the newest, and a review of
      // the newest for one that has been overtaken. A person who sees that says it again.
      const review = { event, body, commit_id: head };
      const isCurrent = async () =>
        (await gitea.forge.reviews(remote, number)).reviews.some(({ sha, isStale }) => sha === head && !isStale);
      const say = () => gitea.ask(gitea.tokens.reviewer, 'POST', `/repos/${remote}/pulls/${number}/reviews`, review);
      const heard = async () => {
        await say();
        return vi.waitUntil(isCurrent, { timeout: 5_000, interval: 200 }).catch(() => false);
      };
      await vi.waitUntil(heard, { timeout: patienceMs, interval: 1 });
      // What it has told of the review was too early to count; the gate would look again within a minute.
      if (!tellsStatuses) await runtime.send(reconcilerId('home'), { type: 'reconciler.look' });
      return number;
    },
  };
}

const journalOf = ({ journal }: ForgePlace, sort: string) =>
  readdirSync(journal)
    .filter(file => file.endsWith(sort))
    .map(file => readFileSync(join(journal, file), 'utf8'));

describe.each(giteaServers.filter(({ skip }) => !skip))('$name', server => {
  test('a task goes from the order to the merge, by what the CI and people say', async () => {
    const place = await openForgePlace(server);
    const { gitea, remote } = place;
    const story = await tell(place, server);

    await story.waitsFor('development', 1, /no check has reported/);
    await story.ci('pending');
    // A build that runs is no difference that would be told at intervals.
    if (server.tellsStatuses) await story.waitsFor('development', 1, /waits for build/);
    await story.ci('failure');
    await story.waitsFor('development', 2, /no check has reported/);
    await story.ci('success');
    await story.waitsFor('review', 1, /0 of 1 approvals/);
    // Whoever looks sees how long it will wait (three days in this example), and what then.
    const { deadline } = await story.show();
    expect(deadline).toMatchObject({ means: 'the gate counts as inconclusive' });
    const leftMs = Date.parse(deadline!.at) - Date.now();
    expect(leftMs).toBeGreaterThan(2.9 * dayMs);
    expect(leftMs).toBeLessThanOrEqual(3 * dayMs);
    const number = await story.review('reject', 'Say in the file which round it is.');
    await story.waitsFor('development', 3, /no check has reported/);
    await story.ci('success');
    await story.waitsFor('review', 2, /0 of 1 approvals/);
    const approved = (await story.context()).head!;
    await story.review('approve', 'Good.');
    await story.ended();
    expect((await story.show()).deadline).toBeNull();

    // The forge has told by webhooks, and every delivery is on record with what it did.
    const { items } = await story.deliveries();
    const heard = items.flatMap(({ events }) => events.map(({ type, outcome }) => `${type} ${outcome}`));
    const told = ['review.changesRequested', 'review.approved', 'ci.failed', 'ci.succeeded'];
    // Where a server is compared with the tasks as well, either may be the first to tell.
    if (server.tellsStatuses) expect(heard).toEqual(expect.arrayContaining(told.map(type => `${type} applied`)));
    else expect(heard).toEqual(expect.arrayContaining(['branch.created ignored']));

    const asked = journalOf(place, '.prompt').join('\n');
    expect(asked).toContain('build / test failed');
    expect(asked).toContain('Say in the file which round it is.');
    const pull = await gitea.forge.pullRequest(remote, number);
    expect(pull).toMatchObject({ state: 'merged', title: 'ET-1: Totals are wrong for two items' });
    expect(await gitea.forge.file(remote, 'total.sh', 'main')).toContain('Round 3');
    const comments = await gitea.people.comments(remote, number);
    expect(comments.filter(body => body.includes(`<!-- signalbox:${story.id} -->`))).toHaveLength(1);
    expect(comments.filter(body => body.includes('The total is a product now.'))).toHaveLength(1);
    const { checks } = await gitea.forge.checks(remote, approved);
    const names = checks.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['signalbox/review', 'signalbox/people']));

    const seen = journalOf(place, '.surroundings').join('\n');
    const secrets = [...Object.values(gitea.tokens), webhookSecret];
    for (const text of [seen, asked, story.lines.join('')]) {
      expect(secrets.filter(secret => text.includes(secret))).toEqual([]);
    }
    expect(seen).not.toMatch(/GITEA_TOKEN|GITEA_WEBHOOK|extraheader/i);
    const variables = new Set([...seen.matchAll(/^(SIGNALBOX_\w+)=/gm)].map(([, name]) => name!));
    expect([...variables].sort()).toEqual(
      ['ATTEMPT', 'PROMPT_FILE', 'RUN_ID', 'STAGE', 'TASK_ID', 'WORKTREE', 'WORK_ITEM'].map(
        name => `SIGNALBOX_${name}`,
      ),
    );
    for (const file of readdirSync(place.dataDir, { recursive: true, withFileTypes: true }).filter(it => it.isFile())) {
      const bytes = readFileSync(join(file.parentPath, file.name), 'latin1');
      expect([file.name, secrets.filter(secret => bytes.includes(secret))]).toEqual([file.name, []]);
    }
  }, 120_000);
});
