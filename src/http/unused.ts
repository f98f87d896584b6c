/**
 * Connections on which nothing was asked yet: browsers open some for later. Node counts them as busy, so that closing would
 * wait for them as long as for a request that comes in drops.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** When the server closes, they are ended. */
export function endUnused(server: FastifyInstance): void {
  const unused = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  const isUsed = ({ socket }: IncomingMessage) => void unused.delete(socket);
  server.server.on('request', isUsed);
  server.server.on('upgrade', isUsed);
  server.addHook('preClose', async () => {
    for (const socket of unused) socket.destroy();
  });
}
