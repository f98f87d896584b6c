/** A person lets a task pass: an approval, gates that could not be judged, a budget that is used up. */
import { question, reason } from './fields.ts';
import { verb } from './sending.ts';

export const taskApprove = verb('task.approve', 'let a task pass what a person has to approve', { reason, question });
