/** The operations as an OpenAPI 3.1 document. */
import type { JsonObject } from '../domain/json.ts';
import { jsonSchemaOf, keyHeader } from '../operations/http.ts';
import { allOperations } from '../operations/index.ts';
import { type AnyOperation, isStream, type Route } from '../operations/operation.ts';

/** Every operation that can be asked over HTTP. `version` is that of the program. */
export async function openApiOf(version: string): Promise<JsonObject> {
  const all = await allOperations();
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const operation of all) {
    const { route } = operation;
    if (route === null) continue;
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: entryOf(operation, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Signalbox', version, description: 'What can be asked of Signalbox.' },
    paths: paths as unknown as JsonObject,
    components: { schemas: { Problem: problemSchema } },
  };
}

function entryOf(operation: AnyOperation, route: Route): JsonObject {
  const { name, summary, may, isKeyed, input, output } = operation;
  const schema = jsonSchemaOf(input, 'input') as { properties?: Record<string, JsonObject>; required?: string[] };
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, field]) => field!);
  const others = Object.entries(schema.properties ?? {}).filter(([field]) => !inPath.includes(field));
  const isGet = route.method === 'GET';
  const parameter = (field: string, where: string): JsonObject => {
    const { description, ...rest } = schema.properties?.[field] ?? {};
    const isRequired = where === 'path' || (schema.required ?? []).includes(field);
    return {
      name: field,
      in: where,
      required: isRequired,
      schema: rest,
      ...(description !== undefined && { description }),
    };
  };
  const key = { name: keyHeader, in: 'header', required: false, schema: { type: 'string' } };
  const body = {
    type: 'object',
    properties: Object.fromEntries(others),
    required: (schema.required ?? []).filter(field => !inPath.includes(field)),
    additionalProperties: false,
  };
  return {
    operationId: name,
    summary,
    tags: [name.split('.')[0]!],
    'x-role': may,
    parameters: [
      ...inPath.map(field => parameter(field, 'path')),
      ...(isGet ? others.map(([field]) => parameter(field, 'query')) : isKeyed ? [key] : []),
    ],
    ...(!isGet && others.length > 0 && { requestBody: { content: { 'application/json': { schema: body } } } }),
    responses: {
      [String(route.status)]: {
        description: summary,
        content: {
          [isStream(operation) ? 'text/event-stream' : 'application/json']: { schema: jsonSchemaOf(output, 'output') },
        },
      },
      default: {
        description: 'A failure, with its reason and what would mend it.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

const problemSchema: JsonObject = {
  type: 'object',
  description: 'RFC 9457, with the stable name of the failure and what would mend it.',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    reason: { type: 'string' },
    remedy: {
      type: 'object',
      properties: {
        say: { type: 'string' },
        field: { type: 'string' },
        operation: { type: 'string' },
        input: { type: 'object' },
      },
    },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, message: { type: 'string' }, line: { type: 'integer' } },
      },
    },
  },
};
