/** How the command line speaks: to people in columns and colours, to programs in JSON, and in errors to both. */
import pc from 'picocolors';
import { SignalboxError } from '../domain/errors.ts';
import { problemOf } from '../domain/problem.ts';
import { layOut } from './columns.ts';
import { inWords } from './words.ts';

/** Exit codes: see the README. */
export const exitCodes = { done: 0, failed: 1, usage: 2, personNeeded: 3, interrupted: 130 } as const;

function isColored(stream: { isTTY?: boolean }): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR) return false;
  return FORCE_COLOR === undefined ? Boolean(stream.isTTY) : FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
}

/** Colours for standard output, plain where it is no terminal or NO_COLOR is set; with FORCE_COLOR there are some anywhere. */
export const colors = pc.createColors(isColored(process.stdout));

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One JSON document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** One line of a stream of JSON documents. */
export function printJsonLine(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Characters that steer a terminal, turn the direction of what is written, or cannot be seen. */
const harmful =
  /[^\P{Cc}\n\t]|[\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Text from outside without what would show a person something else than it says. Joiners stay: names and emoji have them. */
export function harmless(text: string): string {
  return text.replace(harmful, '\uFFFD');
}

/** A note for people, on standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

let lastWarning = { text: '', at: 0 };
const repeatAfterMs = 30_000;

/** A warning on standard error; the same one again only after a while. */
export function warn(text: string): void {
  const at = Date.now();
  if (text === lastWarning.text && at - lastWarning.at < repeatAfterMs) return;
  lastWarning = { text, at };
  note(`warning: ${harmless(text)}`);
}

/** Rows of texts from anywhere as aligned columns below a header, as wide as the terminal. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const safe = rows.map(row => row.map(cell => harmless(cell).replaceAll(/[\n\t]/g, ' ')));
  const { lines, isStacked } = layOut([header, ...safe]);
  return lines.map((line, index) => (index === 0 && !isStacked ? colors.bold(line) : line)).join('\n');
}

/** The longest page that is answered. */
const longestPage = 1_000;

/** What a list leaves out, and how to see it. */
export function moreOf(shown: number, { left, nextCursor }: { left: number | null; nextCursor: string | null }): void {
  if (nextCursor === null) return;
  const many = left === null ? 'more' : `${left.toLocaleString('en-US')} more`;
  const longer = shown * 2 <= longestPage ? `--limit ${shown * 2} shows more of them, ` : '';
  print(colors.dim(`… and ${many}; ${longer}--cursor ${nextCursor} the next ones`));
}

/** The word for so many of a thing. */
export function plural(count: number, what: string): string {
  if (count === 1) return what;
  return what.endsWith('s') ? `${what}es` : `${what}s`;
}

/** So many of a thing. */
export const counted = (count: number, what: string): string => `${count} ${plural(count, what)}`;

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', hour12: false });

/** A time for people, in the local zone. */
export const clockTime = (at: number | string): string => clock.format(new Date(at));

/** The same with its day, where that is another than today: in the morning, yesterday is the question. */
export function dayTime(at: number | string): string {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? clockTime(at) : `${date.toLocaleDateString('sv-SE')} ${clockTime(at)}`;
}

/** How a command answers: to people, as one JSON document, or as a document in each line. */
export type Form = 'words' | 'document' | 'lines';

/** Reports an error to whoever asked and answers the exit code for it. */
export function reportError(error: unknown, form: Form): number {
  const isExpected = error instanceof SignalboxError;
  if (form === 'lines') printJsonLine(problemOf(error));
  else if (form === 'document') printJson(problemOf(error));
  else {
    const stack = isExpected || !(error instanceof Error) ? '' : `\n${error.stack ?? ''}\nThis is a bug in Signalbox.`;
    note(`${pc.createColors(isColored(process.stderr)).red('error:')} ${harmless(inWords(error))}${stack}`);
  }
  return isExpected ? exitCodes.usage : exitCodes.failed;
}
