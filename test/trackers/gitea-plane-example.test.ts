/**
 * The example of a team with Plane and Gitea: a work item from the label that hands it over to the merge, by what people say
 * under it and in the pull request. On both fakes always, on both real servers where the environment names them.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openLocal } from '../../src/client/local.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import { startFakePlane } from '../../src/testing/trackers/plane.ts';
import { clone, type GiteaServer, giteaServers, shop, webhookSecret, workAt } from '../forges/place.ts';
import { giteaPlace } from '../integrations/forges/gitea-place.ts';
import { type PlanePlace, planePlace } from '../integrations/trackers/plane-place.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const example = fileURLToPath(new URL('../../examples/gitea-plane/', import.meta.url));
const agent = fileURLToPath(new URL('../fixtures/agent-at-forge.sh', import.meta.url));
const planeSecret = 'plane_wh_0123456789abcdef0123456789abcdef';
/** How long real servers, on a machine that is busy, may take for a step. */
const patienceMs = 45_000;

interface PlaneServer {
  name: string;
  skip: boolean;
  open(): Promise<PlanePlace>;
  /** Has its webhooks sent there; false where nobody can. */
  hook(url: string): Promise<boolean>;
}

const fakes: Record<string, Awaited<ReturnType<typeof startFakePlane>>> = {};
const fakePlane: PlaneServer = {
  name: 'the fake Plane',
  skip: false,
  async open() {
    const fake = await startFakePlane({ people: { maria: 20, signalbox: 15, stranger: 5 }, perMinute: null });
    fakes.plane = fake;
    return planePlace({
      url: fake.url,
      workspace: fake.workspace,
      tokens: { bot: fake.tokenOf('signalbox'), maria: fake.tokenOf('maria'), stranger: fake.tokenOf('stranger') },
      editOnPages: null,
      close: fake.close,
    });
  },
  async hook(url) {
    fakes.plane!.addWebhook({ url, secret: planeSecret });
    return true;
  },
};

const given = (what: string) => process.env[`SIGNALBOX_TEST_PLANE_${what}`] ?? '';
const realPlane: PlaneServer = {
  name: 'a real Plane',
  skip: given('URL') === '',
  open: () =>
    planePlace({
      url: given('URL'),
      workspace: given('WORKSPACE'),
      tokens: { bot: given('TOKEN'), maria: given('PERSON_TOKEN'), stranger: given('STRANGER_TOKEN') },
      editOnPages: null,
      close: async () => {},
    }),
  async hook(url) {
    if (given('HOOK') === '') return false;
    await execa(given('HOOK'), [url, planeSecret]);
    onTestFinished(async () => void (await execa(given('HOOK'), [url, planeSecret, 'delete'])));
    return true;
  },
};

const together: { plane: PlaneServer; gitea: GiteaServer }[] = [
  { plane: fakePlane, gitea: giteaServers.find(({ name }) => name === 'the fake Gitea')! },
  ...giteaServers
    .filter(({ name, skip }) => !skip && name === 'a real gitea')
    .map(gitea => ({ plane: realPlane, gitea })),
];

async function openPlace({ plane: planeServer, gitea: giteaServer }: (typeof together)[number]) {
  const plane = await planeServer.open();
  onTestFinished(plane.close);
  const opened = await giteaServer.open();
  onTestFinished(opened.close);
  const gitea = await giteaPlace(opened);
  const [remote, project] = [await gitea.people.makeRepository(shop), await plane.people.makeProject()];
  const directory = temporaryDirectory();
  mkdirSync(directory, { recursive: true });
  await clone(gitea, remote, join(directory, 'shop'));
  const reviewer = (await gitea.reviewer.account()).login;
  const pipeline = readFileSync(join(example, 'pipeline.yaml'), 'utf8');
  writeFileSync(join(directory, 'pipeline.yaml'), pipeline.replace('people: [maria]', `people: [${reviewer}]`));
  const { identifier } = await plane.tracker.project(project);
  const journal = join(directory, 'journal');
  const from = (name: string) => `\${${name}}`;
  const config = {
    forges: {
      home: { kind: 'gitea', url: opened.url, token: from('GITEA_TOKEN'), webhookSecret: from('GITEA_SECRET') },
    },
    trackers: {
      plan: {
        ...{ kind: 'plane', url: planeUrl(planeServer), workspace: given('WORKSPACE') || 'acme' },
        ...{ token: from('PLANE_TOKEN'), webhookSecret: from('PLANE_SECRET'), requestsPerMinute: 6_000 },
      },
    },
    agents: { bot: { kind: 'command', program: ['sh', agent, journal] } },
    agent: 'bot',
    pipeline: './pipeline.yaml',
    projects: {
      shop: {
        ...{ repository: './shop', target: 'main', prefix: 'ET', forge: 'home', remote },
        ...{ tracker: 'plan', trackerProject: identifier, pick: { labels: ['agent'] } },
        board: { show: { working: 'In Progress', done: 'Done', cancelled: 'Cancelled' } },
      },
    },
  };
  writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
  const env = {
    ...{ PATH: process.env.PATH ?? '', GITEA_TOKEN: opened.tokens.bot, GITEA_SECRET: webhookSecret },
    ...{ PLANE_TOKEN: plane.tokens.bot, PLANE_SECRET: planeSecret },
  };
  const at = { cwd: directory, env, data: join(directory, 'data'), warn: () => {} };
  return { plane, gitea, remote, project, journal, at };
}

