/**
 * Connections on which nothing was asked yet: browsers open some for later. Node counts them as busy, so that closing would
 * wait for them as long as for a request that comes in drops.
 */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** When the server closes, they are ended. */
export function endUnused(server: FastifyInstance): void {
  const unused = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  // Whoever listens for upgrades himself has to answer them: they are seen as the requests that they are.
  server.addHook('onRequest', async ({ raw }) => void unused.delete(raw.socket));
  server.addHook('preClose', async () => {
    for (const socket of unused) socket.destroy();
  });
}
