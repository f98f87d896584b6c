/** Reads a file that grows, line by line, as its lines are completed. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { gapOf } from './log-bound.ts';

export interface LineTail {
  /** Bytes read so far. */
  readonly position: number;
  /** Reads what is new, at most one chunk. Answers whether there may be more to read at once. */
  read(): boolean;
  /** Reads everything that is left, the last line also without its end; lets others work between chunks. */
  finish(): Promise<void>;
  /** When something was last written, epoch milliseconds; undefined while there is no file. */
  writtenAt(): number | undefined;
  close(): void;
}

const chunkBytes = 1 << 18;
export const newline = 0x0a;
/**
 * What is read lies in here until its lines have been passed on; what is kept is copied. One for all who read, because
 * nobody reads while another does, so that fifty talkative agents cost one megabyte and not fifty a look.
 */
let chunk: Buffer | undefined;
/** Of a line longer than this only the beginning is passed on: no event of any CLI is that long. */
export const longestLine = 64 << 20;

/**
 * Begins at the start of the file, which need not exist yet. `onLine` gets each line once, without its end, the offset in
 * bytes at which the next one begins, and whether it has an end. What was left out of a log that grew too long is skipped; `onGap`
 * gets its size in bytes and the offset behind it. With null nothing is left out, and nothing beside the file is read: it is somebody else's.
 */
export function tailLines(
  path: string,
  onLine: (line: string, end: number, isWhole: boolean) => void,
  onGap: ((bytes: number, end: number) => void) | null = () => {},
  /** Where to begin, at the beginning of a line. */
  start = 0,
): LineTail {
  let file: number | undefined;
  let position = start;
  let parts: Buffer[] = [];
  let partBytes = 0;

  const open = (): number | undefined => {
    if (file !== undefined) return file;
    try {
      // An agent can put anything in the place of its files: a link leads anywhere, and a pipe is waited at for ever.
      const opened = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      if (fstatSync(opened).isFile()) file = opened;
      else closeSync(opened);
    } catch {
      // Not there yet.
    }
    return file;
  };

  const keep = (part: Buffer) => {
    if (partBytes < longestLine) parts.push(Buffer.from(part));
    partBytes += part.length;
  };

  const complete = (end: Buffer, offset: number, isWhole = true) => {
    if (parts.length === 0) return onLine(withoutReturn(end.toString('utf8')), offset, isWhole);
    keep(end);
    const line = Buffer.concat(parts).subarray(0, longestLine).toString('utf8');
    parts = [];
    partBytes = 0;
    onLine(withoutReturn(line), offset, isWhole);
  };

  const take = (data: Buffer, offset: number) => {
    let start = 0;
    for (let end = data.indexOf(newline); end !== -1; end = data.indexOf(newline, start)) {
      complete(data.subarray(start, end), offset + end + 1);
      start = end + 1;
    }
    if (start < data.length) keep(data.subarray(start));
  };

  const read = (): boolean => {
    const descriptor = open();
    if (descriptor === undefined) return false;
    const { size } = fstatSync(descriptor);
    if (size <= position) return false;
    const buffer = chunk ?? Buffer.allocUnsafe(chunkBytes);
    // Whoever should read in the middle of a line of ours gets one of their own.
    chunk = undefined;
    let length = readSync(descriptor, buffer, 0, chunkBytes, position);
    // A hole reads as zeros. Asked afterwards: what is gone by now may have been read as nothing.
    const gap = onGap !== null && buffer.subarray(0, length).includes(0) ? gapOf(path) : null;
    if (gap !== null && position < gap.to && position + length > gap.from) {
      length = gap.from - position;
      if (length <= 0) {
        chunk = buffer;
        return skip(gap.to, size);
      }
    }
    position += length;
    take(buffer.subarray(0, length), position - length);
    chunk = buffer;
    return position < size;
  };

  /** The line that the gap cuts through is none. */
  const skip = (to: number, size: number): boolean => {
    const bytes = to - position;
    [position, parts, partBytes] = [to, [], 0];
    onGap?.(bytes, to);
    return position < size;
  };

  return {
    get position() {
      return position;
    },
    read,
    async finish() {
      while (read()) await new Promise(resolve => setImmediate(resolve));
      if (parts.length > 0) complete(Buffer.alloc(0), position, false);
    },
    writtenAt() {
      const descriptor = open();
      if (descriptor === undefined) return undefined;
      const { size, mtimeMs } = fstatSync(descriptor);
      return size === 0 ? undefined : mtimeMs;
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** Reads for so many milliseconds, one chunk at least. Answers whether there may be more to read at once. */
export function readFor(tail: LineTail, limitMs: number): boolean {
  const until = performance.now() + limitMs;
  let isMore = tail.read();
  while (isMore && performance.now() < until) isMore = tail.read();
  return isMore;
}

const withoutReturn = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line);
