/** How actions in a lane fail: what passes is waited for, everything else is for a person. */
import { wordsOf } from '../actors/forge/answer.ts';
import type { SignalboxError } from '../domain/errors.ts';
import { isPassing, OutsideError } from '../integrations/outside.ts';
import { Later } from '../runtime/index.ts';

/** A token that is not taken passes too: it will be replaced. `refused` makes of what was answered what a person reads. */
export async function patiently<T>(
  work: () => Promise<T>,
  refused: (words: string, cause: OutsideError) => SignalboxError,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const words = wordsOf(error);
    if (isPassing(error) || error.failure === 'unauthorized') throw new Later(words, error.retryAt, { cause: error });
    throw refused(words, error);
  }
}
