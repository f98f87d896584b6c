/**
 * What somebody says in the body of an issue, line by line: without code, without quotes, and without remarks that nobody
 * sees. Unlike orders in comments, of which none may be taken by mistake, a sentence that is overlooked lets work begin too
 * early. So a block ends here where it is shown to end, also in a list, and what follows it is read.
 */
import { withoutCodeSpans, withoutElements } from '../webhooks/markdown.ts';
import { leftOut } from '../webhooks/text.ts';

const listMarks = String.raw`\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*`;
const fence = new RegExp(`^${listMarks}(\`{3,}|~{3,})(.*)$`);
const plainFence = /^\s*(`{3,}|~{3,})\s*$/;
const quote = new RegExp(`^${listMarks}>`);
const listItem = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;
const indented = /^(?: {4}| {0,3}\t)/;
const remark = /^ {0,3}<!--/;

/** The lines of a body in Markdown; what is left out of one is a mark. Line ends are those of `readable`. */
export function spokenLines(markdown: string): string[] {
  const isSpoken = createBlocks();
  const lines = markdown.split('\n').map(line => (isSpoken(line) ? line : leftOut));
  return withoutElements(withoutCodeSpans(lines.join('\n'))).split('\n');
}

/** Tells of one line after the other whether it is spoken, or belongs to a block that is not. */
function createBlocks(): (line: string) => boolean {
  let closing: string | null = null;
  let isRemark = false;
  let isQuoted = false;
  let isCode = false;
  let isList = false;
  let wasBlank = true;

  const opens = (line: string): boolean => {
    const [, marks, rest = ''] = fence.exec(line) ?? [];
    if (marks !== undefined && !(marks.startsWith('`') && rest.includes('`'))) closing = marks;
    else if (remark.test(line)) isRemark = !line.includes('-->');
    else return false;
    return closing !== null || isRemark;
  };

  /** A quote goes on to the next empty line; indented lines are code where they neither go on with a text nor a list. */
  const isAside = (line: string): boolean => {
    const isBlank = line.trim() === '';
    isQuoted = quote.test(line) || (isQuoted && !isBlank);
    isCode = indented.test(line) && !isList && (wasBlank || isCode);
    if (listItem.test(line)) isList ||= !isCode;
    else if (wasBlank && /^\S/.test(line)) isList = false;
    wasBlank = isBlank;
    return isQuoted || isCode;
  };

  return line => {
    if (closing !== null) {
      if (plainFence.exec(line)?.[1]?.startsWith(closing)) closing = null;
      return false;
    }
    if (isRemark) {
      isRemark = !line.includes('-->');
      return false;
    }
    return !opens(line) && !isAside(line);
  };
}
