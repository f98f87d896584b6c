/** The entry of an operation at one of its paths: what it takes, and every answer that it can have. */
import type { JsonObject } from '../../domain/json.ts';
import { envelopeType, jsonSchemaOf } from '../../operations/http.ts';
import { type AnyOperation, isStream } from '../../operations/operation.ts';
import { type Failures, reasonsOf } from './failures.ts';
import { etag, parameterNamed, requestId, unchanged } from './headers.ts';
import { plain } from './schemas.ts';

interface Given {
  schemaOf(operation: AnyOperation): JsonObject;
  failures: Failures;
}

const done = {
  200: 'It was done.',
  201: 'It was made.',
  202: 'It was taken; the answer says what became of it.',
};

export function createEntries({ schemaOf, failures }: Given): (operation: AnyOperation, path: string) => JsonObject {
  return (operation, path) => {
    const { name, summary, may, changes } = operation;
    const { path: main, method, status } = operation.route!;
    const isLook = method === 'GET' && !isStream(operation);
    return {
      operationId: idFor(name, main, path),
      summary,
      ...(path !== main && { description: `The same as ${method} ${main.replace(/:(\w+)/g, '{$1}')}.` }),
      tags: [name.split('.')[0]!],
      'x-operation': name,
      'x-role': may,
      'x-changes': changes,
      ...takenBy(operation),
      responses: {
        [String(status)]: {
          description: changes ? done[status] : 'What was asked for.',
          headers: { ...requestId, ...(isLook && etag) },
          content: contentOf(operation, schemaOf(operation)),
        },
        ...(isLook && unchanged),
        ...failures.responsesFor(reasonsOf(operation)),
      },
    };
  };
}

/** At another path than its own an operation is called by what that ends with: `agent.show.status`. */
const idFor = (name: string, main: string, path: string) =>
  path === main ? name : `${name}.${path.slice(path.lastIndexOf('/') + 1).replace(/^:/, '')}`;

interface InputSchema {
  properties?: Record<string, JsonObject>;
  required?: string[];
}

/** Parameters and body. */
function takenBy(operation: AnyOperation): JsonObject {
  const { isKeyed, input } = operation;
  const { path, method } = operation.route!;
  const { properties = {}, required = [] } = jsonSchemaOf(input, 'input') as InputSchema;
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, field]) => field!);
  const others = Object.keys(properties).filter(field => !inPath.includes(field));
  const parameter = (place: 'path' | 'query') => (field: string) => {
    const { description, ...schema } = properties[field]!;
    const isRequired = place === 'path' || required.includes(field);
    return {
      name: field,
      in: place,
      required: isRequired,
      schema: plain(schema),
      ...(description !== undefined && { description }),
    };
  };
  const headers = [
    ...(isStream(operation) ? ['LastEventId'] : method === 'GET' ? ['IfNoneMatch'] : []),
    ...(isKeyed ? ['IdempotencyKey'] : []),
  ];
  return {
    parameters: [
      ...inPath.map(parameter('path')),
      ...(method === 'GET' ? others.map(parameter('query')) : []),
      ...headers.map(parameterNamed),
    ],
    ...(method !== 'GET' && others.length > 0 && { requestBody: bodyOf({ properties, required }, others) }),
  };
}

function bodyOf({ properties = {}, required = [] }: InputSchema, fields: readonly string[]): JsonObject {
  const needed = required.filter(field => fields.includes(field));
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields.map(field => [field, plain(properties[field]!)])),
    ...(needed.length > 0 && { required: needed }),
    additionalProperties: false,
  };
  return { required: needed.length > 0, content: { 'application/json': { schema } } };
}

/** By media type. */
function contentOf(operation: AnyOperation, schema: JsonObject): JsonObject {
  const { mediaTypes, accepts } = operation;
  const text = { schema: { type: 'string' } };
  if (isStream(operation)) {
    const description =
      'Server-sent events. The data of each is a JSON document as `x-data` says, its id the position to go on from. The event ' +
      '`end` says that it is over, `problem` with a problem document why it broke off.';
    const events = { schema: { type: 'string', description }, 'x-data': schema };
    return { 'text/event-stream': events, ...(operation.bytesOf !== null && { 'text/plain': text }) };
  }
  if (mediaTypes === undefined) return { 'application/json': { schema } };
  const documents = mediaTypes.map(type => [type, type === 'application/json' ? { schema: {} } : text] as const);
  // Beside a document that is asked for there is the answer itself.
  const itself = accepts !== undefined && { 'application/json': { schema } };
  return { ...Object.fromEntries(documents), ...itself, [envelopeType]: { schema } };
}
