/** Where lines of a file begin, found without reading the whole of it. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { newline } from './line-tail.ts';
import { gapOf } from './log-bound.ts';

const chunkBytes = 1 << 16;
/** Nobody reads on from further back than this. */
const mostBackBytes = 64 << 20;

/** Where the last lines of a file begin, in bytes. Fewer where there are no more, or more than 64 MB would have to be looked through. */
export function lastLines(file: string, lines: number): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const first = gapOf(file)?.to ?? 0;
  const floor = Math.max(first, size - mostBackBytes);
  const descriptor = size > floor ? openSync(file, 'r') : undefined;
  if (descriptor === undefined) return floor;
  try {
    // The end of the last line ends none that is wanted.
    let left = lines + 1;
    let earliest = floor;
    for (let end = size; end > floor; ) {
      const begin = Math.max(floor, end - chunkBytes);
      const chunk = Buffer.alloc(end - begin);
      readSync(descriptor, chunk, 0, chunk.length, begin);
      const isLastChunk = end === size;
      if (isLastChunk && chunk.at(-1) !== newline) left -= 1;
      for (let at = chunk.lastIndexOf(newline); at !== -1; at = at === 0 ? -1 : chunk.lastIndexOf(newline, at - 1)) {
        left -= 1;
        earliest = begin + at + 1;
        if (left === 0) return earliest;
      }
      end = begin;
    }
    return floor === first ? floor : earliest;
  } finally {
    closeSync(descriptor);
  }
}

/** The beginning of the first line that begins at or behind a place of a file, in bytes. */
export function lineFrom(file: string, place: number): number {
  if (place === 0) return 0;
  const descriptor = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (let at = place - 1; ; at += chunkBytes) {
      const length = readSync(descriptor, chunk, 0, chunk.length, at);
      const end = chunk.subarray(0, length).indexOf(newline);
      if (end !== -1) return at + end + 1;
      if (length < chunk.length) return at + length;
    }
  } finally {
    closeSync(descriptor);
  }
}
