/** What is not seen and changes what is, is shown. */
import { expect, test } from 'vitest';
import { visible } from '../../web/src/visible.ts';

test('directions, joiners and controls are shown as what they are', () => {
  expect(visible('Third \u202Eevil\u202C task')).toBe('Third ⟨U+202E⟩evil⟨U+202C⟩ task');
  expect(visible('a\u200Bb\uFEFF\u0085\u001b[31m')).toBe('a⟨U+200B⟩b⟨U+FEFF⟩⟨U+0085⟩⟨U+001B⟩[31m');
});

test('text in any language stays as it is', () => {
  for (const text of ['Totals are wrong', 'Суммы неверны', 'المجموع خطأ', '合計が違う', 'tab\tand\nline']) {
    expect(visible(text)).toBe(text);
  }
});
