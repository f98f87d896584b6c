/** Asks for the figures of a data directory twice, and writes what that cost as JSON: a process of its own, that has done nothing yet. */
import { setImmediate as nextRound } from 'node:timers/promises';
import { openApp } from '../src/app/open.ts';
import { figuresShow } from '../src/operations/figures-show.ts';
import type { Who } from '../src/operations/operation.ts';
import { checked } from '../src/operations/perform.ts';

const who: Who = { name: 'bench', role: 'viewer', key: null, tell: () => {}, signal: new AbortController().signal };

const app = await openApp({ dataDir: process.argv[2] ?? '', mode: 'read' });
const site = Object.assign(app, { here: undefined as never });

async function ask(): Promise<string> {
  return JSON.stringify(checked(figuresShow, await figuresShow.run(site, figuresShow.input.parse({}), who)));
}

/** Asks, and looks in every round of the event loop how long the last one took. */
async function watched() {
  let isOver = false;
  const holds: number[] = [];
  const watching = (async () => {
    for (let last = performance.now(); !isOver; ) {
      await nextRound();
      const now = performance.now();
      holds.push(now - last);
      last = now;
    }
  })();
  const began = performance.now();
  const answer = await ask();
  const ms = performance.now() - began;
  isOver = true;
  await watching;
  holds.sort((a, b) => b - a);
  return { answer, ms, held: holds[0]!, longer: holds.filter(hold => hold > 20).length };
}

// Nothing is compiled before: the first is measured as it comes.
const first = await watched();
const { rss } = process.memoryUsage();
const again = await watched();
await app.close();
const { overall } = JSON.parse(first.answer) as { overall: { done: { total: number } } };
console.log(
  JSON.stringify({
    ...{ tasks: overall.done.total, first: first.ms, again: again.ms, bytes: first.answer.length, rss },
    ...{ heldAtFirst: first.held, longerAtFirst: first.longer, heldAgain: again.held, longerAgain: again.longer },
  }),
);
