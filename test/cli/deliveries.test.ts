/** What came from forges, at the command line: listed, looked at, and made good by whoever says which task was meant. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeDelivery } from '../../src/app/deliveries.ts';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { openApp } from '../../src/app/open.ts';
import { recorded, secretOf } from '../integrations/webhooks/deliveries.ts';
import { altered } from '../integrations/webhooks/made.ts';
import { forgeTask } from '../support/forge-tasks.ts';
import { makePlace, type Place, person } from './place.ts';

/** How a secret is written in a configuration. */
const variable = (name: string) => `\${${name}}`;
const branch = 'feature/ORCH-017-delivery-log';
const push = 'scenario/07_gitea.push_src.json';

/** A delivery that means two tasks, and one that means nobody and says so in letters that no terminal should be given. */
async function receive({ data }: Place): Promise<{ ambiguous: string; ignored: string }> {
  const app = await openApp({ dataDir: data, mode: 'commit' });
  const { definition } = machineKinds.find(({ name }) => name === 'task')!;
  for (const id of ['ET-1', 'ET-2']) await app.runtime.create('task', id, forgeTask(branch), { definition });
  const sender = { kind: 'gitea' as const, name: 'home', secrets: [secretOf.gitea], repositories: ['acme/shop'] };
  const taker = {
    runtime: app.runtime,
    ownAccounts: () => ({ logins: [], ids: [] }),
    secrets: () => [],
    now: Date.now,
  };
  const take = async (delivery: ReturnType<typeof recorded>) => {
    const taken = await takeDelivery(taker, [sender], delivery);
    if (!('id' in taken)) throw new Error(taken.refused.why);
    return taken.id;
  };
  const shouted = altered('gitea/issue_comment_created.json', payload => {
    Object.assign(payload.comment!, { body: '\u001B[31mred\u001B[0m and \u202Ehidden' });
  });
  const ids = { ambiguous: await take(recorded(push)), ignored: await take(shouted) };
  await app.close();
  return ids;
}

test('deliveries are listed, the newest first, and by what they came to', async () => {
  const place = await makePlace();
  expect((await place.signalbox('delivery', 'list')).stdout).toBe('');
  const { ambiguous, ignored } = await receive(place);
  const { stdout, code } = await place.signalbox('delivery', 'list');
  const [header, first, second, ...more] = stdout.trimEnd().split('\n');
  expect([code, more]).toEqual([0, []]);
  expect(header).toMatch(/^ID +AT +EVENT +OUTCOME +WHAT IT DID$/);
  // Whoever copies an id gets all of it.
  expect([first, second].map(line => line!.split(/ +/)[0])).toEqual([ignored, ambiguous]);
  const waiting = await place.signalbox('delivery', 'list', '--outcome', 'ambiguous', '--json');
  expect(JSON.parse(waiting.stdout).items).toMatchObject([{ id: ambiguous, candidates: ['ET-1', 'ET-2'] }]);
  expect((await place.signalbox('delivery', 'list', '--task', 'ET-9')).stdout).toContain('Nothing of that kind');
  const { code: refused, stderr } = await place.signalbox('delivery', 'list', '--outcome', 'lost');
  expect([refused, stderr]).toEqual([2, expect.stringContaining('--outcome')]);
});

test('one is shown with what it says, with no letter that a terminal obeys', async () => {
  const place = await makePlace();
  const { ambiguous, ignored } = await receive(place);
  const { stdout } = await place.signalbox('delivery', 'show', ambiguous);
  expect(stdout).toContain(`push from home (gitea)\n  id        ${ambiguous}\n`);
  expect(stdout).toMatch(/ {2}outcome {3}ambiguous: .* ET-1, ET-2\n/);
  expect(stdout).toContain('means     one of ET-1, ET-2\n');
  expect(stdout).toContain(`  branch    ${branch}\n`);
  const shown = await place.signalbox('delivery', 'show', ignored);
  expect(shown.stdout).toContain('hidden');
  expect(['\u001B', '\u202E'].filter(letter => shown.stdout.includes(letter))).toEqual([]);
  const whole = JSON.parse((await place.signalbox('delivery', 'show', ambiguous, '--json')).stdout);
  expect(whole).toMatchObject({ body: { repository: { full_name: 'acme/shop' } }, repeats: [] });
  expect(JSON.stringify(whole)).not.toContain(secretOf.gitea);
  const missing = await place.signalbox('delivery', 'show', 'delivery:home:nothing');
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('There is no delivery')]);
});

test('whoever says which task is meant settles it, as long as the forge is configured', async () => {
  const place = await makePlace();
  const { ambiguous } = await receive(place);
  const forgotten = await place.signalbox('delivery', 'replay', ambiguous, '--task', 'ET-2', '--json');
  expect([forgotten.code, JSON.parse(forgotten.stdout)]).toMatchObject([
    0,
    { outcome: 'ignored', reason: 'no project lies in acme/shop of home', replays: ambiguous, by: person },
  ]);
  const home = { kind: 'gitea', url: 'https://git.example.org', token: variable('T'), webhookSecret: variable('S') };
  const shop = { repository: place.repository, forge: 'home', remote: 'acme/shop' };
  const config = { forges: { home }, projects: { shop } };
  writeFileSync(join(place.directory, 'signalbox.config.json'), JSON.stringify(config));
  const env = { T: 'token', S: secretOf.gitea };
  const say = (...args: string[]) => place.begin(['delivery', ...args], { env });
  const { code, stdout } = await say('replay', ambiguous, '--task', 'ET-2');
  expect([code, stdout]).toEqual([0, 'accepted: branch.pushed → ET-2 (ignored)\n']);
  const { chosenBy } = JSON.parse((await say('show', ambiguous, '--json')).stdout);
  expect(chosenBy).toMatchObject({ by: person });
  const { items } = JSON.parse((await say('list', '--task', 'ET-2', '--json')).stdout);
  expect(items.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['accepted', 'ambiguous']);
});
