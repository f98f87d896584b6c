/** Somebody who owns the data for a moment, or who has just begun to work on it, is waited for. */
import { setTimeout as pause } from 'node:timers/promises';

const patienceMs = 5_000;
const lookAgainMs = 25;

/** Tries again while what stands in the way may pass by itself, for some seconds. Throws it when it has not by then. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  mayPass: (error: unknown) => boolean | Promise<boolean>,
): Promise<T> {
  for (const end = performance.now() + patienceMs; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end || !(await mayPass(error))) throw error;
    }
    await pause(lookAgainMs);
  }
}
