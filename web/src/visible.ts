/**
 * Characters that are not seen and change what is: directions of writing, which can have code read otherwise than it runs
 * (https://trojansource.codes), joiners and controls. Shown as what they are, wherever others have written the text.
 */
const ranges = [
  ...[[0x00, 0x08] as const, [0x0b, 0x1f] as const, [0x7f, 0x9f] as const, [0x061c, 0x061c] as const],
  ...[[0x200b, 0x200f] as const, [0x202a, 0x202e] as const, [0x2060, 0x2069] as const, [0xfeff, 0xfeff] as const],
];
const hex = (code: number) => code.toString(16).toUpperCase().padStart(4, '0');
const unseen = new RegExp(`[${ranges.map(([from, to]) => `\\u${hex(from)}-\\u${hex(to)}`).join('')}]`, 'g');

export const visible = (text: string): string => text.replace(unseen, sign => `⟨U+${hex(sign.codePointAt(0)!)}⟩`);
