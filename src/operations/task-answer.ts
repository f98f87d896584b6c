/** A person answers what an agent has asked. */
import { question, text } from './fields.ts';
import { verb } from './sending.ts';

export const taskAnswer = verb('task.answer', "answer an agent's questions", {
  text: text('the answer to the questions of the agent'),
  question,
});
