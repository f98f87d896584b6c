/** Bad days of a server, switched on by a test: failures, slowness, limits, and not being there at all. */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

export interface Weather {
  /** Answers the next requests to the API with this status. */
  failNext(count: number, status: number): void;
  /** Makes every answer wait. */
  latency(ms: number): void;
  /** Answers 429 with `Retry-After` once a token has asked this often within a minute; null takes the limit away. */
  limit(limit: { perMinute: number } | null): void;
  /** Every connection is cut, until `up`. */
  down(): void;
  up(): void;
}

const minuteMs = 60_000;

export function createWeather(app: FastifyInstance): Weather {
  let failures = { count: 0, status: 500 };
  let latencyMs = 0;
  let perMinute: number | null = null;
  let isDown = false;
  const asked = new Map<string, number[]>();
  const sockets = new Set<Socket>();

  app.server.on('connection', (socket: Socket) => {
    if (isDown) socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  app.addHook('onRequest', async (request, reply) => {
    if (latencyMs > 0) await pause(latencyMs);
    if (!request.url.startsWith('/api/')) return undefined;
    if (failures.count > 0) {
      failures.count -= 1;
      return reply.code(failures.status).send({ message: 'made to fail', url: '' });
    }
    const wait = perMinute === null ? 0 : waitMs(asked, request.headers.authorization ?? '', perMinute);
    if (wait === 0) return undefined;
    return reply
      .code(429)
      .header('retry-after', String(Math.ceil(wait / 1_000)))
      .send({ message: 'too many requests', url: '' });
  });

  return {
    failNext(count, status) {
      failures = { count, status };
    },
    latency(ms) {
      latencyMs = ms;
    },
    limit(limit) {
      perMinute = limit?.perMinute ?? null;
      asked.clear();
    },
    down() {
      isDown = true;
      for (const socket of sockets) socket.destroy();
    },
    up() {
      isDown = false;
    },
  };
}

/** How long this one has to wait; 0 when it may go on, which is counted. */
function waitMs(asked: Map<string, number[]>, who: string, perMinute: number): number {
  const now = Date.now();
  const recent = (asked.get(who) ?? []).filter(at => at > now - minuteMs);
  const mayAsk = recent.length < perMinute;
  asked.set(who, mayAsk ? [...recent, now] : recent);
  return mayAsk ? 0 : Math.max(1, (recent[0] ?? now) + minuteMs - now);
}
