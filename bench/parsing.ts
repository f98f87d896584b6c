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
        paces.push({
          mixed: readThrough(cli, mixedFile, mixed.lines),
          small: readThrough(cli, smallFile, small.lines),
        });
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

/**
 * Megabytes per second of processor time of the thread that reads, which on a quiet machine is nearly the time on the
 * clock, and on a busy one less of a guess. Throws when a line was lost or not understood: then there is nothing to measure.
 */
function readThrough(cli: Streamed, file: string, lines: number): number {
  const reader = agentClis[cli].createReader(builtInPrices, null);
  const tail = tailLines(file, line => reader.output(line));
  const began = process.threadCpuUsage();
  while (tail.read());
  const { user, system } = process.threadCpuUsage(began);
  const seconds = (user + system) / 1e6;
  tail.close();
  const { events, unknownEvents, garbageLines } = reader.report();
  if (events !== lines) {
    throw new Error(
      `Of ${lines} lines of ${cli}, ${events} were read, ${unknownEvents} unknown, ${garbageLines} garbage.`,
    );
  }
  return tail.position / 1e6 / seconds;
}

export interface ParsingMemory {
  bytes: number;
  events: number;
  /** Bytes, after a garbage collection: before the first byte, at a quarter of a gigabyte, and at the end. */
  heap: [number, number, number];
  /** What V8 has taken from the system for it: grows by steps with the rate of garbage, up to a limit of its own. */
  committed: [number, number, number];
  rss: [number, number, number];
  /** The highest RSS in between, without a collection. */
  peakRss: number;
}

/**
 * Reads a gigabyte of Claude Code's mixed stream, all of which lies in a file, in a process of its own. Once as the
 * orchestrator runs, and once with V8's young generation, which grows with the rate of garbage, held where it begins.
 */
export async function measureParsingMemory(): Promise<{ usual: ParsingMemory; held: ParsingMemory }> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const child = fileURLToPath(new URL('parsing-child.ts', import.meta.url));
  try {
    const file = join(directory, 'output.log');
    await execa('node', [child, 'make', file]);
    const read = async (...flags: string[]) => {
      const { stdout } = await execa('node', ['--expose-gc', ...flags, child, 'read', file]);
      return JSON.parse(stdout) as ParsingMemory;
    };
    return { usual: await read(), held: await read('--max-semi-space-size=1') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
