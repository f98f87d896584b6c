/**
 * The Eclipse Layout Kernel in a thread of its own: a large machine takes it a second, in which nothing else would go on
 * here. Nothing of it is loaded before somebody wants a drawing.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { ElkNode } from 'elkjs/lib/elk-api.js';

/** Says whose thread it is: others may load this file in threads of theirs. */
const ours = 'signalbox layout';

/** Places everything of a graph, and ends the thread again. Throws what the kernel throws. */
export function layOut(graph: ElkNode): Promise<ElkNode> {
  const thread = new Worker(import.meta.filename, { workerData: { ours, graph } });
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
