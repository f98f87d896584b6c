/** Requests that nobody means, made from what the document says that a route takes. */
import fc from 'fast-check';
import type { Route } from './described.ts';

export interface OddRequest {
  /** As it goes over the wire. */
  path: string;
  /** Null without one. */
  body: string | null;
  headers: Record<string, string>;
}

type Schema = Record<string, unknown>;

/** What is there in the world, and words that mean something somewhere. */
const known = [
  'ET-1',
  'ET-2',
  'ET-3',
  'ET-1.analysis.3',
  'worker',
  'breaker',
  'task:default',
  'default',
  'bot',
  'shop',
  'ci',
];
const words = [
  'task.pause',
  'task.move',
  'analysis',
  'viewer',
  'admin',
  '90d',
  '0s',
  'true',
  'false',
  '0',
  '1',
  '-1',
  'json',
  'svg',
];
const prototype = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
const traversal = [
  '../../etc/passwd',
  '..',
  '.',
  '/etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  'a/../../b',
  'C:\\x',
  '\\\\x\\y',
  '~',
];
const injected = [
  "' OR 1=1 --",
  '"; DROP TABLE actors; --',
  '$(id)',
  '`id`',
  '{{7*7}}',
  '<script>',
  '%s%n',
  '\r\nx-injected: 1',
  '-rf',
];
const strange = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\u202e',
  'ü🚂',
  '\ufeff',
  '𝕏'.repeat(50),
  'x'.repeat(300),
  'x'.repeat(3_900),
  '\u0301'.repeat(200),
];
const numbers = [0, -1, 0.5, 1e308, -1e308, 2 ** 53, -(2 ** 53), 2 ** 63, 1e-300];

const texts = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...known) },
  { weight: 3, arbitrary: fc.constantFrom(...words) },
  fc.constantFrom(...prototype, ...traversal, ...injected),
  fc.constantFrom(...strange),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 20 }),
);

const encoded = (text: string) => encodeURIComponent(text.toWellFormed());

/** What a field of a path would name well. */
const good: Record<string, string[]> = {
  taskId: ['ET-1', 'ET-2', 'ET-3'],
  agentId: ['ET-1', 'ET-1.analysis.3'],
  machineId: ['breaker', 'ET-1', 'task:default', 'merge:'],
  name: ['bot', 'ci', 'default', 'shop'],
  id: Array.from({ length: 30 }, (_, index) => `event:${index}`),
};

/** One part of a path: an id, as it is or as bytes that are none. */
const odd = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...known).map(encoded) },
  { weight: 4, arbitrary: texts.map(encoded) },
  fc.constantFrom(
    '%00',
    '%ff',
    '%c0%ae',
    '%2e%2e',
    '%2E.',
    '..',
    '.',
    '%',
    '%zz',
    '%E0%A4%A',
    '%2f',
    '%5c',
    'a%2fb',
    '',
    '*',
    ';x=1',
    ':taskId',
  ),
  fc.constantFrom('x'.repeat(4_001), '%41'.repeat(1_500), '\u00e9', 'a\\b', 'a"b', '{}', '$&', '+', '%20', '%0d%0ax:1'),
);

const segmentFor = (name: string) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...(good[name] ?? known)).map(encoded) },
    { weight: 5, arbitrary: odd },
  );

/** A value as JSON text: right, nearly right, or nothing of the sort. */
function valueFor(schema: Schema, depth = 0): fc.Arbitrary<string> {
  const plain = texts.map(text => JSON.stringify(text));
  const wrong = fc.oneof(
    plain,
    fc.constantFrom(...numbers).map(String),
    fc.constantFrom(
      'null',
      'true',
      'false',
      '[]',
      '{}',
      '[[]]',
      '{"__proto__":{"x":1}}',
      '1e400',
      '-0',
      '"\\ud800"',
      '"\\u0000"',
      '{"a":1,"a":2}',
    ),
    fc.constantFrom(
      '"'.concat('x'.repeat(30_000), '"'),
      `${'['.repeat(70)}${']'.repeat(70)}`,
      `[${'1,'.repeat(2_000)}1]`,
    ),
  );
  const right = rightFor(schema, depth);
  return right === null ? wrong : fc.oneof({ weight: 4, arbitrary: right }, { weight: 2, arbitrary: wrong });
}

function rightFor(
  { type, enum: options, anyOf, items, properties }: Schema,
  depth: number,
): fc.Arbitrary<string> | null {
  if (depth > 3) return null;
  if (Array.isArray(options)) return fc.constantFrom(...options.map(option => JSON.stringify(option)));
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map(some => valueFor(some as Schema, depth + 1)));
  if (type === 'string') return texts.map(text => JSON.stringify(text));
  if (type === 'integer' || type === 'number')
    return fc.oneof(fc.integer({ min: -2, max: 20 }), fc.constantFrom(...numbers)).map(String);
  if (type === 'boolean') return fc.constantFrom('true', 'false');
  if (type === 'array')
    return fc.array(valueFor(items as Schema, depth + 1), { maxLength: 3 }).map(all => `[${all.join(',')}]`);
  if (type === 'object') return objectFor((properties ?? {}) as Record<string, Schema>, depth + 1);
  return null;
}

