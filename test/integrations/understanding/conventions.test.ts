/** Sentences that say what waits for what, and those that only seem to. */
import { describe, expect, test } from 'vitest';
import { readBody } from './read.ts';

const url = 'https://git.example.org/acme/shop/issues/12';
const plane = 'https://plane.example.org/acme/browse/ET-3/';

describe('waits for what is written', () => {
  test.each<[string, string[]]>([
    ['Blocked by #12, #13 and ET-4', ['#12', '#13', 'ET-4']],
    ['Depends on acme/shop#4', ['acme/shop#4']],
    ['Depends on group/sub/shop#4 & !7', ['group/sub/shop#4', '!7']],
    ['blocked by: #12 #13', ['#12', '#13']],
    ['**Blocked by:** #12', ['#12']],
    ['__Depends on__: #12', ['#12']],
    ['_Blocked by_ #12', ['#12']],
    ['* Blocked by #12', ['#12']],
    ['1. Blocked by #12', ['#12']],
    ['## Blocked by #12', ['#12']],
    ['- [ ] Blocked by #12', ['#12']],
    ['    \n- a\n    - Blocked by #12', ['#12']],
    ['blocked_by: #12', ['#12']],
    ['This issue is blocked by #12.', ['#12']],
    ['It is still blocked by #12', ['#12']],
    ['Sorts. Blocked by #12; depends on #13.', ['#12', '#13']],
    ['Sorts (blocked by #12).', ['#12']],
    ['Sorts – depends on the issues #12 and #13', ['#12', '#13']],
    ['Blocked by PR #5 or pull request !6', ['#5', '!6']],
    [`Blocked by ${url}.`, [url]],
    [`Blocked by <${url}>, ${plane}`, [url, plane]],
    [`Blocked by [#12](${url}) and [ET-3](https://example.org/what)`, [url, 'ET-3']],
    ['Blocked by #12\r\nDepends on #13', ['#12', '#13']],
    ['Blocked by #12 and #12', ['#12']],
    ['Заблокировано #12', ['#12']],
    ['Эта задача заблокирована задачами #12 и ET-3', ['#12', 'ET-3']],
    ['Зависит от ET-3, #4', ['ET-3', '#4']],
    ['Blockiert durch #12 und #13', ['#12', '#13']],
    ['Hängt ab von ET-3', ['ET-3']],
  ])('%s', (body, blockedBy) => {
    expect(readBody(body)).toMatchObject({ blockedBy, blocks: [], notes: [] });
  });
});

test.each<[string, string[]]>([
  ['Blocks #9', ['#9']],
  ['This blocks #9, #10', ['#9', '#10']],
  ['Блокирует #9', ['#9']],
  ['Blockiert #9', ['#9']],
])('holds up what is written: %s', (body, blocks) => {
  expect(readBody(body)).toMatchObject({ blockedBy: [], blocks });
});

test('takes two halves of a sentence', () => {
  expect(readBody('This is blocked by #3 and blocks #9')).toMatchObject({ blockedBy: ['#3'], blocks: ['#9'] });
});

describe('waits for nothing', () => {
  test.each([
    ['a negation', 'Not blocked by #3'],
    ['a negation within a sentence', 'This issue is not blocked by #3.'],
    ['a short negation', "This isn't blocked by #3"],
    ['a negation of both halves', 'This is not blocked by #3 and blocks #9'],
    ['a negation in Russian', 'Не заблокировано #3'],
    ['a negation in German', 'Nicht blockiert durch #3'],
    ['what was', 'This was blocked by #3 last year'],
    ['what no longer is', 'This is no longer blocked by #3'],
    ['what is taken back', 'Blocked by #3 no longer'],
    ['what is taken back in brackets', 'Blocked by #3 (no longer)'],
    ['a question', 'Blocked by #3?'],
    ['a guess', 'I think it may be blocked by #3'],
    ['a condition', 'If blocked by #3, wait'],
    ['what is checked off', '- [x] Blocked by #12'],
    ['what is struck out', '~~Blocked by #12~~'],
    ['a task list', '- [ ] #12\n- [ ] ET-3'],
    ['a mention', 'See #12, which fixes #13'],
    ['a word that only ends so', 'Unblocked by #12'],
    ['code blocks that have a number', 'Code blocks #9 are not shown'],
    ['a quote', '> Blocked by #12\nand more'],
    ['inline code', 'Write `Blocked by #12`'],
    ['the beginning of inline code', '`Blocked by #12`'],
    ['a block of code', '```\nBlocked by #12\n```'],
    ['a block of code that does not end', '~~~md\nBlocked by #12'],
    ['a block of code in a list', '- a\n  ```\n  Blocked by #12\n  ```'],
    ['indented code', 'Like this:\n\n    Blocked by #12'],
    ['a remark', '<!-- Blocked by #12 -->'],
    ['a long remark', '<!--\nBlocked by #12\n-->'],
    ['a long remark with a fence in it', '<!--\n```\nBlocked by #12\n-->\n'],
    ['an element of code', '<pre>\nBlocked by #12\n</pre>'],
    ['part of a word', 'Blocked by #12abc, or ET-3x'],
    ['a number of nothing', 'Blocked by #0 or ET-0'],
    ['an address of no item', 'Blocked by https://example.org/about'],
    ['an address with a password', 'Blocked by https://a:b@example.org/acme/shop/issues/1'],
    ['words', 'Blocked by the migration'],
    ['nothing', 'Blocked by:'],
  ])('%s', (_, body) => {
    expect(readBody(body)).toMatchObject({ blockedBy: [], blocks: [] });
  });
});

test.each([
  ['a block of code', '```\nx\n```\nBlocked by #12'],
  ['a block of code in a list', '1. Run\n   ```sh\n   x\n   ```\n2. Wait\n\nBlocked by #12'],
  ['a quote', '> x\n\nBlocked by #12'],
  ['a remark with a fence in it', '<!-- use ``` for code\n-->\nBlocked by #12'],
  ['indented code', 'Like this:\n\n    x\n\nBlocked by #12'],
])('reads what follows %s', (_, body) => {
  expect(readBody(body).blockedBy).toEqual(['#12']);
});
