/** The first Ctrl-C or SIGTERM asks for a clean stop; the second leaves at once, and agents are adopted next time. */
import { exitCodes } from './output.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function interruption(): { happened: Promise<undefined>; forget(): void } {
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
    forget() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
