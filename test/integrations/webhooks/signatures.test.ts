/** Who may speak: only who signs with a secret of ours, in the form of his sender, over what he sends. */
import { describe, expect, test } from 'vitest';
import { webhookProviders } from '../../../src/integrations/webhooks/index.ts';
import { type Recorded, recorded, secretOf, signedAt, signingSecret, statusOf, take } from './deliveries.ts';
import { hmac, type Kind, made, standardSigned, withHeaders } from './made.ts';

const { github, gitlab } = webhookProviders;

/** One delivery of each who signs in hex, and the header that carries it. */
const signed = [
  ['gitea/push_multi.json', 'x-gitea-signature', ''],
  ['plane/issue_created.json', 'x-plane-signature', ''],
  ['github/push.json', 'x-hub-signature-256', 'sha256='],
] as const;

const status = (delivery: Recorded, secrets: string[], now = signedAt) => statusOf({ ...delivery, secrets }, now);

describe.each(signed)('of %s', (file, header, prefix) => {
  const given = String(recorded(file).headers[header]);
  const bare = given.slice(prefix.length);
  const answered = (value: string | string[] | undefined) => statusOf(withHeaders(file, { [header]: value }));

  test('a delivery without a signature, or with an empty one, is refused', () => {
    expect(answered(undefined)).toBe(401);
    expect(answered('')).toBe(401);
    expect(answered(prefix)).toBe(401);
  });

  test('a signature by another secret, or over another body, is refused', () => {
    expect(answered(prefix + hmac('another', recorded(file).body))).toBe(401);
    const body = Buffer.concat([recorded(file).body, Buffer.from(' ')]);
    expect(statusOf({ ...recorded(file), body })).toBe(401);
  });

  test('63 or 66 digits, and 64 characters that are no digits, are refused', () => {
    expect(answered(prefix + bare.slice(1))).toBe(401);
    expect(answered(`${prefix}${bare}00`)).toBe(401);
    expect(answered(prefix + 'z'.repeat(64))).toBe(401);
    expect(answered(`${prefix}${bare.slice(0, 62)}zz`)).toBe(401);
    expect(answered(`${given}\n`)).toBe(401);
  });

  test('capital digits are refused, always', () => {
    expect(answered(prefix + bare.toUpperCase())).toBe(401);
  });

  test('the form of another sender is refused, and sha1 alone too', () => {
    expect(answered(prefix === '' ? `sha256=${bare}` : bare)).toBe(401);
    expect(answered(`sha1=${bare.slice(0, 40)}`)).toBe(401);
    expect(statusOf(withHeaders(file, { [header]: undefined, 'x-hub-signature': `sha1=${bare.slice(0, 40)}` }))).toBe(
      401,
    );
  });

  test('two values in one header are refused, even when one is good, and so are 6 kB', () => {
    expect(answered([given, given])).toBe(401);
    expect(answered(`${given}, ${given}`)).toBe(401);
    expect(answered(prefix + 'a'.repeat(6_000))).toBe(401);
  });

  test('nothing is taken without a secret', () => {
    expect(status(recorded(file), [])).toBe(401);
    expect(status(recorded(file), [''])).toBe(401);
    expect(status(withHeaders(file, { [header]: prefix + hmac('', recorded(file).body) }), ['', ''])).toBe(401);
  });

  test('while a secret is being changed both are good', () => {
    const [secret] = recorded(file).secrets;
    expect(status(recorded(file), [secret!, 'the next one'])).toBe(200);
    expect(status(recorded(file), ['the last one', secret!])).toBe(200);
    expect(status(recorded(file), ['the last one', 'the next one'])).toBe(401);
  });
});

test("GitHub's published example is good", () => {
  const delivery = (text: string) => ({
    headers: {
      'content-type': 'application/json',
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    },
    body: Buffer.from(text),
  });
  const secrets = ["It's a Secret to Everybody"];
  expect(github.verify(delivery('Hello, World!'), secrets, 0)).toEqual({ ok: true, value: { text: 'Hello, World!' } });
  expect(github.verify(delivery('Hello, World?'), secrets, 0)).toMatchObject({ refused: { status: 401 } });
});

