/** What may be written of the service, and what the program sees of it. */
import { z } from 'zod';
import { type Role, roles } from '../domain/role.ts';
import { agentName, amount, nameRule, object, oneOf, record, text, whole } from './words.ts';

/** How the service is reached, and by whom. */
export interface ServeConfig {
  host: string;
  port: number;
  /** Under which others reach it; null: under its host and port. */
  publicUrl: string | null;
  /** By name; the SHA-256 of each in hexadecimal, never the token. */
  tokens: Record<string, { role: Role; sha256: string }>;
  /** Origins of other sites whose pages may ask. */
  origins: string[];
  /** Of one token from one address; null for no limit. */
  requestsPerMinute: number | null;
  /** Addresses, or the number, of proxies before it. */
  trustProxy: string[] | number | null;
}

export const serveSchema = object({
  host: text().default('127.0.0.1').describe('The address to listen on. Default 127.0.0.1; any other needs a token.'),
  port: amount(whole(0, 65_535), 'write a port from 0 (any that is free) to 65535')
    .default(8_500)
    .describe('Default 8500.'),
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'write an address such as https://signalbox.example.org' })
    .optional()
    .describe('The address under which others reach it, where a proxy stands before it.'),
  tokens: record(
    agentName,
    nameRule,
    object({
      role: oneOf(roles).describe('viewer looks, operator moves tasks on, admin may do anything.'),
      sha256: z
        .string({ error: 'write 64 hexadecimal digits' })
        .regex(/^[0-9a-f]{64}$/, 'write the SHA-256 of the token as 64 hexadecimal digits, never the token')
        .describe('`printf %s TOKEN | sha256sum` tells it.'),
    }),
  )
    .default({})
    .describe('Who may ask, by name; beside those that `signalbox token create` keeps with the data.'),
  cors: z
    .array(z.url({ protocol: /^https?$/, error: 'write an origin such as https://board.example.org' }), {
      error: 'write a list of origins',
    })
    .default([])
    .describe('Origins of other sites whose pages may ask. Default: none.'),
  requestsPerMinute: z
    .union([amount(whole(1, 10_000_000), 'write a whole number from 1, or off'), z.literal(false), z.literal('off')])
    .default(6_000)
    .describe('Requests of one token from one address; this machine itself has no limit. Default 6000.'),
  trustProxy: z
    .union([
      amount(whole(1, 10), 'write how many proxies, or a list of their addresses'),
      z.array(text(), { error: 'write a list of addresses, such as [10.0.0.0/8]' }),
    ])
    .optional()
    .describe('Proxies before it that say for whom they ask: how many, or their addresses. Default: none.'),
}).prefault({});

/** What was written, as the program sees it. */
export function serveOf({
  publicUrl,
  cors,
  requestsPerMinute,
  trustProxy,
  ...rest
}: z.output<typeof serveSchema>): ServeConfig {
  return {
    ...rest,
    publicUrl: publicUrl ?? null,
    origins: cors.map(url => new URL(url).origin),
    requestsPerMinute: typeof requestsPerMinute === 'number' ? requestsPerMinute : null,
    trustProxy: trustProxy ?? null,
  };
}
