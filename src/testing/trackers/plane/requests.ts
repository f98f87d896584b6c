/** Counts requests, and takes no more of them in a minute than it may: each token has a minute of its own. */
import type { FastifyInstance } from 'fastify';

export interface FakeRequest {
  /** Epoch milliseconds by its own clock. */
  at: number;
  method: string;
  /** With its query. */
  path: string;
  token: string;
  status: number;
}

export interface Requests {
  /** All that came with a token, whatever the answer was. */
  readonly requests: readonly FakeRequest[];
  /** The most that it took from one token within any minute. */
  busiestMinute(): number;
  /** How many it takes from a token in a minute; null for as many as there are. */
  limit(limit: { perMinute: number } | null): void;
}

const minuteMs = 60_000;

export function createRequests(
  app: FastifyInstance,
  { perMinute, now, isToken }: { perMinute: number | null; now: () => number; isToken: (text: string) => boolean },
): Requests {
  const requests: FakeRequest[] = [];
  const answered = new WeakMap<object, FakeRequest>();
  let most = perMinute;
  const taken = (token: string, from: number) =>
    requests.filter(it => it.token === token && it.status !== 429 && it.at >= from && it.at < from + minuteMs);

  app.addHook('onRequest', async (request, reply) => {
    const token = String(request.headers['x-api-key'] ?? '');
    if (!request.url.startsWith('/api/v1/') || !isToken(token)) return undefined;
    const recent = taken(token, now() - minuteMs + 1);
    const mayAsk = most === null || recent.length < most;
    const entry = { at: now(), method: request.method, path: request.url, token, status: mayAsk ? 0 : 429 };
    requests.push(entry);
    answered.set(request, entry);
    if (!mayAsk) {
      const wait = Math.max(1, Math.ceil((recent[0]!.at + minuteMs - now()) / 1_000));
      return reply
        .code(429)
        .header('retry-after', String(wait))
        .send({ error_code: 5900, error_message: 'RATE_LIMIT_EXCEEDED' });
    }
    if (most === null) return undefined;
    reply.header('x-ratelimit-remaining', String(most - recent.length - 1));
    // Always the end of a minute that begins now, which is not when there is room again.
    reply.header('x-ratelimit-reset', String(Math.floor((now() + minuteMs) / 1_000)));
    return undefined;
  });
  app.addHook('onSend', async (request, reply) => {
    const entry = answered.get(request);
    if (entry) entry.status = reply.statusCode;
  });

  return {
    requests,
    busiestMinute: () => Math.max(0, ...requests.map(({ token, at }) => taken(token, at).length)),
    limit(limit) {
      most = limit?.perMinute ?? null;
    },
  };
}
