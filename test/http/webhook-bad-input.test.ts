/** What comes to the door of deliveries and is none, or means no good: refused with the right answer, and nothing is moved. */
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { recorded, secretOf, signedAt, signingSecret } from '../integrations/webhooks/deliveries.ts';
import { altered, hmac, type Kind, made, standardSigned, withHeaders } from '../integrations/webhooks/made.ts';
import { forges, type Receiving } from './receiving.ts';
import { openDoor, refused } from './refusing.ts';

const push = 'scenario/07_gitea.push_src.json';
const status = 'scenario/14_gitea.status_success.json';

const headers = (value: Record<string, string | string[] | undefined>, file = push) => withHeaders(file, value);
const good = String(recorded(push).headers['x-gitea-signature']);

describe('what is not signed as it should be', () => {
  test('is refused with 401, and nothing of it is kept', async () => {
    const site = await openDoor();
    const signature = (value: string | string[] | undefined) => headers({ 'x-gitea-signature': value });
    const hub = 'github/push.json';
    const ofHub = String(recorded(hub).headers['x-hub-signature-256']);
    const kept = await refused(site, [
      ['none', headers({ 'x-gitea-signature': undefined, 'x-hub-signature': undefined }), 401],
      ['empty', signature(''), 401],
      ['of another body', { ...recorded(push), body: recorded(status).body }, 401],
      ['wrong', signature('0'.repeat(64)), 401],
      ['63 digits', signature(good.slice(1)), 401],
      ['66 digits', signature(`${good}ab`), 401],
      ['no hex', signature('z'.repeat(64)), 401],
      ['capitals', signature(good.toUpperCase()), 401],
      ['with a prefix', signature(`sha256=${good}`), 401],
      ['two in one', signature(`${good}, ${good}`), 401],
      ['two headers', signature([good, good]), 401],
      ['6 kB', signature('a'.repeat(6_000)), 401],
      ['without the prefix of GitHub', headers({ 'x-hub-signature-256': ofHub.slice(7) }, hub), 401],
      [
        'sha1 alone',
        headers({ 'x-hub-signature-256': undefined, 'x-hub-signature': `sha1=${'a'.repeat(40)}` }, hub),
        401,
      ],
      ['of Plane with another', headers({ 'x-plane-signature': good }, 'plane/issue_created.json'), 401],
      ['no token of GitLab', headers({ 'x-gitlab-token': undefined }, 'gitlab/push.json'), 401],
      ['half a token', headers({ 'x-gitlab-token': 'fixture-gitlab' }, 'gitlab/push.json'), 401],
      ['the signing secret as a token', headers({ 'x-gitlab-token': signingSecret }, 'gitlab/push.json'), 401],
      ['GitLab, too old', standardSigned('{}', { time: signedAt / 1_000 - 301 }), 401],
      ['GitLab, of the future', standardSigned('{}', { time: signedAt / 1_000 + 301 }), 401],
      ['GitLab, another id', headers({ 'webhook-id': 'another' }, 'gitlab/push_signed.json'), 401],
    ]);
    expect(kept).toBe(0);
    // More than the server takes of headers at all.
    const { body, headers: given } = recorded(push);
    const large = await site
      .ask('POST', '/webhook/gitea', body, { ...given, 'x-much': 'x'.repeat(40_000) } as never)
      .catch(String);
    expect(typeof large === 'string' ? large : large.status).not.toBe(202);
  });

  test('of GitLab is taken where one of several signatures is good', async () => {
    const site = await openDoor();
    const { 'webhook-signature': signature } = recorded('gitlab/push_signed.json').headers;
    const other = `v1,${Buffer.alloc(32).toString('base64')}`;
    const answer = await site.post(
      headers({ 'webhook-signature': `${other} ${signature}` }, 'gitlab/push_signed.json'),
    );
    expect([answer.status, answer.json.status]).toEqual([200, 'ignored']);
  });
});

