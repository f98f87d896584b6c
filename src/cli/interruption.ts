/** The first Ctrl-C or SIGTERM asks for a clean stop; the second leaves at once, and agents are adopted next time. */
import { exitCodes, note } from './output.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruption {
  happened: Promise<undefined>;
  /** The same as a first signal, for another reason. */
  interrupt(): void;
  forget(): void;
}

export function interruption(): Interruption {
  let resolve = (_value: undefined) => {};
  const happened = new Promise<undefined>(done => {
    resolve = done;
  });
  let count = 0;
  const onSignal = () => {
    count += 1;
    if (count > 1) process.exit(exitCodes.interrupted);
    resolve(undefined);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    happened,
    interrupt: () => resolve(undefined),
    forget() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** Ends what it does at the first signal, and cleans up; undefined then. */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const controller = new AbortController();
  const { happened, forget } = interruption();
  void happened.then(() => {
    note('Interrupting: what runs is ended. Again leaves at once.');
    controller.abort();
  });
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    process.exitCode = exitCodes.interrupted;
    return undefined;
  } finally {
    forget();
  }
}
