/** What a server needs that is open to a network: headers for browsers, limits, smaller and fewer answers. */
import compress from '@fastify/compress';
import cors from '@fastify/cors';
import etag from '@fastify/etag';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isLoopback } from '../domain/loopback.ts';
import { tooOften } from './problems.ts';

export interface NetworkOptions {
  /** Requests of one sender from one address in a minute; null for no limit. This machine itself has none. */
  requestsPerMinute: number | null;
  /** Addresses or number of proxies that may say for whom they ask; null for none. */
  trustProxy: string[] | number | null;
  /** Origins of other sites whose pages may ask. */
  origins: readonly string[];
}

/** To be installed before the routes. */
export async function installNetwork(server: FastifyInstance, options: NetworkOptions): Promise<void> {
  const { requestsPerMinute, origins, trustProxy } = options;
  await server.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: nothing }, hsts: false });
  const origin = origins.length === 0 ? false : [...origins];
  if (origin !== false) await server.register(cors, { origin, exposedHeaders: ['etag', 'x-request-id'] });
  if (requestsPerMinute !== null) await limitRate(server, requestsPerMinute, trustProxy === null);
  server.addHook('onRequest', keepFromCaches);
  await server.register(etag, { weak: true, replyWith304: false });
  server.addHook('onSend', answerUnchanged);
  await server.register(compress, { threshold: 1_024, encodings: ['gzip', 'identity'], globalDecompression: false });
}

/**
 * What is answered is for whoever asked. At one address a browser that is led there gets the page and a program the data, so
 * neither may be kept for the other; and what somebody was shown is not to be had any more once he has signed out.
 */
async function keepFromCaches({ routeOptions }: FastifyRequest, reply: FastifyReply) {
  if (!routeOptions.config?.isOpen) void reply.headers({ 'cache-control': 'no-store', vary: 'accept' });
}

/** Only what was looked at and found can be the same as before: an order was carried out, a failure is told each time. */
async function answerUnchanged({ method, headers }: FastifyRequest, reply: FastifyReply, payload: unknown) {
  const tag = reply.getHeader('etag');
  const isFound = (method === 'GET' || method === 'HEAD') && reply.statusCode === 200;
  if (!isFound) void reply.removeHeader('etag');
  if (!isFound || typeof tag !== 'string' || !isNamedIn(headers['if-none-match'] ?? '', tag)) return payload;
  void reply.code(304);
  return '';
}

/** Whether a header names a tag, weakly: https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match */
function isNamedIn(header: string, tag: string): boolean {
  const names = header.split(',').map(name => name.trim().replace(/^W\//, ''));
  return names.includes('*') || names.includes(tag.replace(/^W\//, ''));
}

/** An answer of the API is no page: it may load nothing, run nothing and be framed by nobody. Pages have their own. */
const nothing = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/** Whoever says of himself that he is this machine is behind a proxy: only the connection tells. */
async function limitRate(server: FastifyInstance, max: number, isDirect: boolean): Promise<void> {
  await server.register(rateLimit, {
    max,
    timeWindow: 60_000,
    cache: 10_000,
    allowList: ({ raw }: FastifyRequest) => isDirect && isLoopback(raw.socket.remoteAddress),
    keyGenerator: ({ ip, sender }: FastifyRequest) => `${sender?.name ?? ''} ${ip}`,
    errorResponseBuilder: (_, { max: most, after }) => tooOften(`more than ${most} in a minute; again in ${after}`),
  });
}
