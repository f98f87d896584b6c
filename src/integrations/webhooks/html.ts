/** Comments written in an editor that keeps HTML. Tags are read one after the other, without building a document. */
import { type Line, leftOut, readable } from './text.ts';

const token = /<!--[\s\S]*?(?:-->|$)|<(\/?)([a-z][a-z0-9-]*)[^<>]*>|[^<]+|</gi;

const blocks = new Set(
  'address article aside blockquote dd div dl dt footer h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table td th tr ul'.split(
    ' ',
  ),
);
const quoting = new Set(['blockquote', 'code', 'pre', 'q', 'samp', 'kbd', 'del', 's']);
const preformatted = new Set(['pre']);
const unseen = new Set(['script', 'style', 'template', 'head', 'title']);

/** What is open at a place of the text. */
class Open {
  readonly #counts = new Map<string, number>();

  turn(name: string, isEnd: boolean): void {
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, Math.max(0, count + (isEnd ? -1 : 1)));
  }

  any(names: ReadonlySet<string>): boolean {
    return [...names].some(name => (this.#counts.get(name) ?? 0) > 0);
  }
}

const bullet = '- ';

/** Whether nothing stands in a line yet; what follows the mark of a list belongs to it. */
const isFresh = ({ shown }: Line) => shown === '' || shown === bullet;

/** The lines of a text in HTML. */
export function htmlLines(html: string): Line[] {
  const open = new Open();
  const lines: Line[] = [{ shown: '', spoken: '' }];
  const write = (text: string) => {
    if (text === '' || open.any(unseen)) return;
    const line = lines.at(-1)!;
    line.shown += text;
    line.spoken += open.any(quoting) && text.trim() !== '' ? leftOut : text;
  };
  const writeLines = (text: string) => {
    for (const [index, line] of text.split('\n').entries()) {
      if (index > 0) lines.push({ shown: '', spoken: '' });
      write(line);
    }
  };
  for (const { 0: piece, 1: slash, 2: written } of readable(html).matchAll(token)) {
    const name = written?.toLowerCase();
    if (name === undefined) {
      if (piece.startsWith('<!--')) continue;
      if (open.any(preformatted)) writeLines(decoded(piece));
      else write(decoded(piece).replace(/[^\S\uFEFF]+/g, ' '));
      continue;
    }
    const isEnd = slash === '/';
    if (name === 'br' || (blocks.has(name) && !isFresh(lines.at(-1)!))) lines.push({ shown: '', spoken: '' });
    if (quoting.has(name) || unseen.has(name)) open.turn(name, isEnd);
    if (isEnd) continue;
    if (name === 'li') write(bullet);
    if (name === 'mention-component' || name === 'img') write(name === 'img' ? '[image]' : '@');
  }
  return lines.map(({ shown, spoken }) => ({ shown: shown.trim(), spoken }));
}

const names: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
]);

const decoded = (text: string) =>
  text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,6}));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return names.get(name.toLowerCase()) ?? whole;
      const point = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
      const isCharacter = point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
      return isCharacter ? String.fromCodePoint(point) : '\uFFFD';
    },
  );
