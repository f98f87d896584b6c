/** Is it alive, and can it do its work: for those who watch over processes. */
import type { FastifyInstance } from 'fastify';
import type { Site } from '../operations/operation.ts';
import { readinessOf } from '../operations/readiness.ts';

/** `version` is that of the program. */
export function addHealth(server: FastifyInstance, { site, version }: { site: Site; version: string }): void {
  // Looks at nothing: it answers as long as anything is answered.
  server.get('/health', { config: { isOpen: true } }, async () => ({
    status: 'ok',
    version,
    uptime: Math.round(process.uptime()),
  }));
  server.get('/health/ready', { config: { isOpen: true } }, async (_, reply) => {
    const found = await readinessOf(site);
    return reply.code(found.status === 'ok' ? 200 : 503).send(found);
  });
}
