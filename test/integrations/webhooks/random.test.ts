/** Whatever comes in: nothing crashes, nothing unsigned is read, and what is read can be stored. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readingKinds } from '../../../src/domain/reading.ts';
import { webhookProviders } from '../../../src/integrations/webhooks/index.ts';
import { redacted } from '../../../src/integrations/webhooks/redact.ts';
import { whyIgnored } from '../../../src/integrations/webhooks/why-ignored.ts';
import { files, type Recorded, recorded, signedAt, take } from './deliveries.ts';
import { type Kind, made, resigned } from './made.ts';

const kinds = Object.keys(webhookProviders) as Kind[];

/** Every name that some header gives to an event, and some that none does. */
const eventNames = [
  ...new Set(
    files.flatMap(file => {
      const { headers } = recorded(file);
      return Object.keys(headers).flatMap(name => (/event(?:-type)?$/.test(name) ? [String(headers[name])] : []));
    }),
  ),
  ...['constructor', '__proto__', 'hasOwnProperty', 'Release Hook', 'workitem.deleted', 'workitem.comment.deleted'],
];

/** Text with everything in it that is hard to keep. */
const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom(
    '\0',
    '\uD800',
    '\u202E',
    '__proto__',
    'constructor',
    'refs/heads/',
    'refs/tags/',
    ':approved:',
    '<p>',
  ),
);

const oddJson = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary' }),
  oddText,
  fc.constantFrom<unknown>(null, -0, 2 ** 53, 1e308, [], {}, [[]], [null], { id: '1' }, 'None', '0'.repeat(40)),
);

/** Holds of every delivery: it is refused with a proper status, or read into something that can be stored. */
function holds(delivery: Recorded): void {
  const result = take(delivery, { logins: ['maria'], ids: [31, 'x'] });
  if (!result.ok) {
    expect([400, 401, 415, 422]).toContain(result.refused.status);
    expect(result.refused.why).toMatch(/^[\x20-\x7E]{10,300}$/);
    return;
  }
  const { reading, events, parsed } = result.value;
  expect(readingKinds).toContain(reading.kind);
  expect(parsed.deliveryId).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
  const stored = JSON.stringify([reading, events]);
  expect(JSON.parse(stored)).toEqual([reading, events]);
  expect(stored).not.toMatch(/\\u0000|(?<!\\)\\ud[89a-f]/);
  expect(stored.length).toBeLessThan(700_000);
  for (const name of [reading.branch, reading.repo, reading.actor])
    expect(name ?? '').not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(whyIgnored(reading).length).toBeGreaterThan(3);
  JSON.stringify(redacted(parsed.payload, delivery.secrets));
}

test.each(kinds)('any bytes as a body of %s, signed well', kind => {
  fc.assert(
    fc.property(fc.constantFrom(...eventNames), fc.uint8Array({ maxLength: 200 }), (event, bytes) =>
      holds(made(kind, event, Buffer.from(bytes))),
    ),
  );
});

test.each(kinds)('any JSON as a body of %s, signed well', kind => {
  fc.assert(
    fc.property(fc.constantFrom(...eventNames), oddJson, (event, json) =>
      holds(made(kind, event, Buffer.from(JSON.stringify(json) ?? 'null'))),
    ),
    { numRuns: 300 },
  );
});

const names =
  'ref before after commits repository full_name sender login issue number comment body action pull_request head base repo review type state data id object_attributes iid object_kind project user username event activity'.split(
    ' ',
  );

