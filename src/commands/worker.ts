/** Holding back and letting on: the worker as a whole, a project, the breaker of a provider. */
import type { App } from '../app/open.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { breakerId, workerId } from '../machines/breaker.ts';
import type { TaskContext } from '../machines/task-context.ts';
import type { WorkerContext } from '../machines/worker-context.ts';
import { contextOf } from './context.ts';
import { type BreakerView, readBreakers } from './queue.ts';

/** How the worker stands after a command. */
export interface WorkerView {
  state: string;
  drainedBy: string | null;
  pausedProjects: Record<string, string>;
  running: number;
  queued: number;
}

export function createWorkerCommands({ runtime }: Pick<App, 'runtime'>) {
  async function view(): Promise<WorkerView> {
    const row = await runtime.actor(workerId);
    if (row === undefined)
      throw new SignalboxError('not_found', 'noData', 'Nothing has ever worked in this data directory.');
    const { drainedBy, pausedProjects, asked, running, queue } = contextOf<WorkerContext>(row);
    const busy = asked.length + running.length;
    return { state: row.state, drainedBy, pausedProjects, running: busy, queued: queue.length };
  }

  async function checkProject(project: string, configured: readonly string[]): Promise<void> {
    const tasks = await runtime.actors({ kind: 'task', limit: 10_000 });
    const known = [...new Set([...configured, ...tasks.map(task => contextOf<TaskContext>(task).project)])];
    // Where nothing is known yet, a pause is for what will come.
    if (known.length === 0 || known.includes(project)) return;
    const likely = nearest(project, known).join(', ');
    throw new SignalboxError(
      'not_found',
      'noProject',
      `There is no project ${quote(project)}; did you mean ${likely}?`,
    );
  }

  return {
    view,
    /**
     * Nothing starts any more, in one project or at all, until somebody resumes; what runs goes on to its end. Throws
     * `not_found` for a project that is neither configured nor has any task.
     */
    async pause(by: string, project?: string, configured: readonly string[] = []): Promise<WorkerView> {
      if (project !== undefined) await checkProject(project, configured);
      await runtime.send(
        workerId,
        project === undefined ? { type: 'worker.drain', by } : { type: 'project.pause', project, by },
        { source: by },
      );
      return view();
    },
    /** Lets start again what `pause` held back. Throws `invalid` when the project was not paused. */
    async resume(by: string, project?: string): Promise<WorkerView> {
      if (project !== undefined) {
        const paused = Object.keys((await view()).pausedProjects);
        if (!paused.includes(project)) {
          const hint = paused.length === 0 ? 'no project is' : `paused are ${paused.join(', ')}`;
          throw new SignalboxError('invalid', 'notPaused', `Project ${quote(project)} is not paused; ${hint}.`);
        }
      }
      await runtime.send(
        workerId,
        project === undefined ? { type: 'worker.resume', by } : { type: 'project.resume', project, by },
        { source: by },
      );
      return view();
    },
    breakers: () => readBreakers({ runtime }),
    /** Closes a breaker by a person's word. Throws `not_found` with the nearest names. */
    async resetBreaker(provider: string, by: string): Promise<BreakerView> {
      const known = Object.keys(await readBreakers({ runtime }));
      if (!known.includes(provider)) {
        const hint = known.length === 0 ? 'there are none yet' : `there are ${nearest(provider, known).join(', ')}`;
        throw new SignalboxError('not_found', 'noBreaker', `There is no breaker ${quote(provider)}; ${hint}.`);
      }
      await runtime.send(breakerId(provider), { type: 'breaker.reset', by }, { source: by });
      return (await readBreakers({ runtime }))[provider]!;
    },
  };
}
