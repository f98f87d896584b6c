/** A person sends a task back. */
import { question, text } from './fields.ts';
import { verb } from './sending.ts';

export const taskReject = verb('task.reject', 'send a task back', {
  reason: text('what is wrong; the next agent reads it'),
  question,
});
