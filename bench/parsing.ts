/** Reading what an agent prints: bytes per second through the file reader and the adapter, and memory on a gigabyte. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { tailLines } from '../src/host/line-tail.ts';
import { agentClis } from '../src/integrations/agents/index.ts';
import { builtInPrices } from '../src/integrations/prices.ts';
import { mixedStream, recordedPace, recordedStream, type Streamed, streamed } from './agent-stream.ts';
import { median } from './statistics.ts';

const streamBytes = 64e6;
const rounds = 7;

/** Megabytes (10⁶) per second, medians. */
export interface Parsing {
  cli: Streamed;
  /** The recorded runs with tool results as large as they are in real work. */
  mixed: number;
  /** The share of the bytes of that stream that are lines with tool results. */
  resultShare: number;
  /** The recorded lines as they are: next to no tool result, the worst case. */
  small: number;
  bytesPerSmallLine: number;
  /** The fastest that the program itself was recorded to print, with a model that answers at once. */
  pace: number;
}

/** Writes each stream into a file ahead and reads it as the orchestrator does, the streams in turns. */
export async function measureParsing(): Promise<Parsing[]> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  try {
    const results: Parsing[] = [];
    for (const cli of streamed) {
      const mixed = mixedStream(cli, streamBytes);
      const small = recordedStream(cli, streamBytes / 4);
      const [mixedFile, smallFile] = [join(directory, `${cli}.mixed`), join(directory, `${cli}.small`)];
      writeFileSync(mixedFile, mixed.data);
      writeFileSync(smallFile, small.data);
      const paces: { mixed: number; small: number }[] = [];
      for (let round = 0; round < rounds; round++) {
        paces.push({ mixed: readThrough(cli, mixedFile, mixed.lines), small: readThrough(cli, smallFile, small.lines) });
      }
      // The first round compiles.
      const measured = paces.slice(1);
      results.push({
        cli,
        mixed: median(measured.map(pace => pace.mixed)),
        resultShare: mixed.resultBytes / mixed.data.length,
        small: median(measured.map(pace => pace.small)),
        bytesPerSmallLine: small.data.length / small.lines,
        pace: recordedPace(cli) / 1e6,
      });
      rmSync(mixedFile);
      rmSync(smallFile);
    }
    return results;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Megabytes per second. Throws when a line was lost or not understood: then there is nothing to measure. */
function readThrough(cli: Streamed, file: string, lines: number): number {
  const reader = agentClis[cli].createReader(builtInPrices, null);
  const tail = tailLines(file, line => reader.output(line));
  const began = performance.now();
  while (tail.read());
  const seconds = (performance.now() - began) / 1_000;
  tail.close();
  const { events, unknownEvents, garbageLines } = reader.report();
  if (events !== lines) {
    throw new Error(`Of ${lines} lines of ${cli}, ${events} were read, ${unknownEvents} unknown, ${garbageLines} garbage.`);
  }
  return tail.position / 1e6 / seconds;
}

export interface ParsingMemory {
  /** Bytes, after a garbage collection: before the first byte, at a quarter of a gigabyte, and at a gigabyte. */
  heap: [number, number, number];
  rss: [number, number, number];
  /** The highest RSS in between, without a collection. */
  peakRss: number;
}

/** Reads a gigabyte of Claude Code's mixed stream, which really lies in a file, in a process of its own. */
export async function measureParsingMemory(): Promise<ParsingMemory> {
  const child = fileURLToPath(new URL('parsing-child.ts', import.meta.url));
  const { stdout } = await execa('node', ['--expose-gc', child]);
  return JSON.parse(stdout) as ParsingMemory;
}
