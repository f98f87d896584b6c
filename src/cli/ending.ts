/** How a command ends that waits for a task: 0 done, 1 failed or blocked, 3 where only a person can help. */
import type { OutputOf } from '../client/signalbox.ts';
import { exitCodes } from './output.ts';

type Task = Pick<OutputOf<'task.list'>['items'][number], 'standing' | 'waits'>;

/** Whether a person holds it back, though it would go on by itself otherwise. */
export const isHeldByPerson = ({ waits }: Task): boolean => waits?.remedy != null;

/** Whether nothing more happens to it by itself. */
export const standsStill = (task: Task): boolean =>
  (task.standing !== 'working' && task.standing !== 'waiting') || isHeldByPerson(task);

/** The exit code for how a task stands. */
export function codeOf(task: Task): number {
  if (task.standing === 'done') return exitCodes.done;
  return task.standing === 'person' || task.standing === 'paused' || isHeldByPerson(task)
    ? exitCodes.personNeeded
    : exitCodes.failed;
}
