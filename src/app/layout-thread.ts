/**
 * The Eclipse Layout Kernel in a thread of its own: a large machine takes it a second, in which nothing else would go on
 * here. Nothing of it is loaded before somebody wants a drawing.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import { SignalboxError } from '../domain/errors.ts';

/** Says whose thread it is: others may load this file in threads of theirs. */
const ours = 'signalbox layout';

/** So many graphs wait for their turn, at the most: each of them takes a moment and a hundred megabytes. */
const mostWaiting = 16;
let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

/**
 * Places everything of a graph, one after another. Throws what the kernel throws, and `tooOften` where too many wait: whoever
 * asks for drawings must not take the machine from those who work.
 */
export function layOut(graph: ElkNode): Promise<ElkNode> {
  if (waiting >= mostWaiting) {
    const why = `There are ${waiting} drawings to be made before this one.`;
    return Promise.reject(
      new SignalboxError('unavailable', 'tooOften', why, { remedy: { say: 'ask again in a moment' } }),
    );
  }
  waiting += 1;
  const turn = last.then(() => layOutNow(graph));
  last = turn
    .catch(() => {})
    .finally(() => {
      waiting -= 1;
    });
  return turn;
}

/** In a thread that ends with it. */
function layOutNow(graph: ElkNode): Promise<ElkNode> {
  const thread = new Worker(import.meta.filename, {
    workerData: { ours, graph },
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  return new Promise<ElkNode>((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', code => reject(new Error(`the layout ended with ${code} and no answer`)));
  });
}

async function work(graph: ElkNode): Promise<void> {
  const { default: Elk } = await import('elkjs/lib/elk.bundled.js');
  // Its types speak of a module of another kind than the one that Node loads.
  const kernel = new (Elk as unknown as new () => { layout(graph: ElkNode): Promise<ElkNode> })();
  parentPort?.postMessage(await kernel.layout(graph));
}

if (!isMainThread && (workerData as { ours?: string } | null)?.ours === ours) {
  await work((workerData as { graph: ElkNode }).graph);
}
