/**
 * Plane keeps HTML, and takes it into comments as it comes. What we write is Markdown of ours with words of others in it:
 * whatever is not the Markdown that we use ourselves stays text, so that nobody's words become markup.
 */

/** More than this is cut off: Plane refuses bodies of 5 MB, and nobody reads them. */
const longest = 100_000;

/** The HTML for a text; with a marker, by which we find our own again, at its end. */
export function htmlOf(markdown: string, marker = ''): string {
  const text = markdown.length <= longest ? markdown : `${markdown.slice(0, longest).toWellFormed()}…`;
  const lines = text.replace(/\r\n?/g, '\n').replaceAll('\0', '').split('\n');
  // Without a single element it is no HTML to Plane.
  return `${blocks(lines) || '<p></p>'}${/^<!-- [\w:.+/ -]+ -->$/.test(marker) ? marker : ''}`;
}

/** A kind of block: takes its lines off the front and answers their HTML, or takes none where it does not begin there. */
type Block = (lines: string[], depth: number) => string | undefined;

/** Blocks within blocks; what is deeper is text. */
const deepest = 8;

function blocks(lines: readonly string[], depth = 0): string {
  const rest = [...lines];
  let html = '';
  while (rest.length > 0) {
    if (rest[0]!.trim() === '') rest.shift();
    else
      for (const block of depth > deepest ? [paragraph] : kinds) {
        const found = block(rest, depth + 1);
        if (found === undefined) continue;
        html += found;
        break;
      }
  }
  return html;
}

/** Takes lines off the front for as long as they belong. */
function take(lines: string[], belongs: (line: string) => boolean): string[] {
  const end = lines.findIndex(line => !belongs(line));
  return lines.splice(0, end === -1 ? lines.length : end);
}

/** A comment of HTML is for programs: it is a marker, or nothing. */
const remark: Block = lines => {
  if (!/^<!--.*-->\s*$/.test(lines[0]!)) return undefined;
  lines.shift();
  return '';
};

const fenced: Block = lines => {
  const [, fence] = /^ {0,3}(`{3,}|~{3,})[^`]*$/.exec(lines[0]!) ?? [];
  if (fence === undefined) return undefined;
  lines.shift();
  const code = take(lines, line => !line.trim().startsWith(fence));
  lines.shift();
  return `<pre><code>${escaped(code.join('\n'))}</code></pre>`;
};

const heading: Block = lines => {
  const [, marks, text] = /^(#{1,6}) +(.*)$/.exec(lines[0]!) ?? [];
  if (marks === undefined) return undefined;
  lines.shift();
  return `<h${marks.length}>${inline(text!)}</h${marks.length}>`;
};

const rule: Block = lines => {
  if (!/^ {0,3}([-*_])(?: *\1){2,} *$/.test(lines[0]!)) return undefined;
  lines.shift();
  return '<hr>';
};

const quote: Block = (lines, depth) => {
  const quoted = take(lines, line => line.startsWith('>'));
  return quoted.length === 0
    ? undefined
    : `<blockquote>${blocks(
        quoted.map(line => line.replace(/^> ?/, '')),
        depth,
      )}</blockquote>`;
};

const cellsOf = (line: string) =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim().replaceAll('\\|', '|'));

const table: Block = lines => {
  if (!lines[0]!.includes('|') || !/^ *\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?\|? *$/.test(lines[1] ?? ''))
    return undefined;
  const [head, , ...body] = take(lines, line => line.includes('|'));
  const row = (line: string, name: 'th' | 'td') =>
    `<tr>${cellsOf(line)
      .map(cell => `<${name}><p>${inline(cell)}</p></${name}>`)
      .join('')}</tr>`;
  return `<table><tbody>${row(head!, 'th')}${body.map(line => row(line, 'td')).join('')}</tbody></table>`;
};

const point = /^( {0,3})([-*+]|\d{1,9}[.)])( +)/;

const list: Block = (lines, depth) => {
  const [, , mark] = point.exec(lines[0]!) ?? [];
  if (mark === undefined) return undefined;
  const isOrdered = /\d/.test(mark);
  const items: string[] = [];
  for (;;) {
    const [begin, , next] = point.exec(lines[0] ?? '') ?? [];
    if (begin === undefined || /\d/.test(next!) !== isOrdered) break;
    const first = lines.shift()!.slice(begin.length);
    const more = take(lines, line => line.startsWith('  ')).map(line => line.replace(/^ {2,4}/, ''));
    items.push(`<li>${blocks([first, ...more], depth)}</li>`);
  }
  const name = isOrdered ? 'ol' : 'ul';
  return `<${name}>${items.join('')}</${name}>`;
};

const others: readonly Block[] = [remark, fenced, heading, rule, quote, table, list];

const paragraph: Block = lines => {
  const begins = (line: string) => others.some(block => block([line], deepest) !== undefined);
  const text = [lines.shift()!, ...take(lines, line => line.trim() !== '' && !begins(line))];
  return `<p>${text.map(line => inline(line.trim())).join('<br>')}</p>`;
};

const kinds: readonly Block[] = [...others, paragraph];

/** What means something within a line. All is bounded, so that no line takes long, whatever it holds. */
const token = new RegExp(
  [
    String.raw`\\([\\\`*_{}[\]()#+\-.!|<>~])`,
    String.raw`(?<ticks>\`+)(?<code>.{0,500}?[^\`])\k<ticks>(?!\`)`,
    String.raw`\*\*(?<strong>\S(?:.{0,500}?\S)?)\*\*`,
    String.raw`(?<![\w*])[*](?<starred>[^\s*](?:[^*]{0,500}[^\s*])?)[*](?![\w*])`,
    String.raw`(?<![\w_])_(?<lined>[^\s_](?:[^_]{0,500}[^\s_])?)_(?![\w_])`,
    String.raw`\[(?<text>[^[\]]{0,500})\]\(<?(?<address>https?:\/\/[^\s()<>"]{1,2000})>?\)`,
    String.raw`(?<bare>https?:\/\/[^\s()<>"\`]{1,2000}[^\s()<>"\`.,:;!?*_'])`,
  ].join('|'),
  'g',
);

function inline(text: string): string {
  let html = '';
  let from = 0;
  for (const match of text.matchAll(token)) {
    html += escaped(text.slice(from, match.index)) + marked(match);
    from = match.index + match[0].length;
  }
  return html + escaped(text.slice(from));
}

function marked({ 1: literal, groups = {} }: RegExpMatchArray): string {
  const { code, strong, starred, lined, address, bare } = groups;
  if (literal !== undefined) return escaped(literal);
  if (code !== undefined) return `<code>${escaped(code.trim() || code)}</code>`;
  if (strong !== undefined) return `<strong>${inline(strong)}</strong>`;
  if (starred !== undefined || lined !== undefined) return `<em>${inline((starred ?? lined)!)}</em>`;
  return link((address ?? bare)!, groups.text || (address ?? bare)!);
}

const link = (address: string, text: string): string =>
  `<a href="${escaped(address)}" target="_blank" rel="noopener noreferrer">${escaped(text)}</a>`;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): string => text.replace(/[&<>"]/g, sign => escapes[sign]!);
