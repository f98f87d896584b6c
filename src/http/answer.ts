/** Answers requests from the list of operations: finds the one that is meant, carries it out, and writes the answer. */
import { SignalboxError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { problemOf } from '../domain/problem.ts';
import { keyHeader, matchPath, type PlainRequest, type PlainResponse } from '../operations/http.ts';
import { operationNames, operations } from '../operations/index.ts';
import { type AnyOperation, isStream, type Role, type Site } from '../operations/operation.ts';
import { admit, perform, streamOn } from '../operations/perform.ts';

/** Whoever sent a request, once that is known. */
export interface Sender {
  name: string;
  role: Role;
  signal?: AbortSignal;
}

/** Answers on open data. Never throws: whatever goes wrong is an answer. */
export async function createAnswers(site: Site) {
  const all: AnyOperation[] = await Promise.all(operationNames.map(name => operations[name]()));
  return async (request: PlainRequest, { name, role, signal }: Sender): Promise<PlainResponse> => {
    try {
      const { operation, input } = read(all, request);
      const key = request.headers[keyHeader] ?? null;
      const who = { name, role, key, tell: () => {}, signal: signal ?? new AbortController().signal };
      const admitted = admit(operation, input, who);
      if (isStream(operation)) return streamed(streamOn(admitted, site));
      return json(operation.route!.status, await perform(admitted, site));
    } catch (error) {
      const problem = problemOf(error);
      return { ...json(problem.status, problem), headers: { 'content-type': 'application/problem+json' } };
    }
  };
}

/** The operation that a request means, and its input. Throws `unknownOperation` and `badInput`. */
function read(all: readonly AnyOperation[], { method, url, body }: PlainRequest) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const found = all.flatMap(operation => {
    const fields = operation.route?.method === method ? matchPath(operation.route, pathname) : undefined;
    return fields === undefined ? [] : [{ operation, fields }];
  });
  // A path that is written out goes before one that takes any name.
  const best = found.sort((a, b) => Object.keys(a.fields).length - Object.keys(b.fields).length)[0];
  if (best === undefined) {
    throw new SignalboxError('not_found', 'unknownOperation', `There is nothing at ${method} ${pathname}.`);
  }
  const given: JsonObject = method === 'GET' ? Object.fromEntries(searchParams) : objectIn(body);
  return { operation: best.operation, input: { ...given, ...best.fields } };
}

function objectIn(body: string): JsonObject {
  if (body === '') return {};
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below.
  }
  throw new SignalboxError('invalid', 'badInput', 'The body is not a JSON object.');
}

function json(status: number, value: unknown): PlainResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** Server-sent events: one for each piece, with its position as id where it has one, and one that says that it is over. */
function streamed(pieces: AsyncGenerator<unknown>): PlainResponse {
  async function* events() {
    try {
      for await (const piece of pieces) {
        const { position } = piece as { position?: number };
        yield `${position === undefined ? '' : `id: ${position}\n`}data: ${JSON.stringify(piece)}\n\n`;
      }
      yield 'event: end\ndata: {}\n\n';
    } catch (error) {
      yield `event: problem\ndata: ${JSON.stringify(problemOf(error))}\n\n`;
    }
  }
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: events() };
}
