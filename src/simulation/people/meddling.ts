/** People of a simulated world who do what nobody has asked for: they pause a task and resume it later, stop its agent, give it up. */
import type { World } from '../world.ts';
import type { Hands } from './hands.ts';

export interface Meddling {
  /** Somebody may meddle with a task later. */
  meet(taskId: string): void;
  /** A task is paused: somebody resumes it. */
  resume(taskId: string): void;
  isAwaited(taskId: string): boolean;
}

const hourMs = 3_600_000;

export function createMeddling({ chance, settings, tell }: World, { whenThere, send, look, runtime }: Hands): Meddling {
  const resuming = new Set<string>();

  async function meddle(taskId: string): Promise<void> {
    const what = chance.pick(`meddles with ${taskId}`, { pause: 50, kill: 35, cancel: 15 });
    if (what === 'cancel') await send(taskId, { type: 'task.cancel' });
    else if (what === 'kill') await killAgent(taskId);
    else if ((await send(taskId, { type: 'task.pause' })) !== false) resume(taskId);
  }

  async function killAgent(taskId: string): Promise<void> {
    const there = runtime();
    const runs = (await there?.actors({ kind: 'agentRun', parentId: taskId, status: 'active', limit: 10 })) ?? [];
    for (const { id } of runs) {
      try {
        await there?.send(id, { type: 'run.stop', cause: 'killed', by: 'ann' }, { source: 'ann' });
        tell(taskId, 'ann: kills the agent');
      } catch {
        // Nobody was there who could.
      }
    }
  }

  function resume(taskId: string): void {
    if (resuming.has(taskId)) return;
    resuming.add(taskId);
    whenThere(`resumes ${taskId}`, 2 * hourMs, async () => {
      resuming.delete(taskId);
      const row = await look(taskId);
      if (row === undefined) resume(taskId);
      else if (row.status === 'active' && (await send(taskId, { type: 'task.resume' })) === undefined) resume(taskId);
    });
  }

  return {
    resume,
    meet(taskId) {
      if (!chance.happens(`somebody meddles with ${taskId}`, settings.people.meddles)) return;
      whenThere(`when somebody meddles with ${taskId}`, 1.5 * hourMs, () => meddle(taskId));
    },
    isAwaited: taskId => resuming.has(taskId),
  };
}
