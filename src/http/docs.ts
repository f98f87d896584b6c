/** The API described: as OpenAPI document, and as pages that load nothing from outside. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { openApiOf } from './openapi.ts';

/** `version` is that of the program. */
export async function addDocs(server: FastifyInstance, version: string): Promise<void> {
  const document = await openApiOf(version);
  const text = JSON.stringify(document);
  server.get('/openapi.json', (_, reply) => reply.type('application/json; charset=utf-8').send(text));
  await server.register(swagger, { mode: 'static', specification: { document: document as never } });
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: { deepLinking: true, docExpansion: 'list', tryItOutEnabled: false, validatorUrl: null },
    theme: { title: 'Signalbox API' },
  });
}
