/** Ends all work of a process without losing any: agents are stopped and their runs queued again. */
import { hurryGits } from '../actors/git-process.ts';
import { workerId } from '../machines/addresses.ts';
import type { App } from './open.ts';

/** A filter that hangs is not waited for; saving what an agent has left takes less. */
const mostGitMs = 10_000;

/**
 * Starts nothing new, tells every agent at work to end (after a checkpoint) and waits until they have. Their runs are
 * queued again and go on when somebody works on this data directory next.
 */
export async function interruptAll({ runtime }: Pick<App, 'runtime'>, by: string): Promise<void> {
  await runtime.send(workerId, { type: 'worker.shutdown' }, { source: by });
  const cutOff = hurryGits(mostGitMs);
  const told = new Set<string>();
  // Looked again with every commit: one may have been on its way to begin. A run that is being stopped always ends.
  const stopped = runtime.until(async () => {
    const busy = await runtime.list({ kind: 'agentRun', tags: ['busy'], status: 'living', limit: 1_000 });
    for (const { id } of busy) {
      if (told.has(id)) continue;
      told.add(id);
      await runtime.send(id, { type: 'run.stop', cause: 'interrupted', by }, { source: by });
    }
    return busy.length === 0 ? true : undefined;
  });
  stopped.catch(() => {});
  // A run whose work could not be saved in time goes on with that next time.
  await Promise.race([stopped, cutOff]);
}
