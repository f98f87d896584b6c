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

export interface StreamTimes {
  /** A sign of life while nothing happens, in milliseconds. */
  heartbeatMs: number;
  /** A reader that has taken nothing for so long is dropped, in milliseconds. */
  stallMs: number;
}

export const usualTimes: StreamTimes = { heartbeatMs: 15_000, stallMs: 30_000 };

/** Writes batch after batch until it is over, the reader has gone, or `closing` aborts. `end` ends where they come from. */
export async function streamEvents(
  reply: FastifyReply,
  first: readonly unknown[],
  rest: AsyncGenerator<readonly unknown[]>,
  { end, closing, heartbeatMs, stallMs }: StreamTimes & { end: AbortController; closing: AbortSignal },
): Promise<void> {
  const { raw } = reply;
  const stop = () => end.abort();
  reply.hijack();
  raw.useChunkedEncodingByDefault = false;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies that gather answers would hold back what happens now.
    'x-accel-buffering': 'no',
    // The answer ends with the connection: no chunk of it is made for each reader.
    connection: 'close',
  });
  raw.on('close', stop);
  closing.addEventListener('abort', stop);
  // What has happened before tells nobody who comes later.
  if (raw.destroyed || closing.aborted) stop();
  const beat = setInterval(() => !raw.writableNeedDrain && raw.write(':\n\n'), heartbeatMs);
  beat.unref();
  try {
    raw.write(':\n\n');
    await write(raw, framesOf(first), { stallMs, signal: end.signal });
    for await (const batch of rest) await write(raw, framesOf(batch), { stallMs, signal: end.signal });
    if (closing.aborted) throw stopping();
    raw.end('event: end\ndata: {}\n\n');
  } catch (error) {
    raw.end(`event: problem\ndata: ${JSON.stringify(problemOf(error))}\n\n`);
    // Whoever does not even read that holds no connection. What is ended says no more whether it was taken.
    const late = setTimeout(() => raw.destroy(), heartbeatMs).unref();
    raw.once('close', () => clearTimeout(late));
  } finally {
    clearInterval(beat);
    raw.off('close', stop);
    closing.removeEventListener('abort', stop);
    end.abort();
  }
}

const stopping = () =>
  new SignalboxError('unavailable', 'stopped', 'The service stops; go on from the last event at the next one.');

/** Resolves when there is room for more, or nothing more is to come. Throws `tooSlow` when there is none for too long. */
function write(
  raw: ServerResponse,
  bytes: Buffer,
  { stallMs, signal }: { stallMs: number; signal: AbortSignal },
): Promise<void> | undefined {
  if (bytes.length === 0 || raw.destroyed || raw.write(bytes) || signal.aborted) return undefined;
  return new Promise((resolve, reject) => {
    const settled = () => {
      clearTimeout(stalled);
      raw.off('drain', settled);
      raw.off('close', settled);
      signal.removeEventListener('abort', settled);
      resolve();
    };
    const stalled = setTimeout(() => {
      reject(tooSlow(stallMs));
      settled();
    }, stallMs);
    raw.on('drain', settled);
    raw.on('close', settled);
    signal.addEventListener('abort', settled);
  });
}

const tooSlow = (stallMs: number) =>
  new SignalboxError('unavailable', 'tooSlow', `Nothing was read for ${stallMs / 1_000} seconds.`, {
    remedy: { say: 'go on from the last event that arrived' },
  });

/** Many follow the same: what is told to all is written out once, and every socket is given the same bytes. */
const ofBatch = new WeakMap<readonly unknown[], Buffer>();
const ofPiece = new WeakMap<object, string>();

function framesOf(batch: readonly unknown[]): Buffer {
  const known = ofBatch.get(batch);
  if (known !== undefined) return known;
  const frames = Buffer.from(batch.map(piece => frameOf(piece as { position?: number | string })).join(''));
  ofBatch.set(batch, frames);
  return frames;
}

function frameOf(piece: { position?: number | string }): string {
  const { position } = piece;
  const id = position === undefined ? '' : `id: ${position}\n`;
  const known = ofPiece.get(piece) ?? `${id}data: ${JSON.stringify(piece)}\n\n`;
  ofPiece.set(piece, known);
  return known;
}
