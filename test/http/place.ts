/** A service on loopback, and requests to it as they are written: no client makes them good. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { openApp } from '../../src/app/open.ts';
import type { ServerOptions } from '../../src/http/server.ts';
import type { Site } from '../../src/operations/operation.ts';
import { openNetwork } from '../client/data.ts';
import { temporaryDirectory } from '../support/temporary.ts';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
  json: Record<string, unknown>;
}

/** Data to record what is ordered, without any task where nothing else is said. */
export async function emptySite(directory = temporaryDirectory()): Promise<Site> {
  const app = await openApp({ dataDir: directory, mode: 'commit' });
  onTestFinished(() => app.close());
  const here = {
    cwd: directory,
    env: {},
    configurationFile: async () => null,
    configuration: () => Promise.reject(new Error('none')),
  };
  return Object.assign(app, { here });
}

export type Service = Awaited<ReturnType<typeof openService>>;

export async function openService(given?: Site, options: Partial<ServerOptions> = {}) {
  const site = given ?? (await emptySite());
  const { url, token, server } = await openNetwork(site, options);
  const { hostname, port } = new URL(url);
  const admin = token('admin');
  const usual = { 'content-type': 'application/json', authorization: `Bearer ${admin}` };

  /** The path goes out as it is written. A header that is undefined is left out. */
  function ask(method: string, path: string, body?: string | Buffer, headers: Record<string, string | undefined> = {}) {
    const all = Object.entries({
      ...(body === undefined ? { authorization: usual.authorization } : usual),
      ...headers,
    });
    const given = Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Record<string, string>;
    return new Promise<Answer>((resolve, reject) => {
      const sent = request({ hostname, port, method, path, headers: given }, async response => {
        let text = '';
        for await (const piece of response.setEncoding('utf8')) text += piece;
        const json = response.headers['content-type']?.includes('json') && text !== '' ? JSON.parse(text) : {};
        resolve({
          status: response.statusCode!,
          headers: response.headers as Record<string, string>,
          body: text,
          json,
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Bytes as they are, and what comes back until the other side ends it. */
  function raw(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(Number(port), hostname, () => socket.write(text));
      socket.setEncoding('utf8');
      socket.on('data', piece => {
        answer += piece;
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });
  }

  /** What comes bit by bit, until there is a piece of it or it is over. */
  async function hear(path: string, headers: Record<string, string> = {}): Promise<Answer & { pieces: unknown[] }> {
    const stop = new AbortController();
    const all = { authorization: usual.authorization, ...headers };
    const answer = await fetch(`${url}${path}`, { headers: all, signal: stop.signal });
    const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    let body = '';
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      body += next.value;
      if (isStream && /^data: .*\n\n/m.test(body)) break;
    }
    stop.abort();
    const pieces = [...body.matchAll(/^(?:id: .*\n)data: (.*)\n\n/gm)].map(([, data]): unknown => JSON.parse(data!));
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body, json: {}, pieces };
  }

  return { site, url, token, admin, server, ask, raw, hear, port: Number(port) };
}
