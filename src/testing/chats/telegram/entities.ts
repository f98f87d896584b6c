/** What Telegram makes of a text: its HTML, and the mentions, tags, commands and links that it finds by itself. */

export interface Entity {
  type: string;
  text: string;
}

export interface Parsed {
  /** What people see. */
  text: string;
  entities: Entity[];
}

/** What cannot be parsed, in the words of the API. */
export class Unparsable extends Error {}

const types: Readonly<Record<string, string>> = {
  ...{ b: 'bold', strong: 'bold', i: 'italic', em: 'italic', u: 'underline', s: 'strikethrough', del: 'strikethrough' },
  ...{ code: 'code', pre: 'pre', a: 'text_link', blockquote: 'blockquote', 'tg-spoiler': 'spoiler' },
};
const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };
const piece = /<(\/?)([a-z][a-z0-9-]*)([^<>]*)>|&(#\d+|[a-z]+);|[^<&]+|[<&]/giu;

/** The text of a message in HTML. */
export function parseHtml(html: string): Parsed {
  const open: { tag: string; from: number }[] = [];
  const found: { type: string; from: number; to: number }[] = [];
  let text = '';
  for (const { 0: whole, 1: slash, 2: tag, 4: entity, index } of html.matchAll(piece)) {
    if (tag !== undefined && slash === '') {
      if (!(tag in types)) throw new Unparsable(`Unsupported start tag "${tag}" at byte offset ${index}`);
      open.push({ tag, from: text.length });
    } else if (tag !== undefined) {
      const begun = open.pop();
      if (begun?.tag !== tag) throw new Unparsable(`Unmatched end tag at byte offset ${index}`);
      found.push({ type: types[tag]!, from: begun.from, to: text.length });
    } else if (entity !== undefined) {
      text += entity.startsWith('#') ? String.fromCodePoint(Number(entity.slice(1))) : (named[entity] ?? whole);
    } else if (whole === '<') {
      throw new Unparsable(`Unclosed start tag at byte offset ${index}`);
    } else {
      text += whole;
    }
  }
  if (open.length > 0) throw new Unparsable(`Can't find end tag corresponding to start tag "${open.at(-1)!.tag}"`);
  const entities = found.map(({ type, from, to }) => ({ type, text: text.slice(from, to) }));
  const code = found.filter(({ type }) => type === 'code' || type === 'pre');
  return { text, entities: [...entities, ...selfFound(text, code)] };
}

const looks: readonly [type: string, form: RegExp][] = [
  ['mention', /(?<![\w@])@\w{3,32}/g],
  ['hashtag', /(?<![\p{L}\d_#])#[\p{L}\d_]*[\p{L}_][\p{L}\d_]*/gu],
  ['cashtag', /(?<!\w)\$[A-Z]{1,8}\b/g],
  ['bot_command', /(?<![\w/<>])\/\w{1,64}/g],
  ['email', /[\w.+-]+@[\w-]+\.\w{2,}/g],
  ['url', /\b(?:https?|tg|ftp):\/\/[^\s\u2060]+|\b[\w-]+\.(?:com|org|net|io|dev|md|rs|sh|py|ai|me)\b/g],
];

/** Found in what is no code. An address on this machine is none to Telegram. */
function selfFound(text: string, code: readonly { from: number; to: number }[]): Entity[] {
  return looks.flatMap(([type, form]) =>
    [...text.matchAll(form)]
      .filter(({ index }) => !code.some(({ from, to }) => from <= index && index < to))
      .filter(({ 0: found }) => !/^https?:\/\/(?:localhost|127\.)/.test(found))
      .map(({ 0: found }) => ({ type, text: found })),
  );
}
