/** Begins a new task where this one was. */
import type { Task } from '../../api/types.ts';

export function Fork(_: { task: Task }) {
  return null;
}
