/** The inspector on the network: the socket that tells, and the page that shows. */
import websocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import { SignalboxError } from '../../domain/errors.ts';
import type { Inspector } from '../../operations/inspector/inspector.ts';
import { inspectorPage, inspectorPolicy } from './page.ts';
import { inspectorScript } from './script.ts';
import { inspectorStyle } from './style.ts';

/** A viewer has nothing to say; one who says so much is no viewer. */
const mostFrames = 10;
const largestFrame = 1_024;
/** So often it is asked whether a viewer may still look, in milliseconds. */
const lookMs = 15_000;
/** Of the protocol: the service goes away; it was spoken against its rules. */
const [goingAway, policyViolation] = [1001, 1008];

export interface InspectorRoutes {
  inspector: Inspector;
  /** A viewer comes or goes. */
  onViewer(by: 1 | -1): void;
}

export async function addInspector(server: FastifyInstance, { inspector, onViewer }: InspectorRoutes): Promise<void> {
  await server.register(websocket, {
    options: { maxPayload: largestFrame },
    preClose(done) {
      for (const viewer of server.websocketServer.clients) viewer.close(goingAway, 'the service stops');
      server.websocketServer.close(() => done());
    },
  });

  server.route({
    method: 'GET',
    url: '/inspect',
    exposeHeadRoute: false,
    // Asked without a socket, as the page does to learn why it was refused.
    async handler(_, reply) {
      void reply.header('upgrade', 'websocket');
      throw new SignalboxError('invalid', 'upgradeNeeded', 'The inspector speaks over a WebSocket.', {
        remedy: { say: 'open /inspector in a browser, or ask with "upgrade: websocket"' },
      });
    },
    wsHandler(socket, request) {
      const { task } = request.query as { task?: unknown };
      const end = inspector.attach(socket, { task: typeof task === 'string' ? task : undefined });
      let frames = 0;
      onViewer(1);
      // A token may be taken back while somebody looks.
      const forget = request.whenOut(() => socket.close(policyViolation, 'the token is not accepted any more'), lookMs);
      socket.on('message', () => {
        frames += 1;
        if (frames > mostFrames) socket.close(policyViolation, 'a viewer has nothing to say here');
      });
      // A frame that is too large ends the socket by itself.
      socket.on('error', () => {});
      socket.on('close', () => {
        forget();
        end();
        onViewer(-1);
      });
    },
  });

  // Nothing secret is in these, and whoever has no token is asked for one by the page.
  const config = { isOpen: true };
  const policy = { 'content-security-policy': inspectorPolicy };
  server.get('/inspector', { config }, (_, reply) => reply.headers(policy).type('text/html').send(inspectorPage));
  server.get('/inspector.js', { config }, (_, reply) => reply.type('text/javascript').send(inspectorScript));
  server.get('/inspector.css', { config }, (_, reply) => reply.type('text/css').send(inspectorStyle));
}
