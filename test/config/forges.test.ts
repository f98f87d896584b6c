// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables that the configuration fills in.
/** Forges and trackers: secrets come from the environment alone, are shown nowhere, and no agent gets them. */
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { withoutValues } from '../../src/config/redact.ts';
import { yamlPlace } from './files.ts';

const env = { GITEA_TOKEN: 'tok-1234', NEW: 'new-secret', OLD: 'old-secret', PLANE: 'plane-key' };
const forge = 'forges: { home: { kind: gitea, url: "https://git.example.org/", token: "${GITEA_TOKEN}" } }';
const load = (text: string) => yamlPlace(text).load(env);

test('a whole team: a forge, its tracker, and the project that lies there', async () => {
  const { config, warnings } = await load(`
forges:
  home: { kind: gitea, url: "https://git.example.org/", token: "\${GITEA_TOKEN}", webhookSecret: ["\${NEW}", "\${OLD}"] }
  hub: { kind: github, token: "\${GITEA_TOKEN}", account: our-bot }
trackers:
  plan: { kind: plane, url: "https://plane.example.org", workspace: acme, token: "\${PLANE}", webhookSecret: "\${NEW}" }
projects:
  shop: { repository: ., forge: home, remote: acme/shop, tracker: plan, trackerProject: ET, pick: { labels: [agent], states: [Todo] } }
`);
  expect(warnings).toEqual([]);
  const { home, hub } = config.forges;
  expect(home).toMatchObject({ url: 'https://git.example.org', account: null });
  expect(home!.webhookSecrets.map(secret => secret.reveal())).toEqual(['new-secret', 'old-secret']);
  expect(hub).toMatchObject({ url: 'https://github.com', account: 'our-bot', webhookSecrets: [] });
  expect(config.trackers.plan!.token!.reveal()).toBe('plane-key');
  const { forge, remote, sources } = config.projects.shop!;
  expect([forge, remote]).toEqual(['home', 'acme/shop']);
  expect(sources).toMatchObject([
    { tracker: 'plan', trackerProject: 'ET', pick: { labels: ['agent'], states: ['Todo'], assignees: [] } },
  ]);
});

test('I8: a secret is shown as its variable, however it is shown', async () => {
  const loaded = await load(forge);
  const shown = [withoutValues(loaded, env), JSON.stringify(loaded), inspect(loaded, { depth: 9 })].map(String).join();
  expect(shown).not.toContain('tok-1234');
  expect(withoutValues(loaded, env)).toMatchObject({ forges: { home: { token: '${GITEA_TOKEN}' } } });
});

test.each([
  ['forges.home.token', 'forges: { home: { kind: gitea, url: "http://x", token: plain } }', /stands in no file/],
  [
    'forges.home.token',
    'forges: { home: { kind: gitea, url: "http://x", token: "a${GITEA_TOKEN}" } }',
    /stands in no file/,
  ],
  ['forges.home.url', 'forges: { home: { kind: gitea, token: "${GITEA_TOKEN}" } }', /say where it is/],
  [
    'forges.home.kind',
    'forges: { home: { kind: gogs, url: "http://x", token: "${GITEA_TOKEN}" } }',
    /gitea, github, gitlab/,
  ],
  [
    'forges.home.token',
    'forges: { home: { kind: gitea, url: "http://x", token: "${NOT_SET}" } }',
    /NOT_SET is not set/,
  ],
  [
    'projects.shop.forge',
    `${forge}\nprojects: { shop: { repository: ., forge: hme, remote: a/b } }`,
    /did you mean home/,
  ],
  [
    'projects.shop.remote',
    `${forge}\nprojects: { shop: { repository: ., forge: home } }`,
    /what the repository is called/,
  ],
  [
    'projects.shop.forge',
    `${forge}\nprojects: { shop: { repository: ., remote: a/b } }`,
    /at which forge a\/b is: home/,
  ],
  [
    'projects.b.remote',
    `${forge}\nprojects: { a: { repository: ., forge: home, remote: a/b }, b: { repository: ., forge: home, remote: A/B } }`,
    /project a has the same/,
  ],
  [
    'trackers.plan.workspace',
    'trackers: { plan: { kind: plane, url: "http://x", token: "${PLANE}" } }',
    /kind plane needs this/,
  ],
  ['trackers.plan.forge', 'trackers: { plan: { kind: gitea } }', /kind gitea needs this/],
  ['agents.bot.env', `${forge}\nagents: { bot: { kind: claude, env: [GITEA_TOKEN] } }`, /no agent gets GITEA_TOKEN/],
  [
    'agents.bot.set.X',
    `${forge}\nagents: { bot: { kind: claude, set: { X: "a\${GITEA_TOKEN}" } } }`,
    /no agent gets GITEA_TOKEN/,
  ],
])('%s is refused: %s', async (path, text, message) => {
  const error = await load(text).catch((error: unknown) => error);
  expect(error).toMatchObject({
    code: 'invalid',
    problems: expect.arrayContaining([expect.objectContaining({ path, message: expect.stringMatching(message) })]),
  });
  expect(String(error)).not.toContain('tok-1234');
});
