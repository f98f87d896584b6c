/** Waits for a task to come somewhere. */
import type { TaskView } from '../../src/operations/views/task.ts';
import type { Runtime } from '../../src/runtime/index.ts';

interface Watched {
  runtime: Pick<Runtime, 'until'>;
  show(id: string): Promise<TaskView>;
  patienceMs: number;
}

/** Looks with every commit; says where the task stands when that is not where it should get. */
export const untilTask =
  ({ runtime, show, patienceMs }: Watched) =>
  async (id: string, isThere: (task: TaskView) => boolean): Promise<TaskView> => {
    let last: TaskView | undefined;
    const look = async () => {
      last = await show(id);
      return isThere(last) ? last : undefined;
    };
    const found = await runtime.until(look, AbortSignal.timeout(patienceMs)).catch(() => undefined);
    if (found === undefined) throw new Error(`${id} is ${last?.state}: ${last?.why}`);
    return found;
  };
