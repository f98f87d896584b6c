/** `POST /webhook/…`: deliveries come in as bytes, because the signature is over bytes; who has sent them is found out first. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Receiver } from '../operations/webhook.ts';
import { createRoom } from './webhook-room.ts';

/** GitHub sends no more than this; a push to Gitea can have several megabytes. */
export const largestDelivery = 25 * 1024 ** 2;

interface Params {
  kind: string;
  name?: string;
}

/** In a scope of its own: here a body may be anything, and whoever sends it needs no token. */
export async function addWebhooks(server: FastifyInstance, receive: Receiver): Promise<void> {
  await server.register(async scope => {
    scope.removeAllContentTypeParsers();
    const room = createRoom();
    scope.addHook('preParsing', async (_, reply, payload) => room(payload, reply));
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: largestDelivery }, (_, body, done) => {
      done(null, body);
    });
    const answer = async (request: FastifyRequest<{ Params: Params }>, reply: FastifyReply) => {
      const { kind, name = null } = request.params;
      // Without a content type nothing is read.
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const { status, body: said } = await receive({ kind, name, headers: request.headers, body });
      return reply.code(status).send(said);
    };
    // Senders are known by their signatures; many come from one address.
    const config = { isOpen: true, rateLimit: false };
    scope.post('/webhook/:kind', { config }, answer as never);
    scope.post('/webhook/:kind/:name', { config }, answer as never);
  });
}
