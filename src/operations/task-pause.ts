/** A person holds a task once its agent has finished. */
import { reason } from './fields.ts';
import { verb } from './sending.ts';

export const taskPause = verb('task.pause', 'let the agent finish, then hold the task', { reason });
