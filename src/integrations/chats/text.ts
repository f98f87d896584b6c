/** What comes from outside, before it stands in a message: without what acts on it unseen, and cut where people see an end. */

/** Everything that moves a cursor or reorders what follows, but the ends of lines and tabs. */
const unseen = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu;

/** The lines of a text, with one kind of line end. */
export const plain = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(unseen, '')
    .trim();

/** The text in one line. */
export const oneLine = (text: string): string => plain(text).replace(/\s+/g, ' ');

/** Stands behind a sign so that it begins nothing: no mention, no link, no tag. It is not seen, and no line ends at it. */
export const joiner = '\u2060';

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });
const more = '…';

/**
 * As much of a text as has room in `longest` UTF-16 units once it is escaped. It ends between two characters as people see
 * them; `escaped` is given one or several of them at a time, and must not make them shorter.
 */
export function within(longest: number, text: string, escaped: (piece: string) => string = piece => piece): string {
  if (text.length <= longest) {
    const whole = escaped(text);
    if (whole.length <= longest) return whole;
  }
  let written = '';
  for (const { segment } of characters.segment(text)) {
    const piece = escaped(segment);
    if (written.length + piece.length + more.length > longest) break;
    written += piece;
  }
  return written + more;
}

/** For HTML, also within the quotes of an attribute. */
export const html = (text: string): string => text.replace(/[&<>"']/g, sign => entities[sign] ?? sign);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
