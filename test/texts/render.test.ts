/** What is written to people: in their language, and with nothing from outside that is more than text. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ItemTelling, questionText, statusText } from '../../src/texts/item.ts';
import { Outside, renderText, type Texts } from '../../src/texts/render.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const en: Texts = { language: 'en', own: null };
const ru: Texts = { language: 'ru', own: null };
const telling: ItemTelling = {
  ...{ taskId: 'ET-3', standing: 'person', stage: 'analysis', waitsFor: 'a person has to approve analysis' },
  ...{ endedBecause: null, pullRequest: null, merged: null, questions: null, runs: 1, workedMs: 61_000 },
  asks: { kind: 'approval', stage: 'analysis' },
  verdicts: [{ gate: 'documents', stage: 'analysis', verdict: 'pass', by: 'signalbox' }],
};

test('the comment that is kept says how it stands, why, and what was judged', () => {
  expect(statusText(en, telling)).toBe(
    [
      '**analysis** waits for a person.',
      '',
      '`a person has to approve analysis`',
      '',
      '| stage | gate | verdict | by |',
      '|---|---|---|---|',
      '| analysis | documents | ✅ | `signalbox` |',
      '',
      '_ET-3: 1 run, 1m 01s of work._',
    ].join('\n'),
  );
});

test.each(['working', 'waiting', 'person', 'blocked', 'paused', 'done', 'cancelled', 'failed'])(
  'each language has words for a task that is %s',
  standing => {
    for (const texts of [en, ru]) {
      const [first] = statusText(texts, { ...telling, standing, merged: 'abcdef0123456789' }).split('\n');
      expect(first).toMatch(/\*\*/);
    }
  },
);

test.each(['approval', 'answer', 'decision', 'budget', 'blocked', 'blockers'])(
  'each language says how a question is answered: %s',
  kind => {
    const asked = {
      ...telling,
      asks: { kind, stage: 'analysis' },
      questions: kind === 'answer' ? 'Which?\nHow?' : null,
    };
    expect(questionText(en, asked)).toMatch(/omment/);
    expect(questionText(ru, asked)).toMatch(/омментарием|апишите/);
    expect(questionText(en, asked).includes('```\nWhich?\nHow?\n```')).toBe(kind === 'answer');
  },
);

test('what comes from outside is text, wherever it stands', () => {
  const hostile = '**@all** `x` | <b> {{ task }} {% include "x" %}\n# :approved:';
  const text = statusText(en, { ...telling, waitsFor: hostile });
  expect(text).toContain('`**@all** x <b> {{ task }} {% include "x" %} # :approved:`');
  const asked = questionText(en, {
    ...telling,
    asks: { kind: 'answer', stage: 'a' },
    questions: 'a\n```\n:approved:\n```',
  });
  expect(asked).toContain('````\na\n```\n:approved:\n```\n````');
});

test("a team's own text stands before ours, and one that is wrong is named", () => {
  const own = temporaryDirectory();
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'refused.md'), 'Nope: {{ why }}');
  writeFileSync(join(own, 'heard.md'), '{% include "../secret" %}');
  expect(renderText({ language: 'en', own }, 'refused', { why: new Outside('late') })).toBe('Nope: `late`');
  expect(() => renderText({ language: 'en', own }, 'heard', {})).toThrow(/heard\.md cannot be used/);
  expect(renderText({ language: 'ru', own }, 'status', { standing: 'paused' })).toMatch(/Приостановлено/);
});