test('Forgejo may sign under its own name alone', () => {
  const { 'x-gitea-signature': signature, ...headers } = recorded('forgejo/push_multi.json').headers;
  expect(statusOf({ ...recorded('forgejo/push_multi.json'), headers })).toBe(200);
  const wrong = { ...headers, 'x-forgejo-signature': String(signature).replace(/./g, '0') };
  expect(statusOf({ ...recorded('forgejo/push_multi.json'), headers: wrong })).toBe(401);
  // A hook without a secret sends the header empty.
  const empty = { ...headers, 'x-gitea-signature': '', 'x-forgejo-signature': '' };
  expect(statusOf({ ...recorded('forgejo/push_multi.json'), headers: empty })).toBe(401);
});

describe('a form', () => {
  const json = recorded('gitea/push_adr_files.json').body.toString();
  const form = `payload=${encodeURIComponent(json)}`;
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const ofGitea = (body: string, signedText: string) =>
    made('gitea', 'push', body, { ...type, 'x-gitea-signature': hmac(secretOf.gitea, signedText) });

  test('of Gitea is signed over the JSON in it, and not over the raw text', () => {
    expect(statusOf(ofGitea(form, json))).toBe(200);
    expect(statusOf(ofGitea(form, form))).toBe(401);
  });

  test('of GitHub is signed over the raw text, and not over the JSON in it', () => {
    expect(statusOf(made('github', 'push', form, type))).toBe(200);
    const overJson = { ...type, 'x-hub-signature-256': `sha256=${hmac(secretOf.github, json)}` };
    expect(statusOf(made('github', 'push', form, overJson))).toBe(401);
  });

  test.each(['', 'other=1', `${form}&${form}`, 'payload=%zz', 'payload=%ff', 'payload'])('like %j is refused', body => {
    expect([400, 401]).toContain(statusOf(made('github', 'push', body, type)));
    expect([400, 401]).toContain(statusOf(ofGitea(body, body)));
    expect([400, 401]).toContain(statusOf(ofGitea(body, json)));
    expect(statusOf({ ...ofGitea(body, json), headers: type })).toBe(401);
  });

  test('of 25 MB that nobody has signed is not taken apart, and one that says it is signed costs no more than its reading', () => {
    for (const sign of ['+', '&', '%7B', '&payload']) {
      const body = `payload=${sign.repeat((25 * 1024 ** 2) / sign.length)}`;
      expect(statusOf(made('gitea', 'push', body, { ...type, 'x-gitea-signature': 'f'.repeat(64) }))).not.toBe(200);
      expect(statusOf(made('gitea', 'push', body, { ...type, 'x-gitea-signature': 'f' }))).toBe(401);
    }
  });

  test('writes spaces as pluses', () => {
    const text = json.replace('{', '{ "a + b": 1, ');
    const body = `a=1&payload=${encodeURIComponent(text).replaceAll('%20', '+')}&b=2`;
    expect(statusOf(ofGitea(body, text))).toBe(200);
  });

  test('is taken by those only who send some', () => {
    expect(statusOf(made('plane', 'issue', form, type))).toBe(415);
    expect(statusOf(made('gitlab', 'Push Hook', form, type))).toBe(415);
  });
});

describe("GitLab's token", () => {
  const file = 'gitlab/issue_open.json';
  const token = (value: string | string[] | undefined, secrets = ['fixture-gitlab-token']) =>
    status(withHeaders(file, { 'x-gitlab-token': value }), secrets);

  test('has to be the whole secret, once', () => {
    expect(token('fixture-gitlab-token')).toBe(200);
    expect(token('fixture-gitlab-toke')).toBe(401);
    expect(token('fixture-gitlab-token ')).toBe(401);
    expect(token(['fixture-gitlab-token', 'fixture-gitlab-token'])).toBe(401);
    expect(token(undefined)).toBe(401);
    expect(token('')).toBe(401);
    expect(token('', [''])).toBe(401);
    expect(token('x'.repeat(6_000))).toBe(401);
  });

  test('may have letters that headers carry as bytes, and no others pass for them', () => {
    expect(token(Buffer.from('schlüssel').toString('latin1'), ['schlüssel'])).toBe(200);
    // Its lower byte is that of the letter A.
    expect(token('ŁŁŁŁ', ['AAAA'])).toBe(401);
  });

  test('is never a secret that signs', () => {
    expect(token(signingSecret, [signingSecret])).toBe(401);
  });
});

