/**
 * The server: fastify with our limits and answers, the routes of the operations, and what is about the service itself. It
 * listens wherever it is told to; who may ask is the guard's to say.
 */
import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import { SignalboxError } from '../domain/errors.ts';
import { problemOf } from '../domain/problem.ts';
import { isAt } from '../operations/http.ts';
import { allOperations } from '../operations/index.ts';
import type { Site } from '../operations/operation.ts';
import { type ConnectionTimes, limitsFor, watchConnections } from './connections.ts';
import { type Arrival, type Guard, type Sender, tokenIn } from './guard.ts';
import { addHealth } from './health.ts';
import { tokenIn as socketToken } from './inspector/token.ts';
import { parseJson } from './json.ts';
import type { NetworkOptions } from './network.ts';
import { badMediaType, installProblems, largestBody, longestSegment, problemType, replyProblem } from './problems.ts';
import { addRoutes, methodsOf, type Subject } from './routes.ts';
import { sessionIn } from './session.ts';
import { type StreamTimes, usualTimes as streamTimes } from './stream.ts';
import { installTracing } from './tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * Tells once when whoever sent it would not be let in any more: when tokens change, and looked at each `everyMs`
     * milliseconds, because those of the configuration and the environment tell nobody. Answers how to be told no more.
     */
    whenOut(told: () => void, everyMs: number): () => void;
    /** Null where nobody has said who he is, or not truly. */
    sender: Sender | null;
    /** What was made or moved, for the log; null while nothing was. */
    subject: Subject | null;
  }
  interface FastifyContextConfig {
    /** The operation that the route asks. */
    operation?: string;
    /** Whether anybody may ask, without a token. */
    isOpen?: boolean;
  }
}

/** What the server tells of what it does. */
export interface ServerWatch {
  onRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  onReader(stream: string, by: 1 | -1): void;
}

export interface ServerOptions {
  site: Site;
  guard: Guard;
  /** Of the program. */
  version: string;
  logger: FastifyBaseLogger;
  /** What a server on a network needs beside; null for the socket of a data directory. */
  network: NetworkOptions | null;
  watch?: ServerWatch;
  /** Where the usual ones are too long to be waited for. */
  times?: Partial<ServerTimes>;
  /** Adds routes beside those of the operations. */
  more?(server: FastifyInstance, guard: Guard): void | Promise<void>;
}

export interface ServerTimes extends ConnectionTimes, StreamTimes {}

/** Whoever sends a request in drops gets no place for it. */
const usualTimes: ServerTimes = { headersMs: 10_000, requestMs: 30_000, ...streamTimes };

/** Makes the server; nothing listens yet. `close` ends what comes bit by bit and waits for requests that are under way. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { site, version, logger, watch, network } = options;
  const times = { ...usualTimes, ...options.times };
  const closing = new AbortController();
  const server = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    bodyLimit: largestBody,
    trustProxy: trusted(network?.trustProxy ?? null),
    keepAliveTimeout: 72_000,
    ...limitsFor(times),
    routerOptions: { maxParamLength: longestSegment },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: refuseBroken,
    frameworkErrors: (error, _, reply) => void replyProblem(reply as never, error),
  });
  server.decorateRequest('sender', null);
  server.decorateRequest('subject', null);
  server.decorateRequest('whenOut', () => () => {});
  server.addHook('preClose', async () => closing.abort());
  watchConnections(server, times);
  server.addHook('onRequest', async (_, reply) => {
    if (!closing.signal.aborted) return;
    void reply.header('connection', 'close');
    throw new SignalboxError('unavailable', 'stopped', 'The service stops and takes no new requests.', {
      remedy: { say: 'ask again in a moment: another one may take over' },
    });
  });
  takeJsonOnly(server);
  installTracing(server, version);
  installLog(server, watch);

  const operations = await allOperations();
  const takes = (path: string) => {
    const there = operations.filter(({ route }) => route !== null && isAt(route, path));
    return [...new Set(there.flatMap(methodsOf))];
  };
  installProblems(server, takes);
  installGuard(server, options.guard);
  if (network !== null) await (await import('./network.ts')).installNetwork(server, network);

  addHealth(server, { site, version });
  const onReader = (stream: string, by: 1 | -1) => watch?.onReader(stream, by);
  addRoutes(server, { site, operations, closing: closing.signal, times, onReader });
  await options.more?.(server, options.guard);
  return server;
}

/** The connection itself is hop 0: what the outermost proxy has seen is not one of ours, whatever it says of others. */
const trusted = (proxies: NetworkOptions['trustProxy']) =>
  typeof proxies === 'number' ? (_: string, hop: number) => hop < proxies : (proxies ?? false);

function takeJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      if (!isUtf8(request.headers['content-type']) || request.headers['content-encoding'] !== undefined)
        throw badMediaType();
      done(null, body.length === 0 ? undefined : parseJson(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
}

const isUtf8 = (type = '') => !/charset=(?!"?utf-8"?\s*(?:;|$))/i.test(type);

/** One line for each request; addresses are left out of it, because people put secrets into them. */
function installLog(server: FastifyInstance, watch: ServerWatch | undefined): void {
  server.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    if (request.headers.upgrade !== undefined) void reply.header('connection', 'close');
  });
  server.addHook('onResponse', async (request, reply) => {
    const { method, sender, ip, routeOptions } = request;
    // A socket that asked for another protocol and was refused is no connection for the next request.
    if (request.headers.upgrade !== undefined) request.raw.socket.destroySoon();
    const { taskId, agentId } = (request.params ?? {}) as { taskId?: string; agentId?: string };
    const route = routeOptions.url ?? 'none';
    const [status, ms] = [reply.statusCode, Math.round(reply.elapsedTime)];
    watch?.onRequest({ method, route, status, seconds: reply.elapsedTime / 1_000 });
    // What stands in the place of an id is anything, until somebody was let in who named one.
    const where = status < 400 ? { task: taskId, run: agentId, ...request.subject } : {};
    const from = isIP(ip) === 0 ? request.raw.socket.remoteAddress : ip;
    const about = { method, route, status, ms, by: sender?.name, from, ...where };
    if (method === 'GET' || method === 'HEAD') request.log.debug(about, 'asked');
    else request.log.info(about, status < 400 ? 'ordered' : 'refused');
  });
}

function installGuard(server: FastifyInstance, guard: Guard): void {
  server.addHook('onRequest', async request => {
    refuseUnplain(request);
    const { method, headers, url, routeOptions } = request;
    const said = tokenIn(url, headers) ?? socketToken(headers['sec-websocket-protocol']) ?? null;
    const token = said ?? sessionIn(request);
    const isFromCookie = said === null && token !== null;
    // Who watches over the service is answered also when nobody can be looked up.
    const arrival = { method, headers, token, isFromCookie };
    request.sender = routeOptions.config?.isOpen ? null : await guard.identify(arrival);
    request.whenOut = (told, everyMs) => watchEntry(guard, arrival, { told, everyMs });
  });
  // Behind the limit: whoever guesses is counted too.
  server.addHook('preParsing', async ({ sender, routeOptions, is404, headers }) => {
    // Where there is nothing, nothing tells whether a token is one.
    if (sender !== null || is404 || routeOptions.config?.isOpen) return;
    const why =
      headers.authorization === undefined
        ? 'This is for those who have a token.'
        : 'The token that came with the request lets nobody in.';
    throw new SignalboxError('forbidden', 'unauthenticated', why, {
      remedy: { say: 'send one as the header "authorization: Bearer …"; "signalbox token create" makes one' },
    });
  });
}

interface EntryWatch {
  told(): void;
  everyMs: number;
}

function watchEntry(guard: Guard, arrival: Arrival, { told, everyMs }: EntryWatch): () => void {
  let isOut = false;
  const look = () => {
    guard.identify(arrival).then(
      sender => {
        if (sender !== null || isOut) return;
        isOut = true;
        forget();
        told();
      },
      // While nobody can be looked up, whoever is in stays in.
      () => {},
    );
  };
  const timer = setInterval(look, everyMs).unref();
  const unheard = guard.onChange?.(look);
  const forget = () => {
    clearInterval(timer);
    unheard?.();
  };
  return forget;
}

/** One way to write a path, so that whoever stands before this and goes by paths means the same as this does. */
function refuseUnplain({ url }: FastifyRequest): void {
  const [path = ''] = url.split('?', 1);
  const isPlain = path.startsWith('/') && !/\/\/|\\|[^!-~]|(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path);
  if (!isPlain) throw new SignalboxError('invalid', 'badRequest', 'The path of the request is not written plainly.');
}

/** What is no HTTP never becomes a request. */
function refuseBroken(error: Error & { code?: string }, socket: Socket & { _httpMessage?: IncomingMessage }): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  const isSlow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const expected = isSlow
    ? new SignalboxError('unavailable', 'tooSlow', 'The request took too long to arrive.')
    : new SignalboxError('invalid', 'badRequest', 'This is not HTTP as it should be.');
  const problem = problemOf(expected);
  const body = JSON.stringify(problem);
  const line = isSlow ? '408 Request Timeout' : '400 Bad Request';
  const head = [`HTTP/1.1 ${line}`, `content-type: ${problemType}`, `content-length: ${Buffer.byteLength(body)}`];
  socket.end(`${[...head, 'connection: close'].join('\r\n')}\r\n\r\n${body}`);
}
