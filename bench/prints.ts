/** Prints lines at an even pace: node prints.ts BYTES_PER_SECOND SECONDS */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

const [perSecond = 0, seconds = 0] = process.argv.slice(2).map(Number);
const everyMs = 20;
const line = 'src/total.ts:17:3 the total of an order is the price of an item times how many there are, rounded once\n';
const piece = Buffer.from(line.repeat(Math.ceil((perSecond * everyMs) / 1_000 / line.length)));
const began = performance.now();
for (let count = 0; count * everyMs < seconds * 1_000; count += 1) {
  if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
  await pause(Math.max(0, began + count * everyMs - performance.now()));
}
