/** The contract over requests: to a service, to the socket of whoever works, or in one process for tests. */
import { z } from 'zod';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import { errorOf, type ProblemDocument } from '../domain/problem.ts';
import { type PlainRequest, type PlainResponse, requestFor } from '../operations/http.ts';
import { operations } from '../operations/index.ts';
import type { AnyOperation } from '../operations/operation.ts';
import { eventsIn } from './events.ts';
import type { Signalbox } from './signalbox.ts';
import { noPauses, type Pauses, type Told, unbroken } from './unbroken.ts';

/** Carries a request to the other side. Throws what a connection throws. */
export type Transport = (request: PlainRequest, signal?: AbortSignal) => Promise<PlainResponse>;

const problemDocument = z.looseObject({ detail: z.string(), reason: z.string().optional() });

/**
 * `close` lets go of what the transport holds; by `pauses`, what comes bit by bit goes on when the connection is lost, which
 * it does not without them.
 */
export function openRemote(transport: Transport, close: () => void = () => {}, pauses: Pauses = noPauses): Signalbox {
  async function send(operation: AnyOperation, input: unknown, key: string | null, signal?: AbortSignal) {
    if (operation.route === null) {
      const why = `${operation.name} is about the machine on which it is asked and cannot be asked from here.`;
      throw new SignalboxError('not_found', 'unknownOperation', why);
    }
    const response = await carry(requestFor(operation, (input ?? {}) as never, key), signal);
    if (response.status < 400) return response;
    throw refusal(await textOf(response));
  }

  async function carry(request: PlainRequest, signal?: AbortSignal): Promise<PlainResponse> {
    try {
      return await transport(request, signal);
    } catch (error) {
      if (error instanceof SignalboxError) throw error;
      throw unreachable(error);
    }
  }

  async function* told(operation: AnyOperation, input: unknown, signal?: AbortSignal): AsyncGenerator<Told> {
    const { body } = await send(operation, input, null, signal);
    for await (const { event, data, id } of eventsIn(typeof body === 'string' ? [body] : reachable(body))) {
      if (event === 'problem') throw refusal(data ?? '');
      if (event === 'end') return;
      yield { place: id, ...(data !== null && { piece: understood(operation, data) }) };
    }
    throw unreachable('the connection ended before the answer did');
  }

  return {
    async ask(name, input, { key, signal } = {}) {
      const operation: AnyOperation = await operations[name]();
      const response = await send(operation, input, key ?? null, signal);
      if (typeof response.body !== 'string' && response.headers['content-type']?.startsWith('text/event-stream')) {
        throw badAnswer(`${name} was answered bit by bit`);
      }
      return understood(operation, await textOf(response)) as never;
    },
    async *follow(name, input, { signal, onPlace } = {}) {
      const operation: AnyOperation = await operations[name]();
      const from = (after: string | null) => told(operation, after === null ? input : { ...input, after }, signal);
      yield* unbroken(from, { pauses, signal, onPlace }) as AsyncGenerator<never>;
    },
    close: async () => close(),
  };
}

function unreachable(cause: unknown): SignalboxError {
  const why = `Whoever works on the data could not be reached: ${messageOf(cause)}.`;
  return new SignalboxError('unavailable', 'unreachable', why, { cause });
}

async function* reachable(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  try {
    yield* pieces;
  } catch (error) {
    throw error instanceof SignalboxError ? error : unreachable(error);
  }
}

function understood({ name, output }: AnyOperation, text: string): unknown {
  const parsed = output.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badAnswer(`${name} was answered with something else (${issue?.path.join('.')}: ${issue?.message})`);
}

function refusal(text: string): Error {
  const parsed = problemDocument.safeParse(jsonIn(text));
  return parsed.success ? errorOf(parsed.data as unknown as ProblemDocument) : badAnswer(text.slice(0, 200));
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const badAnswer = (why: string) =>
  new SignalboxError('unavailable', 'badAnswer', `The answer cannot be understood: ${why}.`, {
    remedy: { say: 'use the same version on both sides' },
  });

async function textOf({ body }: PlainResponse): Promise<string> {
  if (typeof body === 'string') return body;
  let text = '';
  for await (const piece of body) text += piece;
  return text;
}
