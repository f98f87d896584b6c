/** What becomes of our Markdown, and of what others hide in it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { htmlOf } from '../../../src/integrations/trackers/plane/html.ts';
import { textOf } from '../../../src/integrations/trackers/plane/text.ts';
import { htmlLines } from '../../../src/integrations/webhooks/html.ts';
import { commandIn } from '../../../src/integrations/webhooks/text.ts';

test.each([
  ['', '<p></p>'],
  ['One\ntwo\n\nthree', '<p>One<br>two</p><p>three</p>'],
  [
    '**bold**, *lean*, _lean_ and `a < b`',
    '<p><strong>bold</strong>, <em>lean</em>, <em>lean</em> and <code>a &lt; b</code></p>',
  ],
  ['``a ` b``', '<p><code>a ` b</code></p>'],
  ['**over `code`**', '<p><strong>over <code>code</code></strong></p>'],
  ['snake_case_name and 2 * 3 * 4', '<p>snake_case_name and 2 * 3 * 4</p>'],
  ['\\*not lean\\*', '<p>*not lean*</p>'],
  ['# One\n## Two', '<h1>One</h1><h2>Two</h2>'],
  [
    '- one\n- two\n  - deep\n\n1. first\n2. second',
    '<ul><li><p>one</p></li><li><p>two</p><ul><li><p>deep</p></li></ul></li></ul><ol><li><p>first</p></li><li><p>second</p></li></ol>',
  ],
  ['> said\n> - so\n\nindeed', '<blockquote><p>said</p><ul><li><p>so</p></li></ul></blockquote><p>indeed</p>'],
  ['```ts\nif (a < b) **x**\n```\nafter', '<pre><code>if (a &lt; b) **x**</code></pre><p>after</p>'],
  ['```\nnever closed', '<pre><code>never closed</code></pre>'],
  ['---', '<hr>'],
  [
    '| a | b |\n| --- | :-: |\n| 1 \\| 2 | **x** |',
    '<table><tbody><tr><th><p>a</p></th><th><p>b</p></th></tr><tr><td><p>1 | 2</p></td><td><p><strong>x</strong></p></td></tr></tbody></table>',
  ],
  ['<!-- signalbox:other -->\nText', '<p>Text</p>'],
])('turns %j into HTML', (markdown, html) => {
  expect(htmlOf(markdown)).toBe(html);
});

test('leads to pages of the web and nowhere else', () => {
  const safe = 'target="_blank" rel="noopener noreferrer"';
  expect(htmlOf('[PR 1](https://a.test/x?a=1&b=2)')).toBe(
    `<p><a href="https://a.test/x?a=1&amp;b=2" ${safe}>PR 1</a></p>`,
  );
  expect(htmlOf('See https://a.test/x_y.')).toBe(
    `<p>See <a href="https://a.test/x_y" ${safe}>https://a.test/x_y</a>.</p>`,
  );
  expect(htmlOf('[click](javascript:alert(1)) [me](data:x)')).not.toContain('<a');
});

test('ends with the marker, if it is one', () => {
  expect(htmlOf('Text', '<!-- signalbox:task-1 -->')).toBe('<p>Text</p><!-- signalbox:task-1 -->');
  expect(htmlOf('Text', '<!-- --><script>alert(1)</script> -->')).toBe('<p>Text</p>');
});

/** The only elements that we write, and their only attributes. */
const ours = new RegExp(
  '^(?:[^<>]|</?(?:p|br|strong|em|code|pre|h[1-6]|hr|ul|ol|li|blockquote|table|tbody|tr|th|td)>' +
    '|<a href="https?://[^<>"\\s]*" target="_blank" rel="noopener noreferrer">|</a>)*$',
);

const pieces = fc.constantFrom(
  ...[
    '<script>',
    '</p>',
    '<b onclick="x()">',
    '<!--',
    '-->',
    '"',
    "'",
    '&',
    '&lt;',
    '[a](',
    'https://a.test/',
    'javascript:',
    ')',
    '](',
    '`',
    '```',
  ],
  ...[
    '**',
    '*',
    '_',
    '|',
    '| --- |',
    '> ',
    '- ',
    '1. ',
    '#',
    '\n',
    '\n\n',
    '  ',
    '\\',
    'word',
    '/approve',
    '\0',
    '\u202e',
    '<mention-component entity_identifier="x">',
  ],
);

test('lets nobody write markup, whatever it is made of', () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), parts => {
      expect(htmlOf(parts.join(''))).toMatch(ours);
    }),
  );
});

test('says the same as what was written where nothing means anything', () => {
  const plain = fc.stringMatching(/^[a-z<>&" ]{1,60}$/).map(text => text.replace(/\s+/g, ' ').trim());
  fc.assert(
    fc.property(
      plain.filter(text => text !== '' && !/^[>]/.test(text)),
      text => {
        expect(textOf(htmlOf(text))).toBe(text);
      },
    ),
  );
});

test('quotes an order without giving it', () => {
  const body = 'Answer with `/approve`:\n\n> /approve\n\n```\n/approve\n```';
  expect(commandIn(htmlLines(htmlOf(body)))).toBeNull();
});

test.each([
  ['quotes in quotes', '>'.repeat(100_000)],
  ['lists in lists', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth * 2)}- x`).join('\n')],
  ['half a code', '` '.repeat(50_000)],
  ['half a link', '['.repeat(100_000)],
  ['half of what is bold', '**a'.repeat(33_000)],
  ['many lines', '- a\n'.repeat(25_000)],
  ['half a table', `${'|-'.repeat(50_000)}\n${'|-'.repeat(50_000)}x`],
])('takes no time for %s', (_, markdown) => {
  const began = performance.now();
  expect(htmlOf(markdown)).not.toBe('');
  expect(performance.now() - began).toBeLessThan(5_000);
});
