/**
 * Who asks, and whether the request may come from where it comes. Over the socket of a data directory the permission of
 * the file is the proof. Over a network it is a token; without any token only programs of this machine get in, and only
 * where no page of another site can have sent them and no proxy has handed them on.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { SignalboxError } from '../domain/errors.ts';
import { type Role, roles } from '../domain/role.ts';
import { roleHeader, userHeader } from '../operations/http.ts';

/** Whoever sent a request. */
export interface Sender {
  name: string;
  role: Role;
  /** Whether it was the browser that said so, because he is signed in. */
  isByCookie?: boolean;
}

/** What a request says of where it comes from. */
export interface Arrival {
  method: string;
  headers: IncomingHttpHeaders;
  /** The token that came with it; null without one. */
  token: string | null;
  /** Whether a browser has sent it by itself. */
  isFromCookie: boolean;
}

export interface Guard {
  /** Null for somebody who says nothing or not the truth. Throws `foreignOrigin`. */
  identify(arrival: Arrival): Promise<Sender | null>;
  /** Tells when somebody may be let in no more, or somebody else may be; answers how to be told no more. */
  onChange?(listener: () => void): () => void;
}

/** Looks a token up; undefined for one that is none. */
export type TokenLookup = (token: string) => Promise<Sender | undefined>;

/** For the socket: whoever may open it is who he says, and may what he says; anything unless he says less. */
export const trustingGuard: Guard = {
  identify: async ({ headers }) => ({
    name: nameIn(headers[userHeader]) ?? 'socket',
    role: roles.find(role => role === headers[roleHeader]) ?? 'admin',
  }),
};

const nameIn = (header: string | string[] | undefined) =>
  typeof header === 'string' && /^[\w.@-]{1,64}$/.test(header) ? header : undefined;

export interface NetworkGuard {
  lookUp: TokenLookup;
  /** Whether there is any token by now; without one everybody who can connect gets in. */
  isGuarded(): Promise<boolean>;
  onChange(listener: () => void): () => void;
  /** Names under which the service is reached, with and without port. */
  hosts: readonly string[];
  /** Origins of other sites whose pages may ask. */
  origins: readonly string[];
  /** What programs of this machine may that show no token; what an operator may without it. */
  roleWithout?(): Role;
}

/** For a network. */
export function networkGuard({ lookUp, isGuarded, onChange, hosts, origins, roleWithout }: NetworkGuard): Guard {
  return {
    onChange,
    async identify({ method, headers, token, isFromCookie }) {
      refuseForeign(method, headers, origins);
      if (isFromCookie && !isLook(method) && !saysWhere(headers)) throw ofAnotherSite();
      const known = token === null ? undefined : await lookUp(token);
      // A cookie of before, or of another service on this machine, keeps nobody out who needs none.
      if (known !== undefined) return isFromCookie ? { ...known, isByCookie: true } : known;
      if (token !== null && !isFromCookie) return null;
      // What a proxy hands on comes from anywhere, whichever name it gives the service.
      if ((await isGuarded()) || isHandedOn(headers)) return null;
      // Whoever has a name of his own point here would have his page read what is ours.
      if (!hosts.includes(hostIn(headers)))
        throw foreign(`${hostIn(headers).slice(0, 100)} is no name of this service`);
      return { name: 'local', role: roleWithout?.() ?? 'operator' };
    },
  };
}

/** What proxies add. One that adds nothing cannot be told from a program of this machine: it needs a token in any case. */
const ofProxies = [
  ...['forwarded', 'via', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip'],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-forwarded-server'],
];

const isHandedOn = (headers: IncomingHttpHeaders) => ofProxies.some(name => headers[name] !== undefined);

const hostIn = ({ host = '' }: IncomingHttpHeaders) => host.replace(/:\d+$/, '').toLowerCase();

/** A browser says from which page a request comes; what only programs send says nothing. */
function refuseForeign(method: string, headers: IncomingHttpHeaders, origins: readonly string[]): void {
  const { origin, host, upgrade } = headers;
  if (origin !== undefined && origins.includes(origin)) return;
  // A person who follows a link to a page of ours; anything else that a page has us do costs us, though it reads nothing.
  const isLink = isLook(method) && headers['sec-fetch-mode'] === 'navigate';
  const relation = headers['sec-fetch-site'];
  if ((relation === 'cross-site' || relation === 'same-site') && !isLink) throw ofAnotherSite();
  // What such a page may not read it may send; over a WebSocket it reads too.
  const isOurs = origin === undefined || URL.parse(origin)?.host === host;
  if (!isOurs && !(isLook(method) && upgrade === undefined)) throw ofAnotherSite();
}

const isLook = (method: string) => method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

/** Whether a browser tells which page has it ask; what it tells is held against our name before. */
const saysWhere = (headers: IncomingHttpHeaders) =>
  headers.origin !== undefined || headers['sec-fetch-site'] === 'same-origin';

const ofAnotherSite = () => foreign('it comes from a page of another site');

const foreign = (why: string) =>
  new SignalboxError('forbidden', 'foreignOrigin', `The request is not carried out: ${why}.`, {
    remedy: { say: 'list the site under `serve.cors`, or the name as `serve.publicUrl`, in the configuration' },
  });

const tokenNames =
  /^(?:(?:access|auth|bearer)[-_]?)?token$|^api[-_]?(?:key|token)$|^(?:authorization|auth|bearer|password|secret)$/i;

/** The token of a request. Throws `unauthenticated` where it stands in the address, which ends up in logs. */
export function tokenIn(url: string, { authorization }: IncomingHttpHeaders): string | null {
  const query = new URLSearchParams(url.slice(url.indexOf('?')));
  if (url.includes('?') && query.keys().some(name => tokenNames.test(name))) {
    throw new SignalboxError('forbidden', 'unauthenticated', 'A token in an address is not taken.', {
      remedy: { say: 'send it as the header "authorization: Bearer …", and make a new one: this one is known now' },
    });
  }
  if (authorization === undefined) return null;
  const [, scheme, given = ''] = /^(Bearer|Basic) +(\S+) *$/i.exec(authorization) ?? [];
  if (scheme?.toLowerCase() !== 'basic') return given;
  // A browser can send no other header for a page: the token is the password, under any name.
  return Buffer.from(given, 'base64').toString('utf8').split(/:(.*)/s)[1] ?? '';
}
