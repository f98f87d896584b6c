/** Makes a gigabyte of an agent's output, or reads it, in a process of its own: its memory is its own. Prints JSON. */
import { appendFileSync } from 'node:fs';
import { tailLines } from '../src/host/line-tail.ts';
import { agentClis } from '../src/integrations/agents/index.ts';
import { builtInPrices } from '../src/integrations/prices.ts';
import { mixedStream } from './agent-stream.ts';
import type { ParsingMemory } from './parsing.ts';

const [what, file = ''] = process.argv.slice(2);
const size = 1e9;

/** The same 64 MB over and over. */
function make(): object {
  const { data } = mixedStream('claude', 64e6);
  for (let written = 0; written < size; written += data.length) appendFileSync(file, data);
  return {};
}

async function read(): Promise<ParsingMemory> {
  const reader = agentClis.claude.createReader(builtInPrices, null);
  const tail = tailLines(file, line => reader.output(line));
  const looks = [await collect()];
  let peakRss = 0;
  while (tail.read()) {
    if (looks.length === 1 && tail.position >= size / 4) looks.push(await collect());
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
    await new Promise(resolve => setImmediate(resolve));
  }
  looks.push(await collect());
  const { events, unknownEvents, garbageLines } = reader.report();
  if (unknownEvents + garbageLines > 0) throw new Error('The stream was not understood.');
  const of = (key: 'heap' | 'committed' | 'rss') => looks.map(look => look[key]) as [number, number, number];
  return { bytes: tail.position, events, heap: of('heap'), committed: of('committed'), rss: of('rss'), peakRss };
}

/** What is held when all that can be collected has been; buffers are given back a moment later. */
async function collect(): Promise<{ heap: number; committed: number; rss: number }> {
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.();
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  const { heapUsed, heapTotal, rss } = process.memoryUsage();
  return { heap: heapUsed, committed: heapTotal, rss };
}

process.stdout.write(JSON.stringify(what === 'make' ? make() : await read()));
