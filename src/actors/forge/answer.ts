/** What an error of a forge means for a task: wait and try again, or a person has to see to it. */
import { messageOf } from '../../domain/errors.ts';
import { isPassing, OutsideError } from '../../integrations/outside.ts';
import type { Away, Refusal } from '../../machines/task/context.ts';

/** An answer of a forge as a machine hears it. What is no word of a forge is a fault of ours and is thrown on. */
export function answerTo(error: unknown, forge: string): Away | Refusal {
  if (!(error instanceof OutsideError)) throw error;
  const why = `${forge}: ${error.message}`;
  return isPassing(error)
    ? { result: 'away', why: `waits for the forge ${why}`, retryAt: error.retryAt }
    : { result: 'refused', detail: why };
}

/** Does what needs a forge; its errors are answers. */
export async function askForge<T>(forge: string, work: () => Promise<T>): Promise<T | Away | Refusal> {
  try {
    return await work();
  } catch (error) {
    return answerTo(error, forge);
  }
}

/** The error as one line for people. */
export const wordsOf = (error: unknown): string => messageOf(error).split('\n', 1)[0]!.trim();
