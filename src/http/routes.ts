/** The routes, one for each operation that has one: reads the request, has the order carried out, writes the answer. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SignalboxError } from '../domain/errors.ts';
import { envelopeType, fieldsIn, keyHeader } from '../operations/http.ts';
import { type AnyOperation, type Batch, isStream, type Route, type Site, type Who } from '../operations/operation.ts';
import { admit, checked, perform, streamOn } from '../operations/perform.ts';
import { type StreamTimes, streamEvents } from './stream.ts';

export interface RoutesOptions {
  site: Site;
  operations: readonly AnyOperation[];
  /** Aborts when the server closes: what comes bit by bit ends then. */
  closing: AbortSignal;
  times: StreamTimes;
  /** A reader of a stream comes or goes. */
  onReader(stream: string, by: 1 | -1): void;
}

/** The methods that the path of an operation takes. */
export function methodsOf(operation: AnyOperation): string[] {
  const { method } = operation.route!;
  // What never ends has no length to ask for.
  return method === 'GET' && !isStream(operation) ? ['GET', 'HEAD'] : [method];
}

export function addRoutes(server: FastifyInstance, options: RoutesOptions): void {
  for (const operation of options.operations) {
    const { route } = operation;
    if (route === null) continue;
    for (const url of [route.path, ...(route.aliases ?? [])]) {
      server.route({
        method: route.method,
        url,
        exposeHeadRoute: methodsOf(operation).includes('HEAD'),
        config: { operation: operation.name },
        handler: (request, reply) => answer(operation, route, options, request, reply),
      });
    }
  }
}

async function answer(
  operation: AnyOperation,
  route: Route,
  options: RoutesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const end = new AbortController();
  const leave = () => end.abort();
  // From the beginning: whoever goes while his answer is looked for would be waited on for ever.
  reply.raw.once('close', leave);
  const admitted = admit(operation, inputOf(operation, request), whoIn(request, end.signal));
  if (isStream(operation)) {
    await stream(operation, admitted, options, { request, reply, end });
    return undefined;
  }
  try {
    const given = checked(operation, await perform(admitted, options.site));
    if (operation.changes) request.subject = subjectOf(operation, given);
    void reply.code(route.status);
    const isWrapped = operation.media !== undefined && wantsEnvelope(request);
    const document = isWrapped ? null : (operation.media?.(given as never) ?? null);
    if (document !== null) return reply.type(document.type).send(document.text);
    return reply.type(isWrapped ? envelopeType : 'application/json; charset=utf-8').send(JSON.stringify(given));
  } finally {
    reply.raw.off('close', leave);
  }
}

/** What an order was about, as far as its answer says. */
export interface Subject {
  task?: string;
  run?: string;
  /** The position in the log of the task. */
  seq?: number;
}

function subjectOf({ name }: AnyOperation, given: unknown): Subject {
  const { id, agentId, seq } = given as { id?: unknown; agentId?: unknown; seq?: unknown };
  return {
    ...(name === 'task.add' && typeof id === 'string' && { task: id }),
    ...(typeof agentId === 'string' && { run: agentId }),
    ...(typeof seq === 'number' && { seq }),
  };
}

const wantsEnvelope = ({ headers }: FastifyRequest) => (headers.accept ?? '').includes(envelopeType);

/** What the accepted media types say of the input, where the operation has documents beside its answer. */
function acceptedBy({ accepts = {} }: AnyOperation, { accept = '' }: FastifyRequest['headers']): object {
  const type = accept.includes(envelopeType) ? undefined : Object.keys(accepts).find(one => accept.includes(one));
  return type === undefined ? {} : accepts[type]!;
}

/** Fields of the path win over those of the body, and these over those of the query, and these over what is accepted. */
function inputOf(operation: AnyOperation, { query, body, params, headers }: FastifyRequest): object {
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) {
    throw new SignalboxError('invalid', 'badJson', 'The body is not a JSON object.');
  }
  const asked = { ...acceptedBy(operation, headers), ...(query as object) };
  const input = { ...asked, ...body, ...fieldsIn(params as Record<string, string>) };
  // Where a reader goes on that was cut off.
  const last = headers['last-event-id'];
  return isStream(operation) && typeof last === 'string' && last !== '' ? { ...input, after: last } : input;
}

function whoIn({ sender, headers }: FastifyRequest, signal: AbortSignal): Who {
  const key = headers[keyHeader];
  const { name, role } = sender!;
  return { name, role, key: typeof key === 'string' ? key : null, tell: () => {}, signal };
}

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
  end: AbortController;
}

async function stream(
  operation: AnyOperation,
  admitted: ReturnType<typeof admit>,
  { site, closing, onReader, times }: RoutesOptions,
  { request, reply, end }: Exchange,
): Promise<void> {
  const batches = streamOn(admitted, site);
  // What is wrong with the order is told before anything is promised.
  const first: Batch<unknown> = (await batches.next()).value ?? [];
  onReader(operation.name, 1);
  try {
    if (wantsEvents(operation, request, admitted.input)) {
      await streamEvents(reply, first, batches, { ...times, end, closing, whenOut: request.whenOut });
    } else {
      await streamText(reply, bytesOf(operation, admitted.input, first, batches), { end, ...times });
    }
  } finally {
    onReader(operation.name, -1);
  }
}

/** Plain text for whoever reads once, events for whoever follows or says that he takes them. */
function wantsEvents(operation: AnyOperation, { headers }: FastifyRequest, input: object): boolean {
  const { bytesOf } = operation as { bytesOf?: unknown };
  if (bytesOf === null) return true;
  return (headers.accept ?? '').includes('text/event-stream') || (input as { follow?: boolean }).follow === true;
}

/** Resolves when the reader has everything, or has gone, or has taken nothing for too long. */
async function streamText(
  reply: FastifyReply,
  bytes: AsyncGenerator<Buffer>,
  { end, stallMs }: StreamTimes & { end: AbortController },
): Promise<void> {
  const { raw } = reply;
  raw.setTimeout(stallMs, () => raw.destroy());
  const isOver = new Promise<void>(resolve => {
    raw.once('close', resolve);
    if (raw.destroyed) resolve();
  });
  void reply.type('text/plain; charset=utf-8').send(Readable.from(bytes));
  await isOver;
  end.abort();
  await bytes.return(undefined);
}

async function* bytesOf(
  operation: AnyOperation,
  input: never,
  first: Batch<unknown>,
  rest: AsyncGenerator<Batch<unknown>>,
): AsyncGenerator<Buffer> {
  const write = isStream(operation) ? operation.bytesOf : null;
  const joined = (batch: Batch<unknown>) => Buffer.concat(batch.map(piece => write!(piece as never, input)));
  if (first.length > 0) yield joined(first);
  for await (const batch of rest) if (batch.length > 0) yield joined(batch);
}
