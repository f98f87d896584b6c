/** What is kept of a delivery has no secret in it. */
import { expect, test } from 'vitest';
import { keptHeaders, redacted } from '../../../src/integrations/webhooks/redact.ts';
import { files, recorded, secretOf, signingSecret } from './deliveries.ts';

test('values under the names of secrets are covered, however deep', () => {
  const payload = {
    secret: 'a',
    hook: { config: { secret: 'b', url: 'https://example.com', insecure_ssl: '0' } },
    list: [{ access_token: 'c' }, { Password: 'd', apiKey: { nested: 'e' } }],
    private_key: 'f',
    Authorization: ['g'],
    token: null,
    has_token: true,
    secret_key: '',
    email: 'user@example.com',
    key: 'shown',
  };
  expect(redacted(payload, [])).toEqual({
    secret: '[redacted]',
    hook: { config: { secret: '[redacted]', url: 'https://example.com', insecure_ssl: '0' } },
    list: [{ access_token: '[redacted]' }, { Password: '[redacted]', apiKey: '[redacted]' }],
    private_key: '[redacted]',
    Authorization: '[redacted]',
    token: null,
    has_token: true,
    secret_key: '',
    email: 'user@example.com',
    key: 'shown',
  });
});

test('our own secrets are covered wherever they stand, as names too, and the longest first', () => {
  const secrets = ['hunter', 'hunter22', 'whsec_c2VjcmV0', '', 'ab'];
  expect(redacted({ text: 'say hunter22 or hunter, abc', 'hunter22-x': ['c2VjcmV0'] }, secrets)).toEqual({
    text: 'say [redacted] or [redacted], abc',
    '[redacted]-x': ['[redacted]'],
  });
  // A replacement is no pattern.
  expect(redacted('a$&b', ['$&b'])).toBe('a$&b');
});

test('what is no JSON, too deep or would set a prototype is left out', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`) as object;
  expect(JSON.stringify(redacted(deep, []))).toContain('[nested too deep]');
  expect(redacted([undefined, Number.NaN, 1n, () => 1, Symbol('x')], [])).toEqual([null, null, null, null, null]);
  const result = redacted(JSON.parse('{"__proto__":{"polluted":1},"a":"b\\u0000\\ud800"}'), []);
  expect(Object.keys(result as object)).toEqual(['a']);
  expect(result).toEqual({ a: 'b\uFFFD\uFFFD' });
});

test('headers are kept only when they are known to be harmless', () => {
  const headers = {
    'content-type': 'application/json',
    'user-agent': `Go-http-client/1.1\n${'x'.repeat(1_000)}`,
    'X-Gitea-Event': 'push',
    'x-gitea-delivery': ['a', 'b'],
    'x-gitea-signature': 'secret',
    'x-hub-signature-256': 'secret',
    'x-gitlab-token': 'secret',
    'webhook-signature': 'secret',
    authorization: 'secret',
    cookie: 'secret',
    'x-anything-else': 'secret',
    'x-plane-event': undefined,
  };
  const kept = keptHeaders(headers);
  expect(Object.keys(kept)).toEqual(['content-type', 'user-agent', 'x-gitea-event', 'x-gitea-delivery']);
  expect(kept['x-gitea-delivery']).toBe('a, b');
  expect(kept['user-agent']).toHaveLength(300);
  expect(JSON.stringify(kept)).not.toMatch(/secret|\\n/);
});

test.each(files)('%s is kept without its secrets and loses nothing else that matters', file => {
  const { body, headers, secrets } = recorded(file);
  const payload = file.endsWith('.form') ? {} : (JSON.parse(body.toString()) as object);
  const kept = redacted(payload, secrets);
  expect(JSON.parse(JSON.stringify(kept))).toEqual(kept);
  expect(Object.keys(kept as object)).toEqual(Object.keys(payload));
  const shown = JSON.stringify([kept, keptHeaders(headers)]);
  for (const secret of [...Object.values(secretOf), signingSecret]) expect(shown).not.toContain(secret);
  expect(shown).not.toMatch(/sha256=|sha1=|v1,/);
});
