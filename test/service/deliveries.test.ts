/** The real program takes deliveries, answers them when they are stored, and shows them to whoever asks it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recorded, secretOf } from '../integrations/webhooks/deliveries.ts';
import { makePlace, serve } from './process.ts';

test('a delivery is taken by its signature alone, and is there after a kill', async () => {
  const place = await makePlace();
  const [token, webhookSecret] = [`\${T}`, `\${S}`];
  const home = { kind: 'gitea', url: 'https://git.example.org', account: 'bot', token, webhookSecret };
  const projects = { shop: { repository: place.repository, forge: 'home', remote: 'acme/shop' } };
  writeFileSync(join(place.directory, 'signalbox.config.json'), JSON.stringify({ forges: { home }, projects }));
  const env = { T: 'token', S: secretOf.gitea };
  const first = await serve(place, { env });
  const { headers, body } = recorded('scenario/07_gitea.push_src.json');
  const post = async (url: string, more = {}) => {
    const given = { ...headers, ...more } as Record<string, string>;
    const answer = await fetch(`${url}/webhook/gitea`, { method: 'POST', headers: given, body: new Uint8Array(body) });
    return { status: answer.status, said: (await answer.json()) as Record<string, unknown> };
  };
  expect((await post(first.url, { 'x-gitea-signature': '0'.repeat(64) })).status).toBe(401);
  const { status, said } = await post(first.url);
  expect([status, said]).toMatchObject([200, { status: 'ignored', reason: expect.stringMatching(/^no task has/) }]);
  await first.crash();
  const second = await serve(place, { env });
  expect((await post(second.url)).said).toEqual({ status: 'duplicate', id: said.id });
  const { stdout } = await place.begin(['delivery', 'list', '--json'], { env });
  expect(JSON.parse(stdout).items).toMatchObject([{ id: said.id, provider: 'gitea', outcome: 'ignored' }]);
  await second.stop();
});
