/** Ends all work of a foreground process without losing any: agents are stopped and their runs queued again. */
import type { App } from '../app.ts';
import { workerId } from '../machines/breaker.ts';

/**
 * Starts nothing new, tells every working agent to end (after a checkpoint) and waits until they have. Their runs are
 * queued again and begin anew when somebody works on this data directory next.
 */
export async function interruptAll({ runtime }: Pick<App, 'runtime'>, by: string): Promise<void> {
  await runtime.send(workerId, { type: 'worker.shutdown' }, { source: by });
  const isWorking = (state: string) => state.startsWith('working') || state === 'keeping';
  const live = async () =>
    (await runtime.actors({ kind: 'agentRun', status: 'active', limit: 1_000 })).filter(run => isWorking(run.state));
  for (const run of await live()) {
    await runtime.send(run.id, { type: 'run.stop', cause: 'interrupted', by }, { source: by });
  }
  // A run that is being stopped always ends: its watchdog kills.
  while ((await live()).length > 0) await new Promise(resolve => setTimeout(resolve, 50));
}
