/** What is an order in a comment, and what only looks like one. */
import { describe, expect, test } from 'vitest';
import { htmlLines } from '../../../src/integrations/webhooks/html.ts';
import { markdownLines } from '../../../src/integrations/webhooks/markdown.ts';
import { commandIn, shownIn } from '../../../src/integrations/webhooks/text.ts';

const inMarkdown = (text: string) => commandIn(markdownLines(text));
const inHtml = (text: string) => commandIn(htmlLines(text));
const approved = { verb: 'approve', reason: '' };
const rejected = (reason: string) => ({ verb: 'reject', reason });

describe('in Markdown', () => {
  test.each([
    ':approved:',
    '  :approved:  ',
    ':Approved:!',
    '/approve',
    '/approve go on with it',
    'I have read it.\n:approved:',
    'I have read it.\r\n\r\n:approved:\r\nThanks',
    '> is it good?\n\n:approved:',
    '```\n:rejected: no\n```\n:approved:',
    '`:rejected:` would be wrong.\n\n:approved:',
    'a < b\n:approved:',
    '1. mend this:\n   ```\n   x\n   ```\n\n:approved:',
    '<details>x</details>\n\n:approved:',
    'don`t\n\n:approved:\n\nit`s',
  ])('%j approves', text => {
    expect(inMarkdown(text)).toEqual(approved);
  });

  test.each([
    [':rejected: the plan is missing', 'the plan is missing'],
    [':rejected:no', 'no'],
    [':rejected:', ''],
    ['/reject', ''],
    ['/reject: not yet', 'not yet'],
    ['Hello\n/reject two things:\n- one\n- two\n\nBye', 'two things:\n- one\n- two\n\nBye'],
    // What is quoted and what is code belongs to the reason.
    [':rejected: this fails:\n```\nboom\n```', 'this fails:\n```\nboom\n```'],
  ])('%j rejects', (text, reason) => {
    expect(inMarkdown(text)).toEqual(rejected(reason));
  });

  test.each([
    'Looks :approved: to me',
    'not :approved:',
    ':approvedish:',
    '/approved',
    '/approve-later',
    '/rejection',
    ':approved:?',
    '`:approved:`',
    '`a` :approved:',
    '``a\n:approved:\nb``',
    '```\n:approved:\n```',
    '~~~text\n:approved:\n~~~',
    '````\n```\n:approved:\n````',
    '```\n:approved:',
    '    :approved:',
    '\t:approved:',
    '> :approved:',
    '>:approved:',
    '> maria wrote\n:approved:',
    '> > :approved:',
    '- > maria wrote\n  :approved:',
    '- ```\n  :approved:\n  ```',
    '1. ~~~\n:approved:\n~~~',
    '```\n- ```\n:approved:\n```',
    '```\n    ```\n:approved:\n```',
    '    ```\n\n```\n:approved:\n```',
    '<pre>\n```\n</pre>\n\n```\n:approved:\n```',
    '<!--\n```\n-->\n\n```\n:approved:\n```',
    '\\`\n`a\n:approved:\n`',
    '<blockquote>\n<blockquote>\nx\n</blockquote>\n:approved:\n</blockquote>',
    '- :approved:',
    '# :approved:',
    '**:approved:**',
    '@maria :approved:',
    '<!-- :approved: -->',
    '<!--\n:approved:\n-->',
    '<!--\n:approved:',
    '<blockquote>\n\n:approved:\n\n</blockquote>',
    '<pre>\n:approved:\n</pre>',
    '<code>x</code> :approved:',
    '<pre>\n:approved:',
    // Both at once is neither.
    ':approved:\n:rejected: or not',
    '',
  ])('%j orders nothing', text => {
    expect(inMarkdown(text)).toBeNull();
  });

  test('the text is shown with what is quoted', () => {
    expect(shownIn(markdownLines('\n> a\n\n`b`\r\n'))).toBe('> a\n\n`b`');
  });
});

