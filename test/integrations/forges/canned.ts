/** A server that gives the answers it was told, over real HTTP, and remembers what it was asked. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Asked {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}

export interface Canned {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** Sends no answer at all. */
  isSilent?: boolean;
}

/** `GET /user` and the like, without the query; a list is used up one by one, its last entry stays. */
export type Answers = Record<string, Canned | Canned[] | ((asked: Asked) => Canned)>;

export async function startCanned(answers: Answers) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const path = request.url!;
    const one = { method: request.method!, path, headers: request.headers, body: body ? JSON.parse(body) : undefined };
    asked.push(one);
    const given = answers[`${one.method} ${decodeURIComponent(path.split('?')[0]!)}`];
    const canned = Array.isArray(given) ? (given.length > 1 ? given.shift()! : given[0]!) : given;
    const answer =
      typeof canned === 'function' ? canned(one) : (canned ?? { status: 404, body: { message: 'Not Found' } });
    if (answer.isSilent) return;
    const isText = typeof answer.body === 'string';
    response.writeHead(answer.status ?? 200, {
      'content-type': isText ? 'text/html' : 'application/json; charset=utf-8',
      ...answer.headers,
    });
    response.end(
      answer.body === undefined ? undefined : isText ? (answer.body as string) : JSON.stringify(answer.body),
    );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    /** How often this was asked, as `PUT /user`. */
    count: (what: string) => asked.filter(({ method, path }) => `${method} ${path.split('?')[0]}` === what).length,
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
