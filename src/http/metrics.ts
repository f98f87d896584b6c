/** `GET /metrics`: what is observed, as Prometheus reads it. */
import type { FastifyInstance } from 'fastify';
import { messageOf, SignalboxError } from '../domain/errors.ts';

/** What is observed, as text. */
export interface Scraped {
  text(): Promise<string>;
  readonly contentType: string;
}

export function addMetrics(server: FastifyInstance, metrics: Scraped): void {
  server.get('/metrics', async (_, reply) => {
    const text = await metrics.text().catch((error: unknown) => {
      throw new SignalboxError('unavailable', 'storeUnusable', `Nothing can be observed: ${messageOf(error)}.`);
    });
    return reply.type(metrics.contentType).send(text);
  });
}