const planeUrl = ({ skip, name }: PlaneServer) => (name === 'a real Plane' && !skip ? given('URL') : fakes.plane!.url);

interface Shown {
  id: string;
  standing: string;
  stage: string;
  why: string;
  attempts: Record<string, number>;
}

describe.each(together)('$plane.name with $gitea.name', servers => {
  test('a work item goes from the label to the merge, by what people say at both', async () => {
    const place = await openPlace(servers);
    const { plane, gitea, remote, project } = place;
    const { working, ask, lines, url } = await workAt(place as never);
    const { runtime } = working.site;
    await openLocal(place.at, { name: 'ann', role: 'admin' }).ask('forge.connect', { name: 'home', publicUrl: url });
    await servers.plane.hook(`${url}/webhook/plane`);

    const ref = await plane.people.openItem(project, {
      title: 'Totals are wrong for two items',
      body: '<p>They should be multiplied.</p>',
    });
    await plane.people.label(ref, ['agent']);
    const item = (await plane.tracker.item(ref))!;
    const id = `ET-${item.number}`;
    let last: Shown | undefined;
    const until = async (isThere: (shown: Shown) => boolean) => {
      const look = async () => {
        last = await ask<Shown>('GET', `/tasks/${id}`).catch(() => undefined);
        return last !== undefined && isThere(last) ? last : undefined;
      };
      const found = await runtime.until(look, AbortSignal.timeout(patienceMs)).catch(() => undefined);
      if (found === undefined) throw new Error(`it is at ${last?.stage}, ${last?.standing}: ${last?.why}`);
    };
    const context = async () => (JSON.parse((await runtime.actor(id))!.snapshot) as { context: TaskContext }).context;
    const ci = async (state: 'success' | 'failure') =>
      gitea.people.setStatus(remote, (await context()).head, { context: 'build / test', state });

    await until(({ standing, stage }) => stage === 'analysis' && standing === 'person');
    await vi.waitUntil(async () => (await plane.people.state(ref)) === 'In Progress', { timeout: patienceMs });
    await vi.waitUntil(async () => (await plane.people.comments(ref)).some(text => text.includes(':approved:')), {
      timeout: patienceMs,
    });
    // A guest may talk there, and decide nothing.
    await plane.people.comment(ref, plane.written.plain('/approve'), 'stranger');
    await vi.waitUntil(async () => (await plane.people.comments(ref)).some(text => text.includes('changed nothing')), {
      timeout: patienceMs,
    });
    expect((await context()).asks).not.toBeNull();
    await plane.people.comment(ref, plane.written.plain(':approved:'));

    await until(({ stage, why }) => stage === 'development' && /no check has reported/.test(why));
    await ci('failure');
    await until(({ attempts, why }) => attempts.development === 2 && /no check has reported/.test(why));
    await ci('success');
    await until(({ stage, why }) => stage === 'review' && /0 of 1 approvals/.test(why));
    const { head, forge } = await context();
    const review = { event: 'APPROVED', body: 'Good.', commit_id: head };
    const { number } = forge!.pullRequest!;
    await gitea.ask(gitea.tokens.reviewer, 'POST', `/repos/${remote}/pulls/${number}/reviews`, review);
    await until(({ standing }) => standing === 'done');

    await vi.waitUntil(async () => (await plane.people.state(ref)) === 'Done', { timeout: patienceMs });
    expect(await gitea.forge.file(remote, 'total.sh', 'main')).toContain('Round 2');
    const comments = await plane.people.comments(ref);
    // One that is kept, one for the question, one for the guest, and what people said.
    expect(comments).toHaveLength(5);
    const told = readdirSync(place.journal)
      .map(file => readFileSync(join(place.journal, file), 'utf8'))
      .join('\n');
    expect(told).toContain('They should be multiplied.');
    const secrets = [...Object.values(gitea.tokens), ...Object.values(plane.tokens), webhookSecret, planeSecret];
    expect(secrets.filter(secret => told.includes(secret) || lines.join('').includes(secret))).toEqual([]);
    expect((await runtime.verify()).differences).toEqual([]);
    expect(await runtime.deadLetters()).toEqual({ events: [], outbox: [] });
  }, 180_000);
});
