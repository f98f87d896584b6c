/** How the command line speaks: to people in columns and colours, to programs in JSON, and in errors to both. */
import pc from 'picocolors';
import { messageOf, SignalboxError } from '../domain/errors.ts';

/** Exit codes: see the README. */
export const exitCodes = { done: 0, failed: 1, usage: 2, personNeeded: 3, interrupted: 130 } as const;

const isColored = (stream: { isTTY?: boolean }) => Boolean(stream.isTTY) && !process.env.NO_COLOR;

/** Colours for standard output, plain where it is no terminal or NO_COLOR is set. */
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

/** Text from outside without what would steer the terminal of a person: escape codes and other control characters. */
export function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, '\uFFFD');
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

/** Rows as aligned columns; the last column is cut to the width of the terminal. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows.map(row => row.map(cell => harmless(cell).replaceAll('\n', ' ')))];
  const widths = header.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)));
  const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  return all
    .map((row, index) => {
      const cells = row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!)));
      const line = cells.join('  ');
      const cut = line.length > width ? `${line.slice(0, Math.max(1, width - 1))}…` : line;
      return index === 0 ? colors.bold(cut) : cut;
    })
    .join('\n');
}

/** A time for people, in the local zone. */
export function clockTime(at: number | string): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour12: false });
}

const statuses: Record<string, number> = { invalid: 400, not_found: 404, conflict: 409, fenced: 409, unavailable: 503 };

/** Reports an error to whoever asked and answers the exit code for it. */
export function reportError(error: unknown, isJson: boolean): number {
  const isExpected = error instanceof SignalboxError;
  if (isJson) {
    const code = isExpected ? error.code : 'bug';
    const errors = isExpected ? error.problems.map(({ path, message, line }) => ({ path, message, line })) : [];
    printJson({
      type: `https://signalbox.dev/problems/${code.replace('_', '-')}`,
      title: code.replace('_', ' '),
      status: statuses[code] ?? 500,
      detail: messageOf(error),
      ...(errors.length > 0 && { errors }),
    });
  } else {
    const stack = isExpected || !(error instanceof Error) ? '' : `\n${error.stack ?? ''}\nThis is a bug in Signalbox.`;
    note(`${pc.createColors(isColored(process.stderr)).red('error:')} ${messageOf(error)}${stack}`);
  }
  return isExpected ? exitCodes.usage : exitCodes.failed;
}
