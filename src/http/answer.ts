/** Answers requests from the list of operations: finds the one that is meant, carries it out, and writes the answer. */
import { SignalboxError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { problemOf } from '../domain/problem.ts';
import { keyHeader, matchPath, type PlainRequest, type PlainResponse } from '../operations/http.ts';
import { allOperations } from '../operations/index.ts';
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
  const all = await allOperations();
  return async (request: PlainRequest, { name, role, signal }: Sender): Promise<PlainResponse> => {
    try {
      const { operation, input } = read(all, request);
      const key = request.headers[keyHeader] ?? null;
      const end = new AbortController();
      const either = signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]);
      const who = { name, role, key, tell: () => {}, signal: either };
      const admitted = admit(operation, input, who);
      if (isStream(operation)) return streamed(streamOn(admitted, site), end);
      return json(operation.route!.status, await perform(admitted, site));
    } catch (error) {
      const problem = problemOf(error);
      return { ...json(problem.status, problem), headers: { 'content-type': 'application/problem+json' } };
    }
  };
}

/** The operation that a request means, and its input. Throws `unknownOperation` and `badInput`. */
function read(all: readonly AnyOperation[], { method, url, headers, body }: PlainRequest) {
  const [pathname = '', query = ''] = url.split(/\?(.*)/s);
  if (!isPlain(pathname))
    throw new SignalboxError('invalid', 'badInput', 'The path of the request is not written plainly.');
  const found = all.flatMap(operation => {
    const fields = operation.route?.method === method ? matchPath(operation.route, pathname) : undefined;
    return fields === undefined ? [] : [{ operation, fields }];
  });
  // A path that is written out goes before one that takes any name.
  const best = found.sort((a, b) => Object.keys(a.fields).length - Object.keys(b.fields).length)[0];
  if (best === undefined) {
    throw new SignalboxError('not_found', 'unknownOperation', `There is nothing at ${method} ${pathname}.`);
  }
  const given: JsonObject =
    method === 'GET' ? Object.fromEntries(new URLSearchParams(query)) : objectIn(body, headers['content-type']);
  return { operation: best.operation, input: { ...given, ...best.fields } };
}

/** One way to write a path, so that whoever stands before this and goes by paths means the same as this does. */
const isPlain = (path: string) => path.startsWith('/') && !/\/\/|\\|[^!-~]|(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path);

/** Bytes of a body, at the most; the largest field has a megabyte. */
const largestBody = 12_000_000;
/** Arrays and objects in one another. */
const deepest = 64;

function objectIn(body: string, type: string | undefined): JsonObject {
  if (body === '') return {};
  // A form of another site cannot say that it sends JSON without asking first.
  if (!/^application\/json\b/i.test(type ?? '')) {
    throw new SignalboxError('invalid', 'badInput', 'The body is not sent as application/json.');
  }
  if (body.length > largestBody) {
    throw new SignalboxError('invalid', 'badInput', `The body is longer than ${largestBody} bytes.`);
  }
  if (depthOf(body) > deepest) {
    throw new SignalboxError('invalid', 'badInput', `The body is nested deeper than ${deepest} times.`);
  }
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below.
  }
  throw new SignalboxError('invalid', 'badInput', 'The body is not a JSON object.');
}

/** How deep JSON text goes; counted before it is parsed, for what walks the value walks it by calling itself. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  let isText = false;
  for (let index = 0; index < text.length; index++) {
    const mark = text[index];
    if (mark === '"') isText = !isText;
    else if (isText && mark === '\\') index += 1;
    else if (!isText && (mark === '[' || mark === '{')) most = Math.max(most, ++depth);
    else if (!isText && (mark === ']' || mark === '}')) depth -= 1;
  }
  return most;
}

function json(status: number, value: unknown): PlainResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/**
 * Server-sent events: one for each piece, with its position as id where it has one, and one that says that it is over.
 * Whoever takes no more of them ends what they come from, also while that waits for something to happen.
 */
function streamed(pieces: AsyncGenerator<unknown>, end: AbortController): PlainResponse {
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
  const written = events();
  const body: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => written.next(),
      return: () => {
        end.abort();
        return written.return(undefined);
      },
    }),
  };
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, body };
}