describe('in HTML', () => {
  test.each([
    '<p class="editor-paragraph-block">:approved:</p>',
    '<p>&nbsp;:approved:&nbsp;</p>',
    '<p>Fine.</p><p>:approved:</p>',
    'Fine.<br>:approved:',
    '<p><strong>:approved:</strong></p>',
    '<blockquote><p>good?</p></blockquote><p>:approved:</p>',
    '<p>&#58;approved&#x3a;</p>',
    ':approved:',
    '<P>\n  :approved:\n</P>',
  ])('%j approves', text => {
    expect(inHtml(text)).toEqual(approved);
  });

  test.each([
    ['<p>:rejected: costs &amp; plan</p>', 'costs & plan'],
    ['<p>:rejected: two</p><ul><li>one</li><li><code>x</code></li></ul>', 'two\n- one\n- x'],
  ])('%j rejects', (text, reason) => {
    expect(inHtml(text)).toEqual(rejected(reason));
  });

  test.each([
    '<blockquote><p>:approved:</p></blockquote>',
    '<blockquote>a<blockquote>b</blockquote><p>:approved:</p></blockquote>',
    '<blockquote></code><p>:approved:</p></blockquote>',
    '<blockquote><p>:approved:',
    '<pre>one\n:approved:</pre>',
    '<code>:approved:</code>',
    '<p><code>x</code> :approved:</p>',
    '<pre><code>:approved:</code></pre>',
    '<p>Looks :approved:</p>',
    '<p>Looks\n:approved:</p>',
    '<ul><li>:approved:</li></ul>',
    '<ul><li><p>:approved:</p></li></ul>',
    '<p><mention-component entity_identifier="x"></mention-component> :approved:</p>',
    '<!-- <p>:approved:</p> -->',
    '<script>:approved:</script>',
    '<style><p>:approved:</p></style>',
    '<p title=":approved:">x</p>',
    '<s>:approved:</s>',
    '<p>&lt;p&gt;:approved:</p>',
  ])('%j orders nothing', text => {
    expect(inHtml(text)).toBeNull();
  });

  test('is shown as text, with its lists and without its tags', () => {
    const html = '<h1>A &lt;b&gt;</h1><p>one<br/>two</p><ol><li><p>three</p></li></ol><img src="x"><style>p{}</style>';
    expect(shownIn(htmlLines(html))).toBe('A <b>\none\ntwo\n- three\n[image]');
    expect(shownIn(htmlLines('&#0;&#xd800;&#x110000;&unknown;&amp;lt;'))).toBe('���&unknown;&lt;');
  });
});

test('what is shown and given as a reason is bounded, whole and without NUL', () => {
  const long = shownIn(markdownLines(`${'x'.repeat(3_999)}😀 and more`));
  expect(long).toBe('x'.repeat(3_999));
  expect(shownIn(markdownLines('a\0b\uD800c'))).toBe('a\uFFFDb\uFFFDc');
  expect(inMarkdown(`:rejected: ${'y'.repeat(10_000)}`)?.reason).toHaveLength(4_000);
});

test.each([
  '`'.repeat(100_000),
  '` '.repeat(50_000),
  Array.from({ length: 440 }, (_, length) => '`'.repeat(length + 1)).join(' '),
  '<'.repeat(100_000),
  '<a'.repeat(50_000),
  '<!--'.repeat(25_000),
  '<blockquote>'.repeat(9_000),
  '&#'.repeat(50_000),
  `${' '.repeat(99_000)}x`,
  '- '.repeat(50_000),
  `${'1. '.repeat(33_000)}x`,
  '\n'.repeat(100_000),
  'a@'.repeat(500_000),
])('a text made to be slow is read at once (%#)', text => {
  const started = performance.now();
  commandIn(markdownLines(text));
  commandIn(htmlLines(text));
  expect(performance.now() - started).toBeLessThan(2_000);
});
