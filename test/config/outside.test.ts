/** What the configuration says of trackers, people, chats and recurring work. */
import { expect, test } from 'vitest';
import { withoutValues } from '../../src/config/redact.ts';
import { yamlPlace } from './files.ts';

const env = {
  PLANE: 'plane-key-1234',
  BOT: 'bot-token-1234',
  SLACK: 'https://hooks.slack.test/T/B/secret',
  KEY: 'model-key',
};
const base = `
forges:
  home: { kind: gitea, url: "https://git.example.org", token: "\${PLANE}" }
trackers:
  plan: { kind: plane, url: "https://plane.example.org", workspace: acme, token: "\${PLANE}" }
chats:
  ops: { kind: telegram, token: "\${BOT}", to: -1001 }
  dev: { kind: slack, url: "\${SLACK}" }
`;
const load = (text: string) => yamlPlace(base + text).load(env);

test('a project takes work from several trackers, each with its own rules and tables', async () => {
  const { config } = await load(`
projects:
  shop:
    repository: .
    forge: home
    remote: acme/shop
    tracker: plan
    trackerProject: ET
    board: { show: { person: { label: waits } }, hear: [{ state: Approved, does: approve }] }
    sources: [{ tracker: home, pick: { labels: [bug] }, wins: { text: task } }]
`);
  const [work, bugs] = config.projects.shop!.sources;
  expect(work).toMatchObject({ tracker: 'plan', trackerProject: 'ET', pick: { assignees: ['me'] } });
  expect(work!.board.hear[0]).toEqual({ on: 'state', value: 'Approved', does: 'approve' });
  expect(work!.board.show.person).toEqual({ state: null, label: 'waits' });
  expect(bugs).toMatchObject({ tracker: 'home', trackerProject: null, pick: { labels: ['bug'], assignees: [] } });
  expect(bugs!.wins).toEqual({ text: 'task', card: 'tracker' });
  expect(config.trackers.plan!.perMinute).toBe(60);
});

test('people, chats, what is told where, recurring work and the reader of issues arrive', async () => {
  const { config, warnings } = await load(`
people: { maria: { accounts: { plan: maria@example.org, ops: 4711 }, may: [approve, answer] } }
notify: [{ chat: ops, events: [task.*], cooldown: 0 }, { chat: dev, severity: critical }]
routines: { nightly: { project: shop, cron: "0 3 * * 1-5", timeZone: Europe/Berlin, jitter: 10m, title: "Update {{date}}" } }
reader: { key: "\${KEY}", model: small }
language: ru
projects: { shop: { repository: ., people: [maria] } }
`);
  expect(warnings).toEqual([]);
  expect(config.people.maria).toEqual({
    ...{ name: 'maria', accounts: { plan: 'maria@example.org', ops: '4711' }, may: ['approve', 'answer'] },
  });
  expect(config.notify).toEqual([
    { chat: 'ops', events: ['task.*'], severity: 'warning', projects: [], cooldownMs: 0 },
    { chat: 'dev', events: [], severity: 'critical', projects: [], cooldownMs: 600_000 },
  ]);
  expect(config.routines.nightly).toMatchObject({
    timeZone: 'Europe/Berlin',
    jitterMs: 600_000,
    skipWhileRunning: true,
  });
  expect([config.language, config.reader!.tokensPerDay, config.projects.shop!.people]).toEqual([
    'ru',
    500_000,
    ['maria'],
  ]);
});

test('I8: an address that is a secret is shown as its variable', async () => {
  const loaded = await load('');
  expect(JSON.stringify([loaded.config, withoutValues(loaded, env)])).not.toMatch(/hooks\.slack|bot-token|plane-key/);
});

test.each([
  [
    'a tracker that is not there',
    'projects: { shop: { repository: ., tracker: plna, trackerProject: ET } }',
    /no tracker "plna"; did you mean plan/,
  ],
  [
    'Plane without a project',
    'projects: { shop: { repository: ., tracker: plan } }',
    /say which project of plan is meant/,
  ],
  [
    'the same place twice',
    'projects: { shop: { repository: ., tracker: plan, trackerProject: ET, sources: [{ tracker: plan, trackerProject: et }] } }',
    /takes work from there already/,
  ],
  [
    'a rule of two things',
    'projects: { shop: { repository: ., tracker: plan, trackerProject: ET, board: { hear: [{ state: A, label: B, does: approve }] } } }',
    /say one thing that happens/,
  ],
  [
    'a verb that is none',
    'projects: { shop: { repository: ., board: { hear: [{ state: A, does: aprove }] } } }',
    /did you mean approve/,
  ],
  ['a person that is not there', 'projects: { shop: { repository: ., people: [bob] } }', /no person "bob"/],
  ['an account nowhere', 'people: { bob: { accounts: { slack: bob } } }', /no forge, tracker or chat "slack"/],
  ['a rule for no chat', 'notify: [{ chat: opps }]', /no chat "opps"; did you mean ops/],
  ['a chat without its token', 'chats: { ops: { kind: telegram, to: 1 } }', /a chat of kind telegram needs this/],
  ['a token in the file', 'chats: { ops: { kind: telegram, to: 1, token: "123:abc" } }', /a secret stands in no file/],
  [
    'an address of Slack in the file',
    'chats: { dev: { kind: slack, url: "https://hooks.slack.test/T" } }',
    /a secret stands in no file/,
  ],
  [
    'a cron that is none',
    'routines: { r: { project: shop, cron: "every day", title: x } }\nprojects: { shop: { repository: . } }',
    /write minute, hour, day/,
  ],
  [
    'a cron that never comes',
    'routines: { r: { project: shop, cron: "0 0 30 2 *", title: x } }\nprojects: { shop: { repository: . } }',
    /never comes/,
  ],
  [
    'a time zone that is none',
    'routines: { r: { project: shop, cron: "0 3 * * *", timeZone: Mars, title: x } }',
    /name of a time zone/,
  ],
  ['an agent that gets the token of a chat', 'agents: { claude: { env: [BOT] } }', /no agent gets BOT/],
])('%s is refused', async (_, text, message) => {
  // A chat that is named again stands in the place of the one above.
  const whole = text.startsWith('chats') ? `${base.slice(0, base.indexOf('chats:'))}${text}` : base + text;
  const said = await yamlPlace(whole)
    .load(env)
    .then(
      () => '',
      (error: Error) => error.message,
    );
  expect(said).toMatch(message);
  expect(said).not.toMatch(/bot-token|123:abc|hooks\.slack/);
});
