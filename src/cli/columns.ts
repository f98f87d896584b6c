/** Text in columns, counted as a terminal counts them: a wide character takes two, a combining one none. */
import stringWidth from 'string-width';

const plain = /^[\x20-\x7e]*$/;

/** The columns that a text of one line takes. */
export const widthOf = (text: string): number => (plain.test(text) ? text.length : stringWidth(text));

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** What people take for characters, each with its columns. */
function* characters(text: string): Generator<{ text: string; width: number }> {
  for (const { segment } of graphemes.segment(text)) yield { text: segment, width: widthOf(segment) };
}

/** As much of a text as fits, with a mark where that is not all. */
export function cutTo(text: string, columns: number): string {
  // No text is shorter than half its columns, and one of ten thousand characters need not be measured.
  const start = text.length > columns * 20 ? text.slice(0, columns * 20) : text;
  if (start === text && widthOf(text) <= columns) return text;
  let cut = '';
  let used = 0;
  for (const character of characters(start)) {
    if (used + character.width > Math.max(0, columns - 1)) break;
    cut += character.text;
    used += character.width;
  }
  return `${cut}…`;
}

export const padTo = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - widthOf(text)));

/** The least of a line that a word is broken for. */
const leastColumns = 10;

/** Words on as few lines as fit; a word that is longer than a line is broken, so that nothing is lost. */
export function wrap(text: string, columns: number): string[] {
  const most = Math.max(leastColumns, columns);
  return text.split('\n').flatMap(paragraph => {
    const lines = [''];
    let used = 0;
    for (const word of paragraph.split(' ')) {
      const width = widthOf(word);
      const isFirst = lines.at(-1) === '';
      if (isFirst || used + 1 + width <= most) {
        lines[lines.length - 1] += isFirst ? word : ` ${word}`;
        used += isFirst ? width : width + 1;
      } else {
        lines.push(word);
        used = width;
      }
      if (used <= most) continue;
      const broken = pieces(lines.pop()!, most);
      lines.push(...broken);
      used = widthOf(broken.at(-1)!);
    }
    return lines;
  });
}

function pieces(word: string, columns: number): string[] {
  const parts = [''];
  let used = 0;
  for (const character of characters(word)) {
    if (used + character.width > columns && parts.at(-1) !== '') {
      parts.push('');
      used = 0;
    }
    parts[parts.length - 1] += character.text;
    used += character.width;
  }
  return parts;
}

/** The columns of the terminal; one that does not say has 80, and what is no terminal has no end. */
export const terminalColumns = (): number =>
  process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;

/** The least that is left to the last column, which says why; and to any other but the first, which is an id. */
const leastLast = 24;
const leastOther = 8;
const gap = 2;

/**
 * Rows of safe texts as aligned columns. Where they are too wide the widest give way, and the last is cut; the first is never, since it is
 * what the next command is given. Where even that does not fit, each row gets lines of its own, and the header none.
 */
export function layOut(
  rows: readonly (readonly string[])[],
  columns = terminalColumns(),
): { lines: string[]; isStacked: boolean } {
  const count = Math.max(...rows.map(row => row.length));
  const widths = Array.from({ length: count }, (_, column) => Math.max(...rows.map(row => widthOf(row[column] ?? ''))));
  const least = widths.map((width, column) =>
    column === 0 ? width : Math.min(width, column === count - 1 ? leastLast : leastOther),
  );
  const taken = (all: readonly number[]) => all.reduce((sum, width) => sum + width + gap, -gap);
  if (taken(least) > columns) return { lines: stacked(rows, columns), isStacked: true };
  // The last has what the others leave.
  const fitted = widths.with(count - 1, least[count - 1]!);
  while (taken(fitted) > columns) {
    const shrinkable = fitted.map((width, column) => (width > least[column]! ? width : 0));
    fitted[shrinkable.indexOf(Math.max(...shrinkable))]! -= 1;
  }
  const lines = rows.map(row => {
    const cells = row.map((cell, column) =>
      column === row.length - 1 ? cell : padTo(cutTo(cell, fitted[column]!), fitted[column]!),
    );
    return cutTo(cells.join(' '.repeat(gap)), columns);
  });
  return { lines, isStacked: false };
}

function stacked([, ...rows]: readonly (readonly string[])[], columns: number): string[] {
  return rows.flatMap(([first = '', ...rest]) => {
    const [second = '', ...others] = rest;
    const isOneLine = widthOf(first) + gap + widthOf(second) <= columns;
    const below = (isOneLine ? others : rest).filter(cell => cell !== '');
    return [
      isOneLine ? `${first}${' '.repeat(gap)}${second}`.trimEnd() : first,
      ...below.flatMap(cell => wrap(cell, columns - gap).map(line => `${' '.repeat(gap)}${line}`)),
    ];
  });
}
