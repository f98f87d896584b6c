/** Carries requests over a connection: to the socket of whoever works on a data directory, or to a service. */
import { Agent, type ClientRequest, type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps, Agent as SecureAgent } from 'node:https';
import { SignalboxError } from '../domain/errors.ts';
import { type PlainRequest, type PlainResponse, roleHeader, userHeader } from '../operations/http.ts';
import type { Transport } from './remote.ts';
import type { Identity } from './who.ts';

export interface Carrier {
  carry: Transport;
  /** Lets go of the connections that are kept for the next request. */
  close(): void;
}

/** To a socket, as somebody: the name goes on record. */
export function toSocket(path: string, { name, role }: Identity): Carrier {
  const agent = new Agent({ keepAlive: true });
  const headers = { [userHeader]: name, [roleHeader]: role, host: 'localhost' };
  return {
    carry: (request, signal) =>
      exchange(request, signal, options => overHttp({ ...options, agent, socketPath: path }), headers),
    close: () => agent.destroy(),
  };
}

/** To a service. Throws `badUsage` for an address that is none. */
export function toService(url: string, token: string | undefined): Carrier {
  const base = URL.parse(url);
  if (base === null || !/^https?:$/.test(base.protocol) || base.username !== '' || base.search !== '') {
    throw new SignalboxError('invalid', 'badUsage', 'The address of the service is not one such as http://host:8500.', {
      remedy: { say: 'give its address, without a token in it', field: 'url' },
    });
  }
  const isSecure = base.protocol === 'https:';
  const agent = isSecure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const prefix = base.pathname.replace(/\/$/, '');
  return {
    carry: (request, signal) =>
      exchange(
        { ...request, url: `${prefix}${request.url}` },
        signal,
        options => (isSecure ? overHttps : overHttp)({ ...options, agent, hostname: base.hostname, port: base.port }),
        headers,
      ),
    close: () => agent.destroy(),
  };
}

interface Options {
  method: string;
  path: string;
  headers: Record<string, string>;
  signal?: AbortSignal;
}

function exchange(
  { method, url, headers, body }: PlainRequest,
  signal: AbortSignal | undefined,
  open: (options: Options) => ClientRequest,
  own: Record<string, string>,
): Promise<PlainResponse> {
  return new Promise((resolve, reject) => {
    const length: Record<string, string> =
      method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = open({ method, path: url, headers: { ...headers, ...length, ...own }, ...(signal && { signal }) });
    sent.once('error', reject);
    sent.once('response', (response: IncomingMessage) => {
      response.setEncoding('utf8');
      const known = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
      resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(known), body: response });
    });
    sent.end(body);
  });
}
