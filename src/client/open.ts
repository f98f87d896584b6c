/**
 * The way to the data that is meant: a service with an address, or a data directory here. Whoever asks does not see which
 * it is, but that somebody works there, who takes up at once what is ordered.
 */
import { SignalboxError } from '../domain/errors.ts';
import { operations } from '../operations/index.ts';
import type { AnyOperation } from '../operations/operation.ts';
import { isWorkedOn, openLocal, type Place } from './local.ts';
import type { Signalbox } from './signalbox.ts';
import { usualPauses } from './unbroken.ts';
import type { Identity } from './who.ts';

export interface Client extends Signalbox {
  /** Whether somebody works there now. */
  isWorkedOn(): Promise<boolean>;
}

export interface ClientPlace extends Place {
  /** The address of a service, if one was named. */
  url?: string | undefined;
}

/** Throws `badUsage` when two places are named. */
export async function openClient(place: ClientPlace, identity: Identity): Promise<Client> {
  const { url: named, env, data } = place;
  if (named !== undefined && data !== undefined) {
    throw new SignalboxError('invalid', 'badUsage', 'A service and a data directory are two places to ask.', {
      remedy: { say: 'leave one of them out', field: 'url' },
    });
  }
  const local = openLocal(place, identity);
  const url = named ?? (data === undefined ? env.SIGNALBOX_URL || undefined : undefined);
  if (url === undefined) return { ...local, isWorkedOn: () => isWorkedOn(local.here) };

  const [{ openRemote }, { toService }] = await Promise.all([import('./remote.ts'), import('./transport.ts')]);
  const { carry, close } = toService(url, env.SIGNALBOX_API_TOKEN || undefined);
  const remote = openRemote(carry, close, usualPauses);
  // What is about the machine on which it is asked is asked here, wherever the data is.
  const isHere = async (name: keyof typeof operations) => ((await operations[name]()) as AnyOperation).route === null;
  return {
    async ask(name, input, options) {
      return (await isHere(name)) ? local.ask(name, input, options) : remote.ask(name, input, options);
    },
    follow: (name, input, options) => remote.follow(name, input, options),
    close: () => remote.close(),
    isWorkedOn: async () => true,
  };
}
