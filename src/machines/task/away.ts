/** What a task does while a forge that it needs is away, or its repository locked: it waits, says so, and tries again. */
import type { Pipeline } from '../pipeline.ts';
import { type StateConfig, says, type Transition, usual, waitsFor } from './common.ts';

/** Where an answer leads that is none: to the state that waits, as long as there is patience. */
export function awayTransitions(
  { forgeTries: limit }: Pipeline,
  later: string,
  blockedBecause: (why: string) => Transition,
): Transition[] {
  return [
    {
      guard: { type: 'isAwayAndReworkLeft', params: { limit } },
      target: later,
      actions: 'recordAway',
    },
    { guard: 'isAway', ...blockedBecause('what it needs has been away for too long') },
  ];
}

/** Waits for the next try; a person may have it at once. */
export function laterState(again: string, headline: string): StateConfig {
  return {
    tags: 'forge',
    meta: says({ why: waitsFor, headline }),
    exit: 'stopWaiting',
    after: { nextTry: again },
    on: { 'task.retry': usual('tries again at once', { target: again }) },
  };
}
