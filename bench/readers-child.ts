/**
 * Readers of the event stream in a process of their own. Ten of them look at what comes, the others take it: so many looks
 * would be measured instead. For each line that is read, prints how long after its commit each event was seen since then.
 */
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';

const [url = '', count = '1'] = process.argv.slice(2);
const looking = 10;
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
let delays: number[] = [];
let bytes = 0;
let lost = 0;

const follow = (index: number) =>
  new Promise<void>(resolve => {
    get(`${url}/events`, { agent, headers: { accept: 'text/event-stream' } }, response => {
      resolve();
      let rest = '';
      let last = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (index >= looking) return;
        const now = Date.now();
        const frames = (rest + piece.toString('utf8')).split('\n\n');
        rest = frames.pop() ?? '';
        for (const frame of frames) {
          const [, position, at] = /^id: (\d+)\ndata: .*?"at":"([^"]+)"/s.exec(frame) ?? [];
          if (position === undefined || at === undefined) continue;
          if (last !== 0 && Number(position) !== last + 1) lost += 1;
          last = Number(position);
          delays.push(now - Date.parse(at));
        }
      });
      response.on('close', () => {
        lost += 1;
      });
    });
  });

for (let index = 0; index < Number(count); index += 50) {
  await Promise.all(Array.from({ length: Math.min(50, Number(count) - index) }, (_, at) => follow(index + at)));
}
process.stdout.write('connected\n');
for await (const _ of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify({ delays, bytes, lost })}\n`);
  delays = [];
  bytes = 0;
}
process.exit(0);
