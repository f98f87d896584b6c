/** Clients of what the configuration names, each made when it is first needed. */
import { OutsideError } from '../integrations/outside.ts';

export interface Clients<Client> {
  /** A client by its name. Throws `unreachable` when it is not configured: it may be again. */
  get(name: string): Promise<Client>;
}

/** `configured` is asked each time: what is in force may change. A client lives as long as the configuration, `of`, it is made of. */
export function createClients<Client, Config>(
  what: string,
  configured: (name: string) => Config | undefined,
  { of, create }: { of(config: Config): object; create(config: Config, name: string): Promise<Client> },
): Clients<Client> {
  const clients = new WeakMap<object, Promise<Client>>();
  return {
    async get(name) {
      const config = configured(name);
      if (config === undefined) {
        throw new OutsideError(
          'unreachable',
          `there is no ${what} ${name} in the configuration any more; name it there again`,
        );
      }
      const client = clients.get(of(config)) ?? create(config, name);
      clients.set(of(config), client);
      return client;
    },
  };
}
