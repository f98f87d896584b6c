/**
 * What people have decided about a task, in their words. It stays with the task, so that every later agent reads it: what was
 * asked once is not asked again.
 */
import { decisiveEvents } from '../words.ts';
import type { StateConfig, Transition } from './common.ts';
import type { PersonsDecision, TaskContext } from './context.ts';
import { shorten, textOf } from './text.ts';

const longestText = 4_000;
/** So much of all of them together is kept, in characters; the newest always. */
const mostText = 30_000;

/** What an event of a person decides in words; undefined where it says nothing. */
export function decisionIn(
  { questions }: Pick<TaskContext, 'questions'>,
  event: { type: string },
  stage: string,
): PersonsDecision | undefined {
  const isAnswer = event.type === 'task.answer';
  const text = textOf(event, isAnswer ? 'text' : 'reason');
  if (text === '') return undefined;
  const kind = isAnswer ? 'answer' : event.type === 'task.reject' ? 'rejection' : 'comment';
  const { at } = event as unknown as { at: number };
  const question = isAnswer ? shorten(questions ?? '', longestText) : null;
  return { kind, stage, question, text: shorten(text, longestText), by: textOf(event, 'by') || 'a person', at };
}

/** What was decided by now, with what is new; the oldest go where it is too much for a prompt. */
export function withDecision(before: readonly PersonsDecision[], next: PersonsDecision | undefined): PersonsDecision[] {
  if (next === undefined) return [...before];
  const all = [...before, next];
  const lengths = all.map(({ question, text }) => (question?.length ?? 0) + text.length);
  const isKept = (index: number) => lengths.slice(index).reduce((sum, length) => sum + length, 0) <= mostText;
  return all.filter((_, index) => index === all.length - 1 || isKept(index));
}

/** The same as what came back from the last round, for the agent that is started with it. */
export const feedbackOf = ({ question, text, by }: PersonsDecision): { from: string; text: string } => ({
  from: by,
  text: question === null ? text : `Questions:\n${question}\n\nAnswer:\n${text}`,
});

/** What an agent is told of them, beside what came back from the last round. */
export const decidedBefore = ({ decisions = [], feedback }: TaskContext): PersonsDecision[] =>
  decisions.filter(decision => feedback === null || feedbackOf(decision).text !== feedback.text);

/** The states of a task, in which every decision of a person is kept with the words that came with it. */
export function keepingDecisions(states: Record<string, StateConfig>): Record<string, StateConfig> {
  const keep = (state: StateConfig, stage: string): StateConfig => ({
    ...state,
    ...(state.on !== undefined && { on: keptOn(state.on as StateConfig, stage) }),
    ...(state.states !== undefined && { states: keptIn(state.states as Record<string, StateConfig>, stage) }),
  });
  const keptIn = (inner: Record<string, StateConfig>, stage: string) =>
    Object.fromEntries(
      // A paused task is still in its stage.
      Object.entries(inner).map(([name, state]) => [name, keep(state, stage === 'paused' ? name : stage)] as const),
    );
  return Object.fromEntries(Object.entries(states).map(([name, state]) => [name, keep(state, name)] as const));
}

const speaking = new Set([...decisiveEvents, 'task.resume']);

const keptOn = (on: StateConfig, stage: string): StateConfig =>
  Object.fromEntries(
    Object.entries(on).map(([event, transitions]) => {
      if (!speaking.has(event)) return [event, transitions] as const;
      const kept = [transitions as Transition | Transition[]].flat().map(one => keeping(one, stage));
      return [event, Array.isArray(transitions) ? kept : kept[0]!] as const;
    }),
  );

/** One that only stands in the way of an event decides nothing. */
const keeping = (transition: Transition, stage: string): Transition =>
  transition.target === undefined && transition.actions === undefined
    ? transition
    : {
        ...transition,
        actions: [{ type: 'keepDecision', params: { stage } }, ...[transition.actions ?? []].flat()],
      };
