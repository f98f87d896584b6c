/**
 * How a browser is signed in: the token that a person has given lies in a cookie that no script can read and no page of
 * another site has sent. Nothing is kept here, so a restart signs nobody out, and a revoked token ends at once.
 */
import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import type { Guard } from './guard.ts';

/** Browsers keep a cookie no longer than 400 days; a month without a visit is long enough. In seconds. */
const maxAge = 30 * 24 * 3_600;

/**
 * Cookies of one machine are shared by all its ports, so the name holds ours: two services beside each other do not sign
 * each other's people out. Over TLS the prefix has browsers refuse it from anywhere else
 * (https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes).
 */
const nameFor = ({ protocol, raw, port }: Carrying) =>
  `${protocol === 'https' ? '__Host-' : ''}signalbox-${port ?? raw.socket.localPort ?? 0}`;

/** What of a request says by which name it reached us: the port is that which the browser knows. */
type Carrying = Pick<FastifyRequest, 'protocol' | 'raw' | 'port'>;

/** The token that a browser sends by itself; null without one. */
export function sessionIn(request: Carrying & Pick<FastifyRequest, 'headers'>): string | null {
  const { cookie } = request.headers;
  return cookie === undefined ? null : parseCookie(cookie)[nameFor(request)] || null;
}

const signIn = z.strictObject({ token: z.string().trim().min(1).max(4_000) });

/** `GET /session` says who is signed in, `POST` signs in, `POST /session/end` out. */
export function addSession(server: FastifyInstance, guard: Guard): void {
  server.get('/session', async ({ sender }) => {
    const { name, role, isByCookie = false } = sender!;
    return { name, role, isSignedIn: isByCookie };
  });
  server.post('/session', { config: { isOpen: true } }, async (request, reply) => {
    const { method, headers } = request;
    const { data } = signIn.safeParse(request.body);
    if (data === undefined) {
      throw new SignalboxError('invalid', 'badInput', 'Signing in takes a token.', {
        problems: [{ path: 'token', message: 'write a token of 1 to 4000 characters' }],
      });
    }
    const sender = await guard.identify({ method, headers, token: data.token, isFromCookie: false });
    if (sender === null) {
      throw new SignalboxError('forbidden', 'unauthenticated', 'This token is not accepted.', {
        remedy: { say: 'give one that holds; an administrator makes another' },
      });
    }
    keep(request, reply, data.token);
    return { ...sender, isSignedIn: true };
  });
  server.post('/session/end', { config: { isOpen: true } }, async (request, reply) => {
    const { method, headers } = request;
    await guard.identify({ method, headers, token: null, isFromCookie: false });
    keep(request, reply, null);
    return { isSignedIn: false };
  });
}

function keep(request: FastifyRequest, reply: FastifyReply, token: string | null): void {
  const cookie = stringifySetCookie({
    name: nameFor(request),
    value: token ?? '',
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: request.protocol === 'https',
    maxAge: token === null ? 0 : maxAge,
  });
  void reply.header('set-cookie', cookie).header('cache-control', 'no-store');
}
