/** Reads a gigabyte of an agent's output in a process of its own, so that its memory is its own. Prints JSON. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tailLines } from '../src/host/line-tail.ts';
import { agentClis } from '../src/integrations/agents/index.ts';
import { builtInPrices } from '../src/integrations/prices.ts';
import { mixedStream } from './agent-stream.ts';
import type { ParsingMemory } from './parsing.ts';

const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
try {
  const file = join(directory, 'output.log');
  // The same 64 MB over and over; what it takes to make them is given back before the first look.
  const append = () => {
    const { data } = mixedStream('claude', 64e6);
    let size = 0;
    for (; size < 1e9; size += data.length) appendFileSync(file, data);
    return size;
  };
  const total = append();
  const reader = agentClis.claude.createReader(builtInPrices, null);
  const tail = tailLines(file, line => reader.output(line));
  const collect = async () => {
    // Buffers are given back a moment after they were collected.
    for (let round = 0; round < 5; round++) {
      globalThis.gc?.();
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    const { heapUsed, rss } = process.memoryUsage();
    return { heap: heapUsed, rss };
  };
  const looks = [await collect()];
  let peakRss = 0;
  while (tail.read()) {
    if (looks.length === 1 && tail.position >= total / 4) looks.push(await collect());
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
    await new Promise(resolve => setImmediate(resolve));
  }
  looks.push(await collect());
  tail.close();
  const of = (key: 'heap' | 'rss') => looks.map(look => look[key]) as [number, number, number];
  const memory: ParsingMemory = { heap: of('heap'), rss: of('rss'), peakRss };
  process.stdout.write(JSON.stringify(memory));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
