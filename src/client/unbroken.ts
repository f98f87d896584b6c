/**
 * Goes on where it was cut off: whoever follows does not notice that a service is stopped and started again. Each piece
 * says its place, and what comes behind that is asked for anew.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isBecause } from '../domain/errors.ts';

/** A piece, and the place to go on from; only one of them where the other is not there. */
export interface Told {
  place: string | null;
  piece?: unknown;
}

export interface Pauses {
  /** How long is waited before each attempt since something was heard last, in milliseconds; then it is given up. */
  beforeMs: readonly number[];
  wait(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/** Half a minute in all. */
export const usualPauses: Pauses = {
  beforeMs: [100, 200, 400, 800, 1_600, 3_000, 4_000, 5_000, 5_000, 5_000, 5_000],
  wait: (ms, signal) => pause(ms, undefined, signal && { signal }),
};

export const noPauses: Pauses = { beforeMs: [], wait: async () => {} };

export interface UnbrokenOptions {
  pauses: Pauses;
  signal: AbortSignal | undefined;
  /** Told each place that was reached. */
  onPlace: ((place: string) => void) | undefined;
}

/**
 * `from` opens at a place; null for where it began. Whoever is not there at the very beginning is not waited for. Ends when
 * the signal aborts. Throws what broke it off when that does not pass, or has not passed for too long.
 */
export async function* unbroken(
  from: (place: string | null) => AsyncGenerator<Told>,
  { pauses, signal, onPlace }: UnbrokenOptions,
): AsyncGenerator<unknown> {
  let place: string | null = null;
  let isHeard = false;
  let canGoOn = true;
  /** Attempts since something was heard. */
  let inVain = 0;
  for (;;) {
    try {
      for await (const told of from(place)) {
        isHeard = true;
        inVain = 0;
        place = told.place ?? place;
        canGoOn &&= told.place !== null;
        if (told.place !== null) onPlace?.(told.place);
        if ('piece' in told) yield told.piece;
      }
      return;
    } catch (error) {
      // Nobody waits for it any more.
      if (signal?.aborted) return;
      const pauseMs = pauses.beforeMs[inVain];
      if (!isHeard || !canGoOn || pauseMs === undefined || !isPassing(error)) throw error;
      inVain += 1;
      await pauses.wait(pauseMs, signal).catch(() => {});
      if (signal?.aborted) return;
    }
  }
}

/** What a stop and a start look like from outside. */
export const isPassing = (error: unknown): boolean =>
  (['unreachable', 'stopped', 'tooSlow', 'storeClosed'] as const).some(reason => isBecause(error, reason));
