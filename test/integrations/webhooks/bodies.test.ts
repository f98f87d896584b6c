/** What may be in a body, and how a delivery is named: everything here is signed well. */
import { describe, expect, test } from 'vitest';
import { webhookProviders } from '../../../src/integrations/webhooks/index.ts';
import { recorded, statusOf, taken } from './deliveries.ts';
import { altered, type Kind, made, withHeaders } from './made.ts';

const kinds = Object.keys(webhookProviders) as Kind[];
const push: Record<Kind, string> = { gitea: 'push', github: 'push', gitlab: 'Push Hook', plane: 'issue' };
const good: Record<Kind, string> = {
  gitea: 'gitea/push_multi.json',
  github: 'github/push.json',
  gitlab: 'gitlab/push.json',
  plane: 'plane/issue_created.json',
};

describe.each(kinds)('of %s', kind => {
  const event = push[kind];
  const answered = (body: string | Buffer) => statusOf(made(kind, event, body));

  test('a body that is no UTF-8, half a JSON or nothing is refused', () => {
    expect(answered(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toBe(400);
    // Half of a pair, written as bytes.
    expect(answered(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBe(400);
    expect(answered('{"a":')).toBe(400);
    expect(answered('')).toBe(400);
    expect(answered('\uFEFF{}')).toBe(400);
    expect(answered('{} {}')).toBe(400);
  });

  test.each(['[]', '[{}]', 'null', '"text"', '17', 'true'])('the body %s is refused: it is no object', body => {
    expect(answered(body)).toBe(400);
  });

  test('50,000 objects in one another are refused, and so are lists and halves of them', () => {
    expect(answered(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)).toBe(400);
    expect(answered(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)).toBe(400);
    expect(answered('{"a":'.repeat(50_000))).toBe(400);
    // Brackets in a text are no depth.
    expect(answered(JSON.stringify({ a: '{['.repeat(50_000) }))).not.toBe(400);
    expect(statusOf(recorded(good[kind]))).toBe(200);
  });

  test('a packed body is not unpacked', () => {
    const packed = (encoding: string | string[]) => statusOf(withHeaders(good[kind], { 'content-encoding': encoding }));
    for (const encoding of ['gzip', 'deflate', 'br', 'gzip, identity', ['gzip', 'identity']]) {
      expect(packed(encoding)).toBe(415);
    }
    expect(packed('identity')).toBe(200);
  });

  test('other content than JSON in UTF-8 is refused', () => {
    const typed = (type: string | string[] | undefined) => statusOf(withHeaders(good[kind], { 'content-type': type }));
    for (const type of ['text/plain', undefined, '', 'application/jsonp', 'multipart/form-data; boundary=x']) {
      expect(typed(type)).toBe(415);
    }
    expect(typed(['application/json', 'application/json'])).toBe(415);
    expect(typed('application/json; charset=iso-8859-1')).toBe(415);
    expect(typed('application/json; charset=utf-8')).toBe(200);
    expect(typed('Application/JSON;charset="UTF-8"')).toBe(200);
  });

  test('no header for the event, an empty one, two, or no name in it is refused', () => {
    const { headers } = recorded(good[kind]);
    const without = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.includes('event')));
    const named = (value: string | string[]) => {
      const names = Object.keys(headers).filter(name => /^x-\w+-event(?:-type)?$/.test(name));
      return { ...headers, ...Object.fromEntries(names.map(name => [name, value])) };
    };
    const answeredWith = (changed: typeof headers) => statusOf({ ...recorded(good[kind]), headers: changed });
    expect(answeredWith(without)).toBe(400);
    expect(answeredWith(named(''))).toBe(400);
    expect(answeredWith(named(['push', 'push']))).toBe(400);
    expect(answeredWith(named('push, push'))).toBe(400);
    expect(answeredWith(named('../push'))).toBe(400);
    expect(answeredWith(named('p'.repeat(6_000)))).toBe(400);
  });

  test.each(['star', 'constructor', '__proto__', 'toString', 'Star Hook'])('the event %s is of no interest', event => {
    const result = made(kind, event.startsWith('_') ? 'hasOwnProperty' : event, recorded(good[kind]).body);
    const { reading, events } = taken(result);
    expect(reading).toMatchObject({ kind: 'ignored', action: null });
    expect(events).toEqual([]);
  });

  test('an id that is no plain word, or none, is replaced by a hash of the body', () => {
    const header = {
      gitea: 'x-gitea-delivery',
      github: 'x-github-delivery',
      gitlab: 'idempotency-key',
      plane: 'x-plane-delivery',
    };
    const idWith = (value: string | undefined) => {
      const uuid = kind === 'gitlab' ? { 'x-gitlab-event-uuid': undefined } : {};
      return taken(withHeaders(good[kind], { ...uuid, [header[kind]]: value })).parsed.deliveryId;
    };
    expect(idWith('4f0c-A_1.x')).toBe('4f0c-A_1.x');
    const ours = idWith(undefined);
    expect(ours).toMatch(/^body\.[0-9a-f]{64}$/);
    for (const odd of ['', '../../etc', "a'; --", 'a b', 'ä', 'x'.repeat(200), '.hidden', `body.${'0'.repeat(64)}`]) {
      expect(idWith(odd)).toBe(ours);
    }
  });

  test('the same text under another id means the same; another text or event does not', () => {
    const meaning = (event: string, body: string) => {
      const delivery = made(kind, event, body);
      const signed = delivery.provider.verify(delivery, delivery.secrets, 0);
      const parsed = signed.ok ? delivery.provider.parse(delivery, signed.value) : signed;
      return parsed.ok ? parsed.value.meaning : null;
    };
    expect(meaning('push', '{"a":1}')).toBe(meaning('push', '{"a":1}'));
    expect(meaning('push', '{"a":2}')).not.toBe(meaning('push', '{"a":1}'));
    expect(meaning('create', '{"a":1}')).not.toBe(meaning('push', '{"a":1}'));
  });
});

test('a retry of Plane, which has another id in its body, means the same', () => {
  const first = taken(
    altered('plane_v2/workitem_updated.json', payload => void Object.assign(payload, { delivery_id: 'a' })),
  );
  const retry = taken(
    altered('plane_v2/workitem_updated.json', payload => void Object.assign(payload, { delivery_id: 'b' })),
  );
  expect(retry.parsed.meaning).toBe(first.parsed.meaning);
  const other = taken(
    altered('plane_v2/workitem_updated.json', payload => void Object.assign(payload, { event_id: 'b' })),
  );
  expect(other.parsed.meaning).not.toBe(first.parsed.meaning);
});

test('of a key that stands twice the last value counts', () => {
  const text = recorded('gitea/push_adr_files.json').body.toString();
  const doubled = text.replace('"ref":', '"ref": "refs/heads/other", "ref":');
  expect(taken(made('gitea', 'push', doubled)).reading.branch).toBe('feature/ORCH-017-delivery-log');
});

test.each([
  '"__proto__":{"sha":"x","from_fork":true}',
  '"\\u005f_proto__":{"from_fork":true}',
  '"__\\u0070roto__":{"from_fork":true}',
  '"constructor":{"prototype":{"from_fork":true}}',
  '"__proto__":null,"a":{"b":{"__proto__":{"polluted":true}}}',
])('the keys %s change nothing', keys => {
  const text = recorded('gitea/push_adr_files.json').body.toString();
  const { parsed, reading } = taken(made('gitea', 'push', text.replace('{', `{${keys},`)));
  expect(reading).toEqual(taken(recorded('gitea/push_adr_files.json')).reading);
  expect(({} as Record<string, unknown>).from_fork).toBeUndefined();
  // Who copies the payload carelessly gets no other prototype.
  const copy = Object.assign({}, parsed.payload) as { a?: { b?: object } };
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  expect(Object.keys(copy.a?.b ?? {})).toEqual([]);
});

test('when the event header is empty the type header tells', () => {
  const file = 'gitea/status_success.json';
  expect(taken(withHeaders(file, { 'x-gitea-event': '' })).reading.kind).toBe('ci_status');
});

test('before there were types, a comment as an event was a review', () => {
  const untyped = (file: string) => {
    const headers = Object.entries(recorded(file).headers).filter(
      ([name]) => !name.endsWith('-type') || name === 'content-type',
    );
    return { ...recorded(file), headers: Object.fromEntries(headers) };
  };
  expect(taken(untyped('gitea/review_comment.json')).reading.verdict).toBe('commented');
  expect(taken(untyped('gitea/review_approved.json')).reading.verdict).toBe('approved');
  expect(taken(untyped('gitea/review_rejected.json')).reading.verdict).toBe('changes_requested');
  expect(taken(untyped('gitea/issue_comment_on_pr.json')).reading).toMatchObject({ kind: 'comment', on_pr: true });
});