describe('what cannot be read', () => {
  test('is refused though it is signed, and kept without its body where its sender is known', async () => {
    const site = await openDoor();
    const json = (body: string | Buffer, event: string | null = 'push') => made('gitea', event, body);
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    const kept = await refused(site, [
      ['half a JSON', json('{"a":'), 400],
      ['nothing', json(''), 400],
      ['a list', json('[]'), 400],
      ['null', json('null'), 400],
      ['a string', json('"x"'), 400],
      ['a number', json('17'), 400],
      ['nested', json(deep), 400],
      ['no event', json('{}', null), 400],
      ['another event', withHeaders('gitea/issues_opened.json', { 'x-gitea-event-type': 'push' }), 422],
      ['no repository', altered(push, payload => void Object.assign(payload, { repository: null })), 422],
      ['no list of commits', altered(push, payload => void Object.assign(payload, { commits: 17 })), 422],
      [
        'a branch with a line break',
        altered(push, payload => void Object.assign(payload, { ref: 'refs/heads/a\nb' })),
        422,
      ],
      [
        'a branch of 5,000',
        altered(push, payload => void Object.assign(payload, { ref: `refs/heads/${'b'.repeat(5_000)}` })),
        422,
      ],
    ]);
    expect(kept).toBe(13);
    expect(await refused(site, [['no UTF-8', json(Buffer.from([0x7b, 0xff, 0x7d])), 400]])).toBe(0);
    // Who has signed it is told what is wrong, whichever of two forges he is.
    expect((await site.post(json('{"a":'), 'home')).status).toBe(400);
    for (const { id, outcome, reading } of await site.listed('&outcome=rejected')) {
      expect([outcome, reading]).toEqual(['rejected', null]);
      const shown = await site.shown(id);
      expect(shown.body).toBeNull();
      const again = await site.ask('POST', `/deliveries/${encodeURIComponent(id)}/replay`, '{}');
      expect([again.status, again.json.reason]).toEqual([422, 'unreadableDelivery']);
    }
  });

  test('is refused by its type before anything else', async () => {
    const site = await openDoor();
    const typed = (type: string | undefined) => headers({ 'content-type': type });
    const packed = gzipSync(recorded(push).body);
    expect(
      await refused(site, [
        ['text', typed('text/plain'), 415],
        ['no type', typed(undefined), 415],
        ['nonsense', typed('nonsense'), 415],
        ['another charset', typed('application/json; charset=utf-16'), 415],
        ['packed', { ...headers({ 'content-encoding': 'gzip' }), body: packed }, 415],
        ['packed twice', headers({ 'content-encoding': 'gzip, gzip' }), 415],
        [
          'a form for Plane',
          made('plane', 'issue', 'payload={}', { 'content-type': 'application/x-www-form-urlencoded' }),
          415,
        ],
      ]),
    ).toBe(0);
  });

  test('as a form is taken when it is signed as its sender does', async () => {
    const site = await openDoor();
    const json = recorded('gitea/push_adr_files.json').body.toString();
    const form = (body: string, signed: string) =>
      made('gitea', 'push', body, {
        ...{ 'content-type': 'application/x-www-form-urlencoded', 'x-gitea-signature': hmac(secretOf.gitea, signed) },
      });
    const field = `payload=${encodeURIComponent(json)}`;
    await refused(site, [
      ['signed over the raw text', form(field, field), 401],
      ['no field', form('other=1', 'other=1'), 400],
      ['two fields', form(`${field}&${field}`, json), 400],
    ]);
    expect((await site.post(recorded('gitea/push_adr_files_form.form'))).status).toBe(202);
  });
});

