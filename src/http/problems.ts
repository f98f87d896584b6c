/** Every failure as a problem document: ours, those of the server itself, and what should never happen. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SignalboxError } from '../domain/errors.ts';
import { problemOf } from '../domain/problem.ts';

export const problemType = 'application/problem+json';

/** Answers a failure. A bug is logged whole and answered with nothing but the fact that it is one. */
export function replyProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const expected = expectedOf(error);
  if (expected === undefined) reply.log.error({ err: error }, 'a request has failed by a bug');
  // Also of what failed before it came to any hook.
  void reply.header('x-request-id', reply.request.id);
  const problem = problemOf(expected ?? new Error('This is a bug in Signalbox; its log says more.'));
  if (problem.status === 401) {
    // A browser asks a person for the token only so; what others send they know.
    const isPage = (reply.request.headers.accept ?? '').includes('text/html');
    void reply.header('www-authenticate', `${isPage ? 'Basic' : 'Bearer'} realm="signalbox"`);
  }
  if (problem.status === 503) void reply.header('retry-after', '1');
  return reply.code(problem.status).type(problemType).send(JSON.stringify(problem));
}

/** What the server says by itself, in our words. */
function expectedOf(error: unknown): SignalboxError | undefined {
  if (error instanceof SignalboxError) return error;
  const { code = '', statusCode = 500, message = '' } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge();
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return badMediaType();
  if (code === 'FST_ERR_MAX_PARAM_LENGTH') return tooLong();
  if (code === 'FST_ERR_BAD_URL') return new SignalboxError('invalid', 'badRequest', 'The path cannot be decoded.');
  if (statusCode === 429) return tooOften(message);
  if (statusCode >= 400 && statusCode < 500) {
    return new SignalboxError('invalid', 'badRequest', `The request cannot be read: ${code || message}.`);
  }
  return undefined;
}

/** Bytes of a body, at the most; the largest field has a megabyte, and a document of its own a few. */
export const largestBody = 12_000_000;

/** Characters of one part of a path, at the most. */
export const longestSegment = 4_000;

const tooLong = () =>
  new SignalboxError('invalid', 'badRequest', `A part of the path is longer than ${longestSegment} characters.`, {
    remedy: { say: 'give an id that was answered' },
  });

const tooLarge = () =>
  new SignalboxError('invalid', 'tooLarge', `The body is larger than ${largestBody} bytes.`, {
    remedy: { say: 'send less' },
  });

/** A form of another site cannot say that it sends JSON without asking first. */
export const badMediaType = () =>
  new SignalboxError('invalid', 'badMediaType', 'The body is not sent as application/json in UTF-8.', {
    remedy: { say: 'send the header content-type: application/json, and nothing compressed' },
  });

export const tooOften = (message: string) =>
  new SignalboxError('unavailable', 'tooOften', `There are too many requests: ${message}.`, {
    remedy: { say: 'wait for as long as the header retry-after says' },
  });

/** Installs the answers for all that goes wrong; `methodsAt` are the methods that a path takes. */
export function installProblems(server: FastifyInstance, methodsAt: (path: string) => string[]): void {
  server.setErrorHandler((error, _, reply) => replyProblem(reply, error));
  server.setNotFoundHandler((request, reply) => replyProblem(reply, notFound(request, reply, methodsAt)));
}

function notFound(
  { method, url }: FastifyRequest,
  reply: FastifyReply,
  methodsAt: (path: string) => string[],
): SignalboxError {
  const [path = ''] = url.split('?', 1);
  const methods = methodsAt(path);
  const shown = path.slice(0, 200);
  if (methods.length === 0) {
    return new SignalboxError('not_found', 'unknownOperation', `There is nothing at ${method} ${shown}.`, {
      remedy: { say: 'look into /openapi.json or /docs for what there is' },
    });
  }
  void reply.header('allow', methods.join(', '));
  return new SignalboxError('invalid', 'badMethod', `${shown} takes ${methods.join(', ')}, not ${method}.`);
}
