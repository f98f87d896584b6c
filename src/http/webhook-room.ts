/**
 * Memory for the bodies of deliveries. Who has sent one is known only when all of it is there, so anybody can have some
 * kept; this bounds what all of them have together. Small bodies, as nearly all are, always find room.
 */
import { Transform } from 'node:stream';
import type { FastifyReply, RequestPayload } from 'fastify';
import { SignalboxError } from '../domain/errors.ts';

/** Bytes of a body that nobody counts. */
const small = 256 * 1024;

/** Bytes of all bodies that are under way, beyond those. */
const mostAtOnce = 128 * 1024 ** 2;

/** Answers what a body is to be read through. It ends with `tooOften` where there is no room for it. */
export function createRoom(): (payload: RequestPayload, reply: FastifyReply) => RequestPayload {
  let taken = 0;
  return (payload, reply) => {
    let length = 0;
    let own = 0;
    // Also when the sender has gone.
    reply.raw.once('close', () => {
      taken -= own;
    });
    const counted: Transform & RequestPayload = new Transform({
      transform(piece: Buffer, _, done) {
        length += piece.length;
        counted.receivedEncodedLength = length;
        const beyond = Math.max(0, length - small) - own;
        own += beyond;
        taken += beyond;
        if (taken <= mostAtOnce) return done(null, piece);
        void reply.header('connection', 'close');
        done(noRoom());
      },
    });
    payload.once('error', error => counted.destroy(error));
    return payload.pipe(counted);
  };
}

const noRoom = () =>
  new SignalboxError('unavailable', 'tooOften', 'Too many large deliveries arrive at once.', {
    remedy: { say: 'send it again in a moment' },
  });