describe('what is too large', () => {
  const limit = 25 * 1024 ** 2;

  /** Sends so many bytes as fast as they are taken, with their number before them or without. */
  const pour = ({ port }: Receiving, length: number, isAnnounced: boolean) =>
    new Promise<{ status: number; sent: number }>(resolve => {
      let sent = 0;
      const piece = Buffer.alloc(65_536, 0x20);
      const given = { 'content-type': 'application/json', ...(isAnnounced && { 'content-length': String(length) }) };
      const out = request({ host: '127.0.0.1', port, method: 'POST', path: '/webhook/gitea', headers: given });
      out.on('response', response => {
        response.resume();
        response.on('close', () => out.destroy());
        resolve({ status: response.statusCode!, sent });
      });
      out.on('error', () => {});
      const more = (): void => {
        while (sent < length && !out.destroyed) {
          const next = piece.subarray(0, Math.min(piece.length, length - sent));
          sent += next.length;
          if (!out.write(next)) return void out.once('drain', more);
        }
        out.end();
      };
      more();
    });

  test('is refused with 413, with and without its length before it, and is not read to its end', async () => {
    const site = await openDoor();
    const before = process.memoryUsage().rss;
    for (const isAnnounced of [true, false]) {
      const { status: answered, sent } = await pour(site, 20 * limit, isAnnounced);
      expect([isAnnounced, answered]).toEqual([isAnnounced, 413]);
      expect(sent).toBeLessThan(4 * limit);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(12 * limit);
    expect(await site.listed()).toEqual([]);
  });

  test('together finds no room beside what is under way, and small ones do', async () => {
    const site = await openDoor();
    const size = limit - 1_024;
    const begun = Array.from({ length: 6 }, () => {
      const given = { 'content-type': 'application/json', 'content-length': String(size) };
      return request({ host: '127.0.0.1', port: site.port, method: 'POST', path: '/webhook/gitea', headers: given });
    });
    const first = new Promise<number>(resolve => {
      for (const out of begun) {
        out.on('error', () => {});
        out.on('response', response => resolve(response.resume().statusCode!));
        // All but the end of it.
        out.write(Buffer.alloc(size - 1, 0x20));
      }
    });
    expect(await first).toBe(429);
    expect((await site.post(recorded('gitea/push_multi.json'))).status).toBe(200);
    for (const out of begun) out.destroy();
    const large = altered(
      'gitea/push_multi.json',
      payload => void Object.assign(payload, { filler: 'x'.repeat(20_000_000) }),
    );
    await expect.poll(async () => (await site.post(large)).status).toBe(200);
  });

  test('begins above what a push can have, of which the body alone is not kept', async () => {
    const site = await openDoor();
    const large = altered(
      'gitea/push_multi.json',
      payload => void Object.assign(payload, { filler: 'x'.repeat(3_000_000) }),
    );
    const answer = await site.post(large);
    expect([answer.status, answer.json.status]).toEqual([200, 'ignored']);
    const { body, bytes, reading } = await site.shown(answer.json.id);
    expect([body, Number(bytes) > 3_000_000, (reading as { kind: string }).kind]).toEqual([null, true, 'push']);
  });
});

describe('where it goes', () => {
  test('other methods are not taken', async () => {
    const { ask } = await openDoor();
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
      for (const path of ['/webhook/gitea', '/webhook/gitea/home']) {
        expect([method, (await ask(method, path, undefined, { authorization: undefined })).status]).toEqual([
          method,
          404,
        ]);
      }
    }
  });

  test('nobody of an unknown kind or name is there, and he whose secret is missing is not ready', async () => {
    const site = await openDoor();
    const of = async (path: string) => {
      const { body, headers: given } = recorded(push);
      const { status: answered, json } = await site.ask('POST', path, body, {
        authorization: undefined,
        ...given,
      } as never);
      return [answered, json.reason];
    };
    for (const path of [
      '/webhook/gitea/nobody',
      '/webhook/nothing',
      '/webhook/constructor',
      '/webhook/gitea/hub',
      '/webhook/..%2f',
    ])
      expect([path, await of(path)]).toEqual([path, [404, 'noSender']]);
    site.configure({ forges: { ...forges, home: { ...forges.home, webhookSecrets: [] } } });
    expect(await of('/webhook/gitea/home')).toEqual([503, 'webhookUnconfigured']);
    expect(await of('/webhook/gitea')).toEqual([401, 'badSignature']);
    site.configure({ forges: {} });
    expect(await of('/webhook/gitea')).toEqual([503, 'webhookUnconfigured']);
    expect(await site.listed()).toEqual([]);
    site.configure({ forges });
  });
});

test.each(['gitea', 'github', 'gitlab', 'plane'] as Kind[])(
  'why %s is refused tells nothing of what came',
  async kind => {
    const site = await openDoor();
    const { body } = await site.post({
      ...made(kind, 'push', '{"secret":"of the sender"}'),
      headers: { 'content-type': 'application/json', 'x-secret': 'of the sender' },
    });
    expect(body).not.toContain('of the sender');
    expect(site.lines.join('')).not.toContain('of the sender');
  },
);
