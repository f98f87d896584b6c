/** Reading log files that may be very large. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The last bytes of a file as text, from the beginning of a line where there is one; empty when it cannot be read. */
export function tailOf(path: string, bytes: number): string {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { size } = fstatSync(file);
    const length = Math.min(size, bytes);
    const buffer = Buffer.alloc(length);
    readSync(file, buffer, 0, length, size - length);
    const text = buffer.toString('utf8').replace(/\0/g, '\uFFFD');
    return size > bytes ? text.slice(text.indexOf('\n') + 1) : text;
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Its first words and its last: what went wrong stands at either end, and help for the program between. */
export function endsOf(file: string, bytes: number): string {
  const all = tailOf(file, mostReadBytes);
  if (all.length <= bytes) return all;
  const half = Math.floor(bytes / 2);
  return `${all.slice(0, half)}\n…\n${all.slice(-half)}`;
}

const mostReadBytes = 4_000_000;
