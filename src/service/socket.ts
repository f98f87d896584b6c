/** The socket of a data directory: who may open the file may ask, without a token. */
import { once } from 'node:events';
import { placeForSocket, removeSocket } from '../app/socket.ts';
import { version } from '../app/version.ts';
import type { Site } from '../operations/operation.ts';
import type { Logger } from './log.ts';

export interface Door {
  /** Lets nobody in any more and waits for those who are. */
  close(): Promise<void>;
}

export async function openSocket(site: Site, logger: Logger): Promise<Door> {
  const [{ createServer }, { trustingGuard }] = await Promise.all([
    import('../http/server.ts'),
    import('../http/guard.ts'),
  ]);
  const server = await createServer({ site, guard: trustingGuard, version: version(), logger, network: null });
  await server.ready();
  const path = placeForSocket(site.paths);
  // The name appears in the file system here and now, and nobody else may open it, not even for a moment.
  const usual = process.umask(0o177);
  try {
    server.server.listen(path);
  } finally {
    process.umask(usual);
  }
  await once(server.server, 'listening');
  return {
    async close() {
      const closed = new Promise(resolve => server.server.close(resolve));
      await server.close();
      server.server.closeIdleConnections();
      await closed;
      removeSocket(site.paths);
    },
  };
}
