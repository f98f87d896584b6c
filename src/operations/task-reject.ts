/** A person sends a task back. */
import { text } from './fields.ts';
import { verb } from './sending.ts';

export const taskReject = verb('task.reject', 'send a task back', {
  reason: text('what is wrong; the next agent reads it'),
});
