/** The clients of the forges that the configuration names. */
import type { ForgeConfig } from '../config/schema.ts';
import { own } from '../domain/own.ts';
import type { Forge } from '../integrations/forge.ts';
import { createForge } from '../integrations/forges/index.ts';
import { type Clients, createClients } from './clients.ts';

export type Forges = Clients<Forge>;

/** `configured` is asked each time: what is in force may change. */
export const createForges = (configured: () => Record<string, ForgeConfig>): Forges =>
  createClients('forge', name => own(configured(), name), { of: config => config, create: config => clientOf(config) });

/** A client of its own, for whoever looks and does not want to wait as long as work does. */
export const clientOf = ({ name, kind, url, token }: ForgeConfig, timeoutMs?: number): Promise<Forge> =>
  createForge(kind, { name, url, token: token.reveal(), ...(timeoutMs !== undefined && { timeoutMs }) });
