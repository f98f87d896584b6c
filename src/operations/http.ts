/** An operation as a request and its answer as a response: where fields go, and where they are found again. */
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { envelopeType, keyHeader, segment } from '../domain/request.ts';
import { type AnyOperation, isStream, type Route } from './operation.ts';

export { envelopeType, keyHeader };

/** A request without a connection: what a server has of one once its headers are read. */
export interface PlainRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** JSON text; empty without one. */
  body: string;
}

/** An answer, whole or in pieces. */
export interface PlainResponse {
  status: number;
  headers: Record<string, string>;
  body: string | AsyncIterable<string>;
}

/** Characters of a key, at the most. */
export const longestKey = 200;

/** By these whoever asks through a socket says who he is, and which role is enough for him. */
export const userHeader = 'signalbox-user';
export const roleHeader = 'signalbox-role';

/** How an operation is asked for. Throws when it can only be asked where it is, and `badInput` for what fits into no path. */
export function requestFor(operation: AnyOperation, input: JsonObject, key: string | null): PlainRequest {
  const { route } = operation;
  if (route === null) throw new Error(`${operation.name} has no route`);
  const rest = { ...input };
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(rest[name] ?? '');
    delete rest[name];
    return segmentFor(operation, name, value);
  });
  const accept = isStream(operation) ? 'text/event-stream' : envelopeType;
  const headers: Record<string, string> = { accept, ...(key !== null && { [keyHeader]: key }) };
  if (route.method === 'GET') return { method: 'GET', url: `${path}${queryOf(rest)}`, headers, body: '' };
  headers['content-type'] = 'application/json';
  return { method: route.method, url: path, headers, body: JSON.stringify(rest) };
}

/** A value as one segment of a path. Throws `badInput` for what fits into none. */
function segmentFor({ name: asked }: AnyOperation, name: string, value: string): string {
  if (value === '' || !value.isWellFormed()) {
    // In the words of whoever would have found out, had it arrived.
    const message = value === '' ? 'this is empty' : 'this holds a NUL or half a character';
    const remedy = value === '' ? { say: 'give another value', field: name } : undefined;
    const why = `${asked}: "${name}": ${message}.`;
    throw new SignalboxError('invalid', 'badInput', why, { problems: [{ path: name, message }], remedy });
  }
  return segment(value);
}

function queryOf(fields: JsonObject): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null)
      query.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}

/** The fields that a path holds, as they were meant. */
export const fieldsIn = (params: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, value.replace(/^\0/, '')]));

/** Whether a path is one of this route. */
export function isAt({ path, aliases = [] }: Route, actual: string): boolean {
  return [path, ...aliases].some(pattern => new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+')}$`).test(actual));
}

/** The JSON Schema of an operation's input or output. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<string, Json>;
  return rest;
}
