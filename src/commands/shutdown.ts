/** Ends all work of a foreground process without losing any: agents are stopped and their runs queued again. */
import type { App } from '../app/open.ts';
import { workerId } from '../machines/breaker.ts';

/**
 * Starts nothing new, tells every agent at work to end (after a checkpoint) and waits until they have. Their runs are
 * queued again and go on when somebody works on this data directory next.
 */
export async function interruptAll({ runtime }: Pick<App, 'runtime'>, by: string): Promise<void> {
  await runtime.send(workerId, { type: 'worker.shutdown' }, { source: by });
  const isWorking = (state: string) => /^(readying|working|inspecting|keeping|ended|tidying)/.test(state);
  const live = async () =>
    (await runtime.actors({ kind: 'agentRun', status: 'active', limit: 1_000 })).filter(run => isWorking(run.state));
  const told = new Set<string>();
  // Looked again: one may have been on its way to begin. A run that is being stopped always ends: its watchdog kills.
  for (let runs = await live(); runs.length > 0; runs = await live()) {
    for (const { id } of runs.filter(run => !told.has(run.id))) {
      told.add(id);
      await runtime.send(id, { type: 'run.stop', cause: 'interrupted', by }, { source: by });
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
