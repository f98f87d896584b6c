/** Work with git that survives what happens to git alone: each piece begins anew as it does after a crash. */
import { isBecause } from '../domain/errors.ts';
import type { Away } from '../machines/task/context.ts';
import { orLater } from './git-lock.ts';
import { inTurn } from './in-turn.ts';

const tries = 3;

/**
 * Does it again where a git was killed from outside (for lack of memory, as a rule), up to three times. What was cut off because
 * Signalbox is being interrupted never answers: it has come to nothing, and is done anew by whoever works next.
 */
export async function steadily<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (isBecause(error, 'gitCutOff')) return new Promise<never>(() => {});
      if (!isBecause(error, 'gitKilled') || attempt === tries) throw error;
    }
  }
}

/** Work of a task with git, one piece after another under the same name; a lock of the user's repository is waited for. */
export const taskWork = <T>(name: string, work: () => Promise<T>): Promise<T | Away> =>
  steadily(() => inTurn(name, () => orLater(work)));