/** An object as JSON text, with fields that are missing, unknown, or there twice. */
function objectFor(properties: Record<string, Schema>, depth = 0): fc.Arbitrary<string> {
  const field = ([name, schema]: [string, Schema]) =>
    fc.option(
      valueFor(schema, depth).map(value => `${JSON.stringify(name)}:${value}`),
      { nil: null, freq: 8 },
    );
  const more = fc.option(
    fc.tuple(
      fc.constantFrom(...prototype, ...Object.keys(properties), 'nonsense', 'taskId', '\ud800'),
      valueFor({}, depth),
    ),
    { nil: null, freq: 4 },
  );
  return fc.tuple(fc.tuple(...Object.entries(properties).map(field)), more).map(([fields, extra]) => {
    const added = extra === null || fc.hash(extra[1]) % 2 === 0 ? [] : [`${JSON.stringify(extra[0])}:${extra[1]}`];
    return `{${[...fields.filter(it => it !== null), ...added].join(',')}}`;
  });
}

const noJson = fc.constantFrom(
  '',
  '{',
  '{"x":',
  'nonsense',
  '[]',
  'null',
  '"x"',
  '{}x',
  '{"a":1,}',
  '\u0000',
  `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`,
  '{"taskId":"ET-2"}',
);

function queryFor({ parameters }: Route): fc.Arbitrary<string> {
  const fields = parameters.filter(it => it.in === 'query');
  const names = fc.constantFrom(...fields.map(({ name }) => name), 'nonsense', ...prototype, 'limit', 'a[b]', 'taskId');
  const values = fc.oneof(
    texts.map(encoded),
    fc.constantFrom(...numbers).map(String),
    fc.constantFrom('%', '%ff', 'NaN', '1e400', '0x10', encoded('１'), '[]', '%00'),
  );
  const good = fields.map(({ name, schema }) =>
    fc.option(
      valueFor(schema).map(text => `${name}=${encoded(text.replace(/^"|"$/g, '')).slice(0, 2_000)}`),
      { nil: null, freq: 3 },
    ),
  );
  const pairs = fc.array(
    fc.tuple(names, values).map(([name, value]) => `${name}=${value}`),
    { maxLength: 2 },
  );
  return fc.tuple(fc.tuple(...good), fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, pairs)).map(([some, odd]) => {
    const all = [...some.filter(it => it !== null), ...odd];
    return all.length === 0 ? '' : `?${all.join('&')}`;
  });
}

function headersFor({ isStream, method }: Route): fc.Arbitrary<Record<string, string>> {
  const values = fc.constantFrom(
    '',
    'x',
    '1',
    '-1',
    '"x"',
    '*',
    'W/"x"',
    'x'.repeat(201),
    '1:0:0',
    '\u00ff',
    '__proto__',
    ',,',
  );
  const usual = { 'content-type': 'application/json' };
  const named = fc.constantFrom(
    'idempotency-key',
    'if-none-match',
    'last-event-id',
    'x-request-id',
    'signalbox-role',
    'signalbox-user',
    'expect-ct',
    'range',
  );
  const odd: fc.Arbitrary<object> = fc.oneof(
    fc.tuple(named, values).map(([name, value]) => ({ [name]: value })),
    fc
      .constantFrom('text/plain', 'application/json; charset=latin1', 'application/vnd.api+json', '', ';')
      .map(type => ({ 'content-type': type })),
    fc
      .constantFrom('text/event-stream', 'application/vnd.signalbox+json', 'image/png', ';;', '*/*')
      .map(accept => ({ accept })),
    fc.constantFrom(
      { origin: 'https://elsewhere.example' },
      { 'content-encoding': 'gzip' },
      { authorization: 'Bearer x' },
      { host: 'elsewhere.example' },
    ),
  );
  return fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, odd).map(some => ({
    ...(method === 'POST' ? usual : {}),
    ...(isStream ? { accept: 'text/event-stream' } : {}),
    ...some,
  }));
}

/** Requests to a route, most of them wrong somewhere. */
export function oddRequests(route: Route): fc.Arbitrary<OddRequest> {
  const ids = [...route.path.matchAll(/\{(\w+)\}/g)].map(([whole]) => whole!);
  const body =
    route.method === 'GET'
      ? fc.constant(null)
      : fc.oneof(
          { weight: 6, arbitrary: objectFor((route.body?.schema.properties ?? {}) as Record<string, Schema>) },
          noJson,
        );
  return fc
    .record({
      segments: fc.tuple(...ids.map(id => segmentFor(id.slice(1, -1)))),
      query: queryFor(route),
      body,
      headers: headersFor(route),
    })
    .map(({ segments: given, query, ...rest }) => {
      const path = ids.reduce((text, id, index) => text.replace(id, () => given[index]!), route.path);
      return { ...rest, path: `${path}${route.method === 'GET' ? query : ''}` };
    });
}