test.each(kinds)('any JSON with the names that %s uses', kind => {
  const { node } = fc.letrec(tie => ({
    node: fc.oneof(
      { maxDepth: 4 },
      oddJson,
      fc.dictionary(fc.constantFrom(...names), tie('node')),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  }));
  const top = fc.dictionary(fc.constantFrom(...names), node);
  fc.assert(
    fc.property(fc.constantFrom(...eventNames), top, (event, json) => holds(made(kind, event, json))),
    { numRuns: 300 },
  );
});

type Place = { [key: string]: unknown } | unknown[];

/** The places in a payload at which something can be put in place of what is there. */
function placesIn(value: unknown, places: [Place, string][] = []): [Place, string][] {
  if (typeof value !== 'object' || value === null) return places;
  for (const [name, inner] of Object.entries(value)) {
    places.push([value as Place, name]);
    placesIn(inner, places);
  }
  return places;
}

describe('real deliveries with something else in some places', () => {
  const json = files.filter(file => file.endsWith('.json'));
  const changes = fc.array(fc.tuple(fc.nat(), fc.option(oddJson, { nil: undefined })), { minLength: 1, maxLength: 4 });

  test('are refused or read, and never crash', () => {
    fc.assert(
      fc.property(fc.constantFrom(...json), changes, (file, list) => {
        const delivery = recorded(file);
        const payload = JSON.parse(delivery.body.toString()) as unknown;
        for (const [at, value] of list) {
          const places = placesIn(payload);
          const [place, name] = places[at % places.length]!;
          Reflect.set(place, name, structuredClone(value));
        }
        holds(resigned(delivery, Buffer.from(JSON.stringify(payload))));
      }),
      { numRuns: 1_500 },
    );
  });

  test('under any other event are refused or read, and never crash', () => {
    fc.assert(
      fc.property(fc.constantFrom(...json), fc.constantFrom(...eventNames), (file, event) => {
        const { body, provider } = recorded(file);
        holds(made(provider.kind, event, body));
      }),
      { numRuns: 1_500 },
    );
  });

  test('with any byte of the body changed are not signed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...json), fc.nat(), fc.integer({ min: 1, max: 255 }), (file, at, by) => {
        const delivery = recorded(file);
        // A token does not cover the body.
        if (delivery.headers['x-gitlab-token'] !== undefined) return;
        const body = Buffer.from(delivery.body);
        body[at % body.length] = body[at % body.length]! ^ by;
        expect(take({ ...delivery, body })).toMatchObject({ refused: { status: 401 } });
      }),
      { numRuns: 500 },
    );
  });

  const header = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF=,v1 ') }),
    fc.array(fc.string()),
    fc.stringMatching(/^[0-9a-f]{64}$/),
    fc.stringMatching(/^sha256=[0-9a-f]{64}$/),
    fc.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    fc.constant(undefined),
  );
  const signatures = [
    'x-gitea-signature',
    'x-forgejo-signature',
    'x-plane-signature',
    'x-hub-signature-256',
    'x-gitlab-token',
    'webhook-signature',
  ];

  test('with any other signature are not signed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...files), header, (file, value) => {
        const delivery = recorded(file);
        const headers = { ...delivery.headers, ...Object.fromEntries(signatures.map(name => [name, value])) };
        expect(take({ ...delivery, headers })).toMatchObject({ refused: { status: 401 } });
      }),
      { numRuns: 1_000 },
    );
  });
});

test('any headers at all', () => {
  const value = fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(undefined));
  const namesOfHeaders = fc.oneof(
    fc.constantFrom(
      'content-type',
      'content-encoding',
      'x-gitea-event',
      'x-github-event',
      'x-gitlab-event',
      'x-plane-event',
    ),
    fc.constantFrom(
      'x-gitea-delivery',
      'x-github-delivery',
      'idempotency-key',
      'webhook-id',
      'webhook-timestamp',
      '__proto__',
    ),
  );
  fc.assert(
    fc.property(fc.constantFrom(...files), fc.dictionary(namesOfHeaders, value), (file, odd) => {
      const delivery = recorded(file);
      holds({ ...delivery, headers: { ...delivery.headers, ...odd } });
      const parsed = delivery.provider.parse({ headers: odd, body: delivery.body }, { text: '{}' });
      expect(typeof parsed.ok).toBe('boolean');
      expect(typeof delivery.provider.verify({ headers: odd, body: delivery.body }, ['x'], signedAt).ok).toBe(
        'boolean',
      );
    }),
    { numRuns: 500 },
  );
});
