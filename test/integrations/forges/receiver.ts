/** Listens for webhooks on this machine, and hands out what came. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Delivery {
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Receiver {
  readonly url: string;
  /** The first delivery, of those that came and those that will, of which this holds. */
  next(isIt: (delivery: Delivery) => boolean): Promise<Delivery>;
  readonly deliveries: readonly Delivery[];
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const deliveries: Delivery[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    deliveries.push({ headers: request.headers, body: await text(request) });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    for (const look of waiting) look();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    deliveries,
    next(isIt) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(
            new Error(
              `It did not come. What came: ${JSON.stringify(
                deliveries.map(it => it.headers),
                null,
                1,
              )}`,
            ),
          );
        }, 20_000);
        const look = () => {
          const found = deliveries.find(isIt);
          if (!found) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
