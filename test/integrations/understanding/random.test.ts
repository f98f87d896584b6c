/** Whatever an issue says: nothing is thrown, what comes out is bounded, and the time grows with the text and no faster. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestEstimateMs, mostContextTokens, type Understanding } from '../../../src/domain/understanding.ts';
import { referencesIn } from '../../../src/integrations/understanding/references.ts';
import { understandByRules } from '../../../src/integrations/understanding/rules.ts';

const pieces = [
  ...[
    '---\n',
    '\n',
    '\n\n',
    '    ',
    '- [x] ',
    '- ',
    '> ',
    '```',
    '~~~',
    '`',
    '<!--',
    '-->',
    '<pre>',
    '</q>',
    '~~',
    '**',
    '_',
  ],
  ...[
    'Blocked by ',
    'depends on ',
    'Blocks ',
    'Зависит от ',
    'not ',
    ', ',
    ' and ',
    '. ',
    '? ',
    '#12',
    'ET-3',
    'a/b#4',
    '!7',
  ],
  ...[
    'https://a.example/b/c/issues/1',
    '[#12](https://a.example/b/c/issues/1)',
    'blocked_by: ',
    'agent: ',
    'context: ',
  ],
  ...[
    '&a [*a, *a]',
    '{',
    '[',
    ']',
    '"',
    "'",
    '\\',
    '\0',
    '\uD800',
    '\u202E',
    '\uFFFC',
    '\r\n',
    '\u2028',
    '__proto__: ',
  ],
];
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 })), { maxLength: 60 })
    .map(all => all.join('')),
);

/** Holds of every understanding. */
function holds({
  contextTokens,
  estimateMs,
  priority,
  blockedBy,
  blocks,
  notes,
  agent,
  pipeline,
}: Understanding): void {
  const within = (value: number | null, most: number) => value === null || (value > 0 && value <= most);
  expect(within(contextTokens, mostContextTokens)).toBe(true);
  expect(within(estimateMs, longestEstimateMs)).toBe(true);
  expect(within(priority, 10)).toBe(true);
  expect(blockedBy.length + blocks.length).toBeLessThanOrEqual(50);
  expect(notes.length).toBeLessThanOrEqual(20);
  for (const name of [agent, pipeline]) expect(name ?? 'none').toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
  for (const reference of [...blockedBy, ...blocks]) {
    expect(reference.length).toBeLessThanOrEqual(300);
    expect(referencesIn(reference)).toEqual(new Set([reference]));
  }
  for (const note of notes) expect(note.length <= 200 && note.isWellFormed() && !note.includes('\n')).toBe(true);
}

test('reads any text into something bounded', () => {
  fc.assert(
    fc.property(text, text, fc.array(text, { maxLength: 5 }), fc.boolean(), (title, body, labels, mayDirect) => {
      holds(understandByRules({ title, body, labels, mayDirect }));
      holds(understandByRules({ title, body: `---\n${body}\n---\n${title}`, labels, mayDirect }));
    }),
    { numRuns: 1_000 },
  );
});

test('finds every reference that stands alone after a convention', () => {
  const reference = fc.oneof(
    fc.integer({ min: 1, max: 999_999_999 }).map(number => `#${number}`),
    fc.integer({ min: 1, max: 999_999_999 }).map(number => `ET-${number}`),
    fc.integer({ min: 1, max: 999_999_999 }).map(number => `acme/shop.web#${number}`),
  );
  const several = fc.uniqueArray(reference, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(several, fc.constantFrom(', ', ' and ', ' ', '; ', ', and '), (references, separator) => {
      const { blockedBy } = understandByRules({
        title: '',
        body: `Blocked by ${references.join(separator)}.`,
        labels: [],
      });
      expect(blockedBy).toEqual(references);
    }),
  );
});

const length = 100_000;
const filled = (unit: string, before = '') => before + unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

test.each([
  ...pieces,
  ...[
    'a',
    ' ',
    '\n',
    '\t',
    '- ',
    '1. ',
    '#',
    '/',
    'a/',
    '.',
    'A',
    'A-',
    '[',
    '](',
    '<',
    '<q ',
    '</q>',
    '```\n',
    '> \n',
    '\\`',
    '`` ` ',
  ],
  ...[
    'Blocked by #1, ',
    'Blocked by #1 ',
    'Blocked by ',
    'blocked by\n',
    'not blocked by #1 and blocks #2 ',
    'http://',
    'https://a/issues/',
  ],
  ...[
    'this is ',
    '(this is ',
    'Blocked by #1     ',
    '- - - - ',
    '~~a',
    '*_',
    'the the ',
    'Blocked by [a',
    'n’t blocked by #1 ',
  ],
])('reads 100 kB of %j at once', unit => {
  for (const before of ['', '---\n', 'Blocked by #1 ', '---\na: b\n---\n', '`']) {
    const body = filled(unit, before);
    const from = performance.now();
    holds(understandByRules({ title: body, body, labels: [body] }));
    referencesIn(body);
    // By far less on a machine that does nothing else; what grows with the square takes minutes.
    expect(performance.now() - from).toBeLessThan(1_000);
  }
});

test('reads no more than the beginning of a long body, and says so', () => {
  const { blockedBy, notes } = understandByRules({
    ...{ title: '', labels: [] },
    body: `Blocked by #1\n${'x'.repeat(1_000_000)}\nBlocked by #2`,
  });
  expect(blockedBy).toEqual(['#1']);
  expect(notes).toEqual(['The body is longer than 100000 characters; the rest is not read.']);
});
