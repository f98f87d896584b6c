/** Whether what somebody has said is for the question that is asked now. */
import type { Asks } from './context.ts';

/** Trackers and chats tell whole seconds. */
export const clockToleranceMs = 1_000;

/** Which question something answers, by its number, or when it was said, in epoch milliseconds; either may be unknown. */
export interface Said {
  question?: number | undefined;
  saidAt?: number | undefined;
}

/** Whether it was said before an instant, by clocks that tell no better. */
export const isBefore = ({ saidAt }: Said, at: number): boolean =>
  saidAt !== undefined && saidAt < at - clockToleranceMs;

/** It says which question it answers, or when it was said, and that is another than this one. */
export const isForAnother = (asks: Pick<Asks, 'number' | 'at'>, said: Said): boolean =>
  (said.question !== undefined && said.question !== asks.number) || isBefore(said, asks.at);
