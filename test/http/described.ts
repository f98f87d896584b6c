/** What the OpenAPI document of a running service says, read as a program reads it. */
import { createRequire } from 'node:module';
import { expect } from 'vitest';
import type { Answer, Service } from './place.ts';

// The validator of the document brings the one of JSON Schemas along.
const fromValidator = createRequire(import.meta.resolve('@seriousme/openapi-schema-validator'));
const { default: Ajv } = fromValidator('ajv/dist/2020') as {
  default: new (
    options: object,
  ) => {
    addSchema(schema: object, key: string): void;
    getSchema(key: string): Validate | undefined;
  };
};
type Validate = ((value: unknown) => boolean) & { errors?: unknown };

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: Record<string, unknown>;
  description?: string;
}

export interface Response {
  description: string;
  headers?: Record<string, unknown>;
  content?: Record<string, Record<string, unknown>>;
  'x-reasons'?: string[];
}

export interface Route {
  /** `/tasks/{taskId}`. */
  path: string;
  method: string;
  operationId: string;
  summary: string;
  /** Null for what anybody may ask. */
  role: string | null;
  isOperation: boolean;
  isStream: boolean;
  parameters: Parameter[];
  body: { required: boolean; schema: { properties: Record<string, unknown>; required?: string[] } } | null;
  responses: Record<string, Response>;
}

interface Entry {
  operationId: string;
  summary: string;
  security?: unknown[];
  'x-role'?: string;
  'x-operation'?: string;
  parameters: object[];
  requestBody?: { required: boolean; content: { 'application/json': { schema: never } } };
  responses: Record<string, object>;
}

export interface Document {
  openapi: string;
  tags: { name: string; description?: string }[];
  paths: Record<string, Record<string, Entry>>;
  components: Record<string, Record<string, object>>;
}

export type Described = Awaited<ReturnType<typeof readDescription>>;

export async function readDescription({ ask, server }: Pick<Service, 'ask' | 'server'>) {
  const { json } = await ask('GET', '/openapi.json');
  const document = json as unknown as Document;
  const resolved = <Of>(it: object): Of => {
    const { $ref } = it as { $ref?: string };
    if ($ref === undefined) return it as Of;
    const [, , sort = '', name = ''] = $ref.split('/');
    const found = document.components[sort]?.[name];
    expect(found, $ref).toBeDefined();
    return found as Of;
  };
  const routes = Object.entries(document.paths).flatMap(([path, entries]) =>
    Object.entries(entries).map(([method, entry]): Route => {
      const { operationId, summary, security, parameters, requestBody } = entry;
      const responses = Object.entries(entry.responses).map(
        ([status, it]) => [status, resolved<Response>(it)] as const,
      );
      const content = requestBody?.content['application/json'];
      return {
        ...{ path, method: method.toUpperCase(), operationId, summary },
        role: security === undefined ? (entry['x-role'] ?? null) : null,
        isOperation: entry['x-operation'] !== undefined,
        isStream: responses.some(([, it]) => it.content?.['text/event-stream'] !== undefined),
        parameters: parameters.map(it => resolved<Parameter>(it)),
        body: content === undefined ? null : { required: requestBody!.required, schema: content.schema },
        responses: Object.fromEntries(responses),
      };
    }),
  );
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: false });
  ajv.addSchema(document, 'document');

  /** What is wrong with a value by the schema at a place of the document; undefined for nothing. */
  function wrongBy(place: readonly string[], value: unknown): unknown {
    const pointer = place.map(part => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
    const validate = ajv.getSchema(`document#/${pointer}`);
    if (validate === undefined) throw new Error(`there is no schema at ${pointer}`);
    return validate(value) ? undefined : validate.errors;
  }

  /** Refuses an answer that the document does not list for the route, or not so. */
  function check({ path, method, operationId, responses }: Route, { status, headers, body, json }: Answer): void {
    const response = responses[status];
    const about = `${operationId}: ${status} ${body.slice(0, 500)}`;
    if (response === undefined) throw new Error(`the document lists no such answer of ${about}`);
    expect(headers['x-request-id'], about).toBeTruthy();
    const [type = ''] = (headers['content-type'] ?? '').split(';');
    if (response.content === undefined) expect(body, about).toBe('');
    else expect(Object.keys(response.content), about).toContain(type);
    if (response['x-reasons'] !== undefined) {
      expect(json.status, about).toBe(status);
      expect(response['x-reasons'], about).toContain(json.reason);
      expect(wrongBy(['components', 'schemas', 'Problem'], json), about).toBeUndefined();
    } else if (response.content !== undefined && type.endsWith('json')) {
      const place = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'];
      expect(wrongBy(place, json), about).toBeUndefined();
    }
  }

  /** Refuses a piece of a stream that is not what the document says. */
  function checkPiece({ path }: Route, piece: unknown): void {
    const place = ['paths', path, 'get', 'responses', '200', 'content', 'text/event-stream', 'x-data'];
    expect(wrongBy(place, piece)).toBeUndefined();
  }

  const isServed = ({ method, path }: Route) =>
    server.hasRoute({ method: method as 'GET', url: path.replace(/\{(\w+)\}/g, ':$1') });
  return { document, routes: routes.filter(isServed), all: routes, check, checkPiece };
}
