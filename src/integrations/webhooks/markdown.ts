/** Comments written in Markdown. In doubt something is quoted: an order can be repeated, an approval cannot be taken back. */
import { type Line, leftOut, readable } from './text.ts';

const listMarks = String.raw`\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*`;
const fence = new RegExp(`^(${listMarks})(\`{3,}|~{3,})(.*)$`);
const plainFence = /^ {0,3}(`{3,}|~{3,})\s*$/;
/** Closes no fence. */
const never = '\n';
const quote = new RegExp(`^${listMarks}>`);
const indented = /^(?: {4}| {0,3}\t)/;

/** The lines of a text in Markdown. */
export function markdownLines(markdown: string): Line[] {
  const shown = readable(markdown).split('\n');
  const spoken = withoutElements(withoutCodeSpans(withoutBlocks(shown))).split('\n');
  return shown.map((line, index) => ({ shown: line, spoken: spoken[index] ?? '' }));
}

/**
 * The text without fenced and indented code and without quotes, line for line. Whether a fence in a list, deeply indented or
 * after HTML is one depends on what is around it; taking it for the wrong thing would turn code and text round. So what
 * follows such a fence is left out altogether.
 */
function withoutBlocks(lines: readonly string[]): string {
  let closing: string | null = null;
  let isQuoted = false;
  let hasHtml = false;
  const spoken = lines.map(line => {
    if (closing !== null) {
      if (plainFence.exec(line)?.[1]?.startsWith(closing)) closing = null;
      return leftOut;
    }
    const [, before = '', marks, rest = ''] = fence.exec(line) ?? [];
    if (marks !== undefined && !(marks.startsWith('`') && rest.includes('`'))) {
      closing = hasHtml || !/^ {0,3}$/.test(before) ? never : marks;
      return leftOut;
    }
    hasHtml ||= /<[a-z!/?]/i.test(line);
    // A quote goes on to the next empty line, with or without its mark.
    isQuoted = quote.test(line) || (isQuoted && line.trim() !== '');
    return isQuoted || indented.test(line) ? leftOut : line;
  });
  return spoken.join('\n');
}

/** What lies between two runs of equally many backticks is code, over the ends of lines too, but within its paragraph. */
export const withoutCodeSpans = (text: string) =>
  text
    .split(/(\n[^\S\n]*\n)/)
    .map(withoutSpansOf)
    .join('');

function withoutSpansOf(paragraph: string): string {
  // A mark that is escaped opens nothing but may close something: what follows it is left out.
  const escaped = paragraph.search(/\\`/);
  if (escaped !== -1) return withoutSpansOf(paragraph.slice(0, escaped)) + hidden(paragraph.slice(escaped));
  const runs = [...paragraph.matchAll(/`+/g)].map(({ 0: marks, index }) => ({ length: marks.length, index }));
  let result = '';
  let from = 0;
  for (let opening = 0; opening < runs.length; opening++) {
    const { length, index } = runs[opening]!;
    let closing = opening + 1;
    while (closing < runs.length && runs[closing]!.length !== length) closing += 1;
    if (closing === runs.length) continue;
    const end = runs[closing]!.index + length;
    result += paragraph.slice(from, index) + hidden(paragraph.slice(index, end));
    from = end;
    opening = closing;
  }
  return result + paragraph.slice(from);
}

const tag = /<!--|<(\/?)(blockquote|code|pre|script|style|samp|kbd|q|del|s)\b[^<>]*>/gi;

/** The text without what lies in elements that quote, and without remarks that nobody sees. */
export function withoutElements(text: string): string {
  let result = '';
  let from = 0;
  let hiding: { name: string; depth: number } | null = null;
  for (const { 0: mark, 1: slash, 2: name, index } of text.matchAll(tag)) {
    if (index < from) continue;
    if (hiding === null && mark === '<!--') {
      const end = text.indexOf('-->', index);
      const after = end === -1 ? text.length : end + '-->'.length;
      result += text.slice(from, index) + hidden(text.slice(index, after));
      from = after;
    } else if (hiding === null && slash === '') {
      result += text.slice(from, index);
      from = index;
      hiding = { name: name!.toLowerCase(), depth: 1 };
    } else if (hiding !== null && name?.toLowerCase() === hiding.name) {
      hiding.depth += slash === '/' ? -1 : 1;
      if (hiding.depth > 0) continue;
      result += hidden(text.slice(from, index + mark.length));
      from = index + mark.length;
      hiding = null;
    }
  }
  return result + (hiding === null ? text.slice(from) : hidden(text.slice(from)));
}

const hidden = (text: string) => text.replace(/[^\n]+/g, leftOut);
