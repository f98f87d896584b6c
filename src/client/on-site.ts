/** The contract on data that is open already, as whoever works on it has it. */
import { operations } from '../operations/index.ts';
import type { Site } from '../operations/operation.ts';
import { admit, perform, streamOn } from '../operations/perform.ts';
import type { Signalbox } from './signalbox.ts';
import { type Identity, whoOf } from './who.ts';

export function clientOn(site: Site, identity: Identity): Signalbox {
  return {
    async ask(name, input, options) {
      return (await perform(admit(await operations[name](), input, whoOf(identity, options)), site)) as never;
    },
    async *follow(name, input, options) {
      for await (const pieces of streamOn(admit(await operations[name](), input, whoOf(identity, options)), site))
        yield* pieces as never[];
    },
    // It was opened by somebody else.
    close: async () => {},
  };
}