describe("GitLab's signature", () => {
  const file = 'gitlab/push_signed.json';
  const minute = 60_000;
  const answered = (headers: Record<string, string | string[] | undefined>) => statusOf(withHeaders(file, headers));
  const good = String(recorded(file).headers['webhook-signature']);

  test('is good for five minutes, before and after', () => {
    expect(statusOf(recorded(file), signedAt)).toBe(200);
    expect(statusOf(recorded(file), signedAt + 5 * minute)).toBe(200);
    expect(statusOf(recorded(file), signedAt - 5 * minute)).toBe(200);
    expect(statusOf(recorded(file), signedAt + 5 * minute + 1)).toBe(401);
    expect(statusOf(recorded(file), signedAt - 5 * minute - 1)).toBe(401);
  });

  test('is over id and time too', () => {
    expect(answered({ 'webhook-id': '16ac812c-ca17-5388-a07f-27e80a7a9806' })).toBe(401);
    expect(answered({ 'webhook-timestamp': '1767225601' })).toBe(401);
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('needs the header %s, once', header => {
    const value = String(recorded(file).headers[header]);
    for (const wrong of [undefined, '', [value, value], `${value}, ${value}`, 'x'.repeat(6_000)]) {
      expect(answered({ [header]: wrong })).toBe(401);
    }
  });

  test.each(['-1', '1e9', ' 1767225600', '1767225600.0', '0x1', 'now', '9'.repeat(40)])(
    'is of no time like %j',
    time => {
      expect(answered({ 'webhook-timestamp': time })).toBe(401);
    },
  );

  test('may stand among others, of which one has to be good', () => {
    const other = `v1,${Buffer.alloc(32).toString('base64')}`;
    expect(answered({ 'webhook-signature': `${other} ${good}` })).toBe(200);
    expect(answered({ 'webhook-signature': `${other.replace('v1,', 'v1a,')} ${good} ${other}` })).toBe(200);
    expect(answered({ 'webhook-signature': other })).toBe(401);
    expect(answered({ 'webhook-signature': good.replace('v1,', 'v2,') })).toBe(401);
    expect(answered({ 'webhook-signature': good.replace('v1,', '') })).toBe(401);
    expect(answered({ 'webhook-signature': `${`${other} `.repeat(200)}${good}` })).toBe(401);
  });

  test('an id with dots could be another id, time and body, and is refused', () => {
    const body = '{"a":1}';
    expect(gitlab.verify(standardSigned(body, { id: 'an-id' }), [signingSecret], signedAt).ok).toBe(true);
    expect(gitlab.verify(standardSigned(body, { id: 'an.id' }), [signingSecret], signedAt).ok).toBe(false);
  });

  test.each(['whsec_', 'whsec_!!!!', 'whsec_a'])('a secret like %j signs nothing', secret => {
    expect(gitlab.verify(standardSigned('{}', { secret }), [secret], signedAt).ok).toBe(false);
  });

  test('counts alone where there is a secret for it, whatever the token says', () => {
    const both = { 'x-gitlab-token': 'fixture-gitlab-token', 'webhook-signature': good.replace('v1,E', 'v1,F') };
    expect(status(withHeaders(file, both), ['fixture-gitlab-token', signingSecret])).toBe(401);
    // Who knows only the token does not look at the signature.
    expect(status(withHeaders(file, both), ['fixture-gitlab-token'])).toBe(200);
  });
});

test.each(['gitea', 'github', 'gitlab', 'plane'] as Kind[])('why %s is refused tells nothing of what came', kind => {
  const delivery = made(kind, 'push', '{"secret":"of the sender"}');
  const refused = take({ ...delivery, secrets: ['of the hook'] });
  expect(JSON.stringify(refused)).not.toMatch(/of the hook|of the sender|[0-9a-f]{20}|fixture/);
});
