/** The clients of the forges that the configuration names, each made when it is first needed. */
import type { ForgeConfig } from '../config/schema.ts';
import { own } from '../domain/own.ts';
import type { Forge } from '../integrations/forge.ts';
import { createForge } from '../integrations/forges/index.ts';
import { OutsideError } from '../integrations/outside.ts';

export interface Forges {
  /** The client of a forge by its name. Throws `unreachable` when it is not configured: it may be again. */
  get(name: string): Promise<Forge>;
}

/** `configured` is asked each time: what is in force may change. */
export function createForges(configured: () => Record<string, ForgeConfig>): Forges {
  const clients = new WeakMap<ForgeConfig, Promise<Forge>>();
  return {
    async get(name) {
      const config = own(configured(), name);
      if (config === undefined) {
        throw new OutsideError(
          'unreachable',
          `there is no forge ${name} in the configuration any more; name it there again`,
        );
      }
      const client = clients.get(config) ?? clientOf(config);
      clients.set(config, client);
      return client;
    },
  };
}

/** A client of its own, for whoever looks and does not want to wait as long as work does. */
export const clientOf = ({ name, kind, url, token }: ForgeConfig, timeoutMs?: number): Promise<Forge> =>
  createForge(kind, { name, url, token: token.reveal(), ...(timeoutMs !== undefined && { timeoutMs }) });
