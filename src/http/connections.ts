/**
 * Who holds a connection, and for how long. A service that stops waits for requests that are under way and for nobody else:
 * not for a connection on which nothing was asked yet, nor for a request that does not arrive. One that runs does not wait
 * for a reader that takes nothing of its answer, and leaves the process enough descriptors for its work.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface ConnectionTimes {
  /** Within which the headers of a request arrive, in milliseconds. */
  headersMs: number;
  /** Within which a whole request arrives, in milliseconds. */
  requestMs: number;
  /** A reader that has taken nothing for so long is dropped, in milliseconds. */
  stallMs: number;
}

/** What has to be said before the server is made; `watchConnections` does the rest. */
export const limitsFor = ({ headersMs, requestMs }: ConnectionTimes) => ({
  requestTimeout: requestMs,
  http: {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(1_000, headersMs),
  },
});

/** To be called before anything listens. */
export function watchConnections(server: FastifyInstance, { requestMs, stallMs }: ConnectionTimes): void {
  /** Requests under way on each connection that is open. */
  const open = new Map<Socket, Set<IncomingMessage>>();
  let isClosing = false;
  server.server.maxConnections = mostConnections();
  server.server.on('connection', (socket: Socket) => {
    // What comes while the server stops has not been promised anything.
    if (isClosing) return void socket.destroy();
    open.set(socket, new Set());
    socket.once('close', () => open.delete(socket));
  });
  server.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    open.get(socket)?.add(request);
    response.once('close', () => {
      open.get(socket)?.delete(request);
      // It was kept for the next request, which nobody would answer any more.
      if (isClosing && open.get(socket)?.size === 0) socket.destroySoon();
    });
  });
  // Another protocol takes the connection over, and whoever speaks it ends it.
  server.addHook('onReady', async () => {
    if (server.server.listenerCount('upgrade') === 0) return;
    server.server.prependListener('upgrade', ({ socket }: IncomingMessage) => open.delete(socket));
  });
  // What comes bit by bit has a patience of its own.
  server.addHook('onSend', async (_, { raw }) => {
    // Without the condition an order that takes long would be cut off.
    raw.setTimeout(stallMs, () => void (raw.socket !== null && raw.socket.writableLength > 0 && raw.socket.destroy()));
  });

  const leave = (isHopeless: (requests: Set<IncomingMessage>) => boolean) => {
    for (const [socket, requests] of open) if (isHopeless(requests)) socket.destroy();
  };
  server.addHook('preClose', async () => {
    isClosing = true;
    leave(requests => requests.size === 0);
    // Nobody but us looks at the clock of a request any more once the server closes.
    const late = setTimeout(() => leave(requests => [...requests].every(({ complete }) => !complete)), requestMs);
    server.server.once('close', () => clearTimeout(late));
  });
}

/** Half of what this process may have open: the other half is for the database, the agents and the socket of the data. */
function mostConnections(): number {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? usualMost : Math.floor(Number(soft) / 2);
  } catch {
    return usualMost;
  }
}

/** Where the system does not tell. */
const usualMost = 8_192;
