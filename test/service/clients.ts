/**
 * Clients that order while the service goes away and comes back. Each order has a key of its own; whoever gets no answer
 * because the connection is refused or breaks off, or is told that the service stops, sends the same order again, and gives
 * up when he is told to.
 */
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { token } from './process.ts';

export interface Order {
  key: string;
  path: string;
  body: object;
}

export interface Reply {
  status: number;
  json: Record<string, unknown>;
}

/** What a connection says that has carried nothing to anybody, or no answer back. */
const broken = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']);
/** Nobody answers for as long as a process needs to start, in milliseconds. */
const againMs = 50;

/** From an address of its own, so that no connection of the client's own can take the port of the service. */
const localAddress = '127.0.0.2';

export interface Caller {
  /** Sends an order once. Throws what the connection throws. */
  send(order: Order): Promise<Reply>;
  /** Sends it until it is answered; undefined when the signal aborts before it is. */
  insist(order: Order, signal: AbortSignal): Promise<Reply | undefined>;
  close(): void;
}

/** `url` is asked for each time: a service may come back elsewhere. */
export function openCaller(url: () => string): Caller {
  const agent = new Agent({ keepAlive: true });
  const send = ({ key, path, body }: Order) =>
    new Promise<Reply>((resolve, reject) => {
      const { hostname, port } = new URL(url());
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      };
      const sent = request({ hostname, port, localAddress, agent, method: 'POST', path, headers }, async response => {
        let text = '';
        try {
          for await (const piece of response.setEncoding('utf8')) text += piece;
          resolve({ status: response.statusCode!, json: JSON.parse(text) });
        } catch (error) {
          reject(error);
        }
      });
      sent.once('error', reject);
      sent.end(JSON.stringify(body));
    });
  return {
    send,
    async insist(order, signal) {
      while (!signal.aborted) {
        try {
          const reply = await send(order);
          if (reply.json.reason !== 'stopped') return reply;
        } catch (error) {
          if (!isBroken(error)) throw error;
        }
        await pause(againMs);
      }
      return undefined;
    },
    close: () => agent.destroy(),
  };
}

/** Whether there was no answer because nobody was there, or went away. */
export const isBroken = (error: unknown) =>
  broken.has((error as NodeJS.ErrnoException).code ?? '') || /aborted/.test((error as Error).message);
