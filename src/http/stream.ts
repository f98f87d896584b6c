/**
 * Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. Each piece is an event with its
 * position as id; `end` says that it is over, `problem` why it broke off. A reader is waited for before the next batch is
 * taken, so that one who is slow costs one batch and not the engine's memory; one who stands still is dropped, and goes on
 * from the last id that it has got.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { SignalboxError } from '../domain/errors.ts';
import { problemOf } from '../domain/problem.ts';
import type { Batch } from '../operations/operation.ts';

export interface StreamTimes {
  /** A sign of life while nothing happens, in milliseconds. */
  heartbeatMs: number;
  /** A reader that has taken nothing for so long is dropped, in milliseconds. */
  stallMs: number;
  /** Whoever is to be told why it is over, and does not read even that, has so long for it, in milliseconds. */
  lastWordMs: number;
}

export const usualTimes: StreamTimes = { heartbeatMs: 15_000, stallMs: 30_000, lastWordMs: 2_000 };

export interface Reader {
  /** Ends where what is told comes from. */
  end: AbortController;
  /** Aborts when the server closes. */
  closing: AbortSignal;
  /** Tells when whoever reads may not do so any more: a token may be taken back while somebody follows. */
  whenOut(told: () => void, everyMs: number): () => void;
}

/** Writes batch after batch until it is over, the reader has gone, or `closing` aborts. `end` ends where they come from. */
export async function streamEvents(
  reply: FastifyReply,
  first: Batch<unknown>,
  rest: AsyncGenerator<Batch<unknown>>,
  { end, closing, whenOut, heartbeatMs, stallMs, lastWordMs }: StreamTimes & Reader,
): Promise<void> {
  const { raw } = reply;
  const stop = () => end.abort();
  reply.hijack();
  raw.on('close', stop);
  closing.addEventListener('abort', stop);
  // Whoever has gone before this began is not told of any more.
  if (raw.destroyed || closing.aborted) stop();
  // The answer ends with the connection: no chunk of it is made for each reader.
  raw.useChunkedEncodingByDefault = false;
  raw.writeHead(200, headersOf(reply));
  let reached = first.reached;
  let isOut = false;
  const beat = setInterval(() => {
    if (!raw.writableNeedDrain) raw.write(signOfLife(reached));
  }, heartbeatMs);
  beat.unref();
  const forget = whenOut(() => {
    isOut = true;
    stop();
  }, heartbeatMs);
  try {
    raw.write(signOfLife(reached));
    await write(raw, framesOf(first), { stallMs, signal: end.signal });
    while (!end.signal.aborted) {
      const { value: batch, done } = await rest.next();
      if (done) break;
      await write(raw, framesOf(batch), { stallMs, signal: end.signal });
      reached = batch.reached;
    }
    if (isOut) throw out();
    if (closing.aborted) throw stopping();
    raw.end('event: end\ndata: {}\n\n');
  } catch (error) {
    raw.end(`event: problem\ndata: ${JSON.stringify(problemOf(error))}\n\n`);
    // Whoever does not even read that holds no connection. What is ended says no more whether it was taken.
    const late = setTimeout(() => raw.destroy(), lastWordMs).unref();
    raw.once('close', () => clearTimeout(late));
  } finally {
    clearInterval(beat);
    forget();
    raw.off('close', stop);
    closing.removeEventListener('abort', stop);
    end.abort();
    await rest.return(undefined);
  }
}

const headersOf = (reply: FastifyReply) => ({
  ...(reply.getHeaders() as Record<string, string>),
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Nothing comes after it, and nobody who stops waits for a connection that is kept for more.
  connection: 'close',
  // Proxies that gather answers would hold back what happens now.
  'x-accel-buffering': 'no',
});

/** A comment. With an id it moves the place of a reader for whom there was nothing; to whom nothing is told by that. */
const signOfLife = (reached: number | string | undefined) => `:\n${reached === undefined ? '' : `id: ${reached}\n`}\n`;

const out = () =>
  new SignalboxError(
    'forbidden',
    'unauthenticated',
    'The token with which this was asked for is not accepted any more.',
  );

const stopping = () =>
  new SignalboxError('unavailable', 'stopped', 'The service stops; go on from the last event at the next one.');

interface Patience {
  stallMs: number;
  /** Aborts when nothing more is to be written. */
  signal: AbortSignal;
}

/**
 * Resolves when there is room for more, or need not be any. Throws `tooSlow` when nothing at all has been taken for too long;
 * as long as some is, the connection itself puts that off.
 */
function write(raw: ServerResponse, bytes: string | Buffer, { stallMs, signal }: Patience): Promise<void> | undefined {
  if (bytes.length === 0 || raw.destroyed || raw.write(bytes) || signal.aborted) return undefined;
  return new Promise((resolve, reject) => {
    const settle = (isStalled: boolean) => {
      raw.setTimeout(0);
      raw.off('timeout', onTimeout);
      raw.off('drain', onRoom);
      signal.removeEventListener('abort', onRoom);
      if (isStalled) reject(tooSlow(stallMs));
      else resolve();
    };
    const onRoom = () => settle(false);
    const onTimeout = () => settle(true);
    raw.on('timeout', onTimeout);
    raw.on('drain', onRoom);
    // It does when the reader has gone, too.
    signal.addEventListener('abort', onRoom);
    raw.setTimeout(stallMs);
  });
}

const tooSlow = (stallMs: number) =>
  new SignalboxError('unavailable', 'tooSlow', `Nothing was read for ${stallMs / 1_000} seconds.`, {
    remedy: { say: 'go on from the last event that arrived' },
  });

/** Many follow the same: what is told to all is written out once, and every socket is given the same bytes. */
const ofBatch = new WeakMap<readonly unknown[], string | Buffer>();

/** As text for the first reader, who may be the only one; as bytes for all others. */
function framesOf(batch: readonly unknown[]): string | Buffer {
  const known = ofBatch.get(batch);
  if (Buffer.isBuffer(known)) return known;
  const frames =
    known === undefined
      ? batch.map(piece => frameOf(piece as { position?: number | string })).join('')
      : Buffer.from(known);
  ofBatch.set(batch, frames);
  return frames;
}

function frameOf(piece: { position?: number | string }): string {
  const { position } = piece;
  const id = position === undefined ? '' : `id: ${position}\n`;
  return `${id}data: ${JSON.stringify(piece)}\n\n`;
}
