/** Notices for tests, harmless and hostile. */
import type { Notice } from '../../../src/integrations/chat.ts';

export const url = 'http://127.0.0.1:7411/tasks/shop-12?a=1&b=2';

export const noticeOf = (wanted: Partial<Notice> = {}): Notice => ({
  id: '0b5c1d2e-3f40-4a51-9b62-7c8d9e0f1a2b',
  event: 'task.needsPerson',
  severity: 'warning',
  subject: 'shop-12',
  title: 'shop-12 waits for an approval',
  text: 'The review asks for a person.\nTwo files changed.',
  url,
  command: 'signalbox task approve shop-12',
  buttons: [],
  at: Date.parse('2026-11-20T10:00:00Z'),
  heldBack: 0,
  ...wanted,
});

/** Texts from outside that want to be more than texts. */
export const hostile: Readonly<Record<string, string>> = {
  mentions: '@channel @here @everyone @maria <!here> <!channel|x> <@U0123ABC> <#C01> <@123456> <@&9> hello',
  html: '<b>bold</b> <a href="https://evil.example">x</a> &lt;i&gt; <script>alert(1)</script> </b></pre> a',
  markdown: '*bold* _it_ ~s~ **b** __u__ ||spoiler|| `code` [a](https://evil.example) <https://evil.example|b> end',
  blocks: 'one\n# heading\n-# small\n- list\n1. one\n> quote\n>>> more\n```js\nfence\n```\n````\nend',
  links: 'https://evil.example/a?b README.md evil.com tg://resolve?domain=x /start #tag $USD a@evil.example end',
  headers: 'Hello\r\nBcc: evil@evil.example\r\nSubject: other\r\n\r\n<p>a body</p>\rend',
  unseen: 'nul \0 bell \x07 escape \x1b[31mred \x85 \u2028 end',
  directions: '\u202Egnp.exe\u202C \u2066left\u2069 שלום עולם مرحبا end',
  halves: 'half \ud83d of an emoji \udc69 end',
  backslashes: '\\ \\* \\` \\\\` \\@everyone \\<!here> end',
};

/** What is left of a text when only what people read counts. */
export const read = (text: string): string =>
  text.toWellFormed().replace(/[\p{Cc}\s\u2060\u202A-\u202E\u2066-\u2069]/gu, '');

/** One character to people, eleven UTF-16 units to computers. */
export const family = '👩‍👩‍👧‍👦';
