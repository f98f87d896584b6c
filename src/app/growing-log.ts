/** A file that grows, in pieces of which each says where to go on. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { formatSize } from '../domain/size.ts';
import { tailLines } from '../host/line-tail.ts';
import { gapOf } from '../host/log-bound.ts';

/** What stands in a log for its middle. */
const leftOut = (bytes: number) =>
  `[… ${formatSize(bytes)} left out: of a long log its beginning and its end are kept …]`;

/** Something that is read as it grows. */
export interface GrowingLog<Piece> {
  read(): AsyncGenerator<Piece[]>;
  /** The same when nobody reads on: also a line without its end, which may still get one where it is not over. */
  finish(isOver: boolean): AsyncGenerator<Piece[]>;
  close(): void;
}

/** Something of a file, and the offset in bytes to go on from behind it. */
export interface FilePiece {
  text: string;
  end: number;
}

/** The bytes of a file in base64. */
export function rawFile(file: string, from: number): GrowingLog<FilePiece> {
  let position = from;
  async function* read(): AsyncGenerator<FilePiece[]> {
    if (!existsSync(file) || statSync(file).size <= position) return;
    const gap = gapOf(file);
    if (gap !== null && position < gap.to) {
      yield* bytes(gap.from - 1);
      yield [{ text: Buffer.from(`\n${leftOut(gap.to - position)}\n`).toString('base64'), end: gap.to }];
      position = gap.to;
    }
    yield* bytes();
  }
  async function* bytes(last?: number): AsyncGenerator<FilePiece[]> {
    if (last !== undefined && last < position) return;
    for await (const chunk of createReadStream(file, { start: position, ...(last !== undefined && { end: last }) })) {
      position += (chunk as Buffer).length;
      yield [{ text: (chunk as Buffer).toString('base64'), end: position }];
    }
  }
  return { read, finish: read, close() {} };
}

export interface LineReader {
  /** What a line says to people. */
  read(line: string): string[];
  /** What was not told yet, because more of it may come. */
  rest(): string[];
  /** Whether half a line says nothing. */
  isEvents: boolean;
}

/**
 * What the lines of a file say. Read from its beginning, because that may depend on those before, or from `begin`; told only from
 * `from` on.
 */
export function readableFile(
  file: string,
  from: number,
  { read, rest: heldBack, isEvents }: LineReader,
  begin = 0,
): GrowingLog<FilePiece> {
  let ready: FilePiece[] = [];
  let isOver = false;
  /** Where the last whole line ended. */
  let whole = begin;
  const tail = tailLines(
    file,
    (line, end, isWhole) => {
      const isLine = isWhole || isOver;
      if (!isLine && isEvents) return;
      const texts = read(line);
      if (isLine) whole = end;
      // Together, so that no place lies between them. Half a line is told again when it has become a whole one.
      if (end > from && texts.length > 0) ready.push({ text: texts.join('\n'), end: whole });
    },
    (bytes, end) => {
      whole = end;
      if (end > from) ready.push({ text: leftOut(bytes), end });
    },
    begin,
  );
  function* taken(): Generator<FilePiece[]> {
    if (ready.length === 0) return;
    const pieces = ready;
    ready = [];
    yield pieces;
  }
  async function* rest(): AsyncGenerator<FilePiece[]> {
    for (let isMore = true; isMore; ) {
      isMore = tail.read();
      yield* taken();
      if (isMore) await new Promise(resolve => setImmediate(resolve));
    }
  }
  return {
    read: rest,
    async *finish(isEnd) {
      yield* rest();
      isOver = isEnd;
      await tail.finish();
      const held = heldBack();
      if (held.length > 0 && whole > from) ready.push({ text: held.join('\n'), end: whole });
      yield* taken();
    },
    close: () => tail.close(),
  };
}
