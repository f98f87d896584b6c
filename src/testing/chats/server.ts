/** What fakes of chats begin with: a server on this machine, and its bad days, switched on by a test. */
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';

export interface Weather {
  /** Answers the next requests with this status. */
  failNext(count: number, status: number): void;
  /** Refuses the next requests as too many, and wants to be left alone for so long. */
  limitNext(count: number, retryAfterS: number): void;
  /** Makes every answer wait. */
  latency(ms: number): void;
  /** Every connection is cut, until `up`. */
  down(): void;
  up(): void;
}

/** An answer that is no success, in the words of the chat. */
export interface Refused {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body: unknown;
}

/** How a chat says that something went wrong; with seconds where it is asked too often. */
export type Refusing = (status: number, retryAfterS?: number) => Refused;

export interface FakeServer {
  readonly app: FastifyInstance;
  readonly weather: Weather;
  /** Starts on a free port of 127.0.0.1. Answers its origin. */
  listen(): Promise<string>;
}

export function createFakeServer(refusing: Refusing): FakeServer {
  const app = Fastify({ bodyLimit: 1024 * 1024, forceCloseConnections: true });
  const weather = createWeather(app, refusing);
  app.setErrorHandler((error, _request, reply) => {
    const { status, body } = refusing((error as { statusCode?: number }).statusCode ?? 500);
    return reply.code(status).send(body);
  });
  return {
    app,
    weather,
    async listen() {
      await app.listen({ host: '127.0.0.1', port: 0 });
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    },
  };
}

function createWeather(app: FastifyInstance, refusing: Refusing): Weather {
  const next: Refused[] = [];
  let latencyMs = 0;
  let isDown = false;
  const sockets = new Set<Socket>();

  app.server.on('connection', (socket: Socket) => {
    if (isDown) socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  app.addHook('onRequest', async (_request, reply) => {
    if (latencyMs > 0) await pause(latencyMs);
    const refused = next.shift();
    return (
      refused &&
      reply
        .code(refused.status)
        .headers(refused.headers ?? {})
        .send(refused.body)
    );
  });
  return {
    failNext(count, status) {
      for (let index = 0; index < count; index += 1) next.push(refusing(status));
    },
    limitNext(count, retryAfterS) {
      for (let index = 0; index < count; index += 1) next.push(refusing(429, retryAfterS));
    },
    latency(ms) {
      latencyMs = ms;
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
