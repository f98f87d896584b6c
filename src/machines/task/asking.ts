/**
 * What a task asks of people. Every question has a number: a decision says which one it answers, or when it was said; one
 * that is for another question is not taken.
 */
import { decisiveEvents } from '../words.ts';
import { type StateConfig, says, type Transition } from './common.ts';
import type { QuestionKind } from './context.ts';
import { tellOutside } from './report.ts';

/** A state in which a person is asked: it has a number of its own, is told outside, and takes no answer to another question. */
export function asking(
  question: { kind: QuestionKind; stage: string },
  headline: string,
  state: StateConfig,
): StateConfig {
  const on = Object.entries((state.on ?? {}) as Record<string, Transition | Transition[]>).map(
    ([event, transitions]) =>
      [
        event,
        decisiveEvents.has(event) ? [{ guard: 'isForAnotherQuestion' }, ...[transitions].flat()] : transitions,
      ] as const,
  );
  const isParked = [state.tags ?? []].flat().includes('paused');
  const standing = question.kind === 'blocked' ? 'blocked' : isParked ? 'paused' : 'person';
  return {
    ...state,
    meta: { ...(state.meta as object), ...says({ headline }) },
    entry: [
      ...[state.entry ?? []].flat(),
      { type: 'ask', params: question },
      'announceAsking',
      ...tellOutside({ standing, stage: question.stage, headline }),
    ],
    exit: ['stopAsking', ...[state.exit ?? []].flat()],
    on: Object.fromEntries(on),
  };
}
