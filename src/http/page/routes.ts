/** The dashboard: one page for all its places, and the files that it loads. Nothing of it comes from elsewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import files from '@fastify/static';
import type { FastifyInstance, FastifyReply, RouteOptions } from 'fastify';
import { SignalboxError } from '../../domain/errors.ts';
import { places } from './places.ts';
import { pagePolicy } from './policy.ts';

/** Beside the program in the published package; in a checkout where the build puts it. */
const built = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../dist/web/' : '../../web/', import.meta.url),
);

/** By this a route is only for browsers that are led to a page, and not for what a page or a program asks. */
const isLed = {
  name: 'led',
  storage() {
    const handlers = new Map<unknown, unknown>();
    return {
      get: (type: unknown) => (handlers.get(type) as never) ?? null,
      set: (type: unknown, handler: unknown) => void handlers.set(type, handler),
    };
  },
  deriveConstraint: ({ headers }: { headers: { accept?: string } }) =>
    (headers.accept ?? '').includes('text/html') ? 'page' : undefined,
  validate: () => true,
};

/** `onShown` is told when the page is given out for the first time. */
export async function addPage(server: FastifyInstance, onShown: () => void = () => {}): Promise<void> {
  let tell: (() => void) | undefined = onShown;
  server.addConstraintStrategy(isLed as never);
  const index = join(built, 'index.html');
  const page = existsSync(index) ? readFileSync(index, 'utf8') : undefined;
  const show = (_: unknown, reply: FastifyReply) => {
    if (page === undefined) throw notBuilt();
    tell?.();
    tell = undefined;
    return reply
      .headers({
        'content-security-policy': pagePolicy,
        'cross-origin-opener-policy': 'same-origin',
        'cache-control': 'no-cache',
        vary: 'accept',
      })
      .type('text/html; charset=utf-8')
      .send(page);
  };
  // Nothing secret is in it, and whoever is not signed in is asked by it.
  const config = { isOpen: true };
  for (const url of places) server.get(url, { config, constraints: { led: 'page' } }, show);
  server.get('/', { config }, show);
  if (page !== undefined) await server.register(assets);
}

/** Their names hold a hash of what is in them. */
async function assets(server: FastifyInstance): Promise<void> {
  server.addHook('onRoute', (route: RouteOptions) => {
    route.config = { ...route.config, isOpen: true };
  });
  // A worker goes by the policy that comes with its own script.
  server.addHook('onSend', async (_, reply) => void reply.header('content-security-policy', pagePolicy));
  await server.register(files, {
    root: join(built, 'assets'),
    prefix: '/assets/',
    wildcard: false,
    index: false,
    immutable: true,
    maxAge: '365d',
  });
}

const notBuilt = () =>
  new SignalboxError('not_found', 'notBuilt', 'The dashboard is not built in this checkout.', {
    remedy: { say: 'run "npm run build:web" and start the service again' },
  });
