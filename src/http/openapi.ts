/**
 * The API as an OpenAPI 3.1 document: every operation that can be asked over HTTP, at each of its paths, with every answer
 * that it can have; and what is asked of the service itself.
 */
import type { JsonObject } from '../domain/json.ts';
import { allOperations } from '../operations/index.ts';
import { about, securitySchemes, tagsOf } from './openapi/about.ts';
import { createEntries } from './openapi/entry.ts';
import { createFailures } from './openapi/failures.ts';
import { parameters, sharedHeaders } from './openapi/headers.ts';
import { schemasFor } from './openapi/schemas.ts';
import { serviceEntries } from './openapi/service.ts';

type Paths = Record<string, Record<string, JsonObject>>;

/** `version` is that of the program. */
export async function openApiOf(version: string): Promise<JsonObject> {
  const operations = (await allOperations()).filter(({ route }) => route !== null);
  const { schemas, schemaOf } = schemasFor(operations);
  const failures = createFailures();
  const entryOf = createEntries({ schemaOf, failures });
  const paths: Paths = {};
  const add = (path: string, method: string, entry: JsonObject) => {
    const written = path.replace(/:(\w+)/g, '{$1}');
    paths[written] = { ...paths[written], [method.toLowerCase()]: entry };
  };
  for (const operation of operations) {
    const { path, method, aliases = [] } = operation.route!;
    for (const each of [path, ...aliases]) add(each, method, entryOf(operation, each));
  }
  for (const { path, method, entry } of serviceEntries(failures)) add(path, method, entry);
  const responses = failures.hoist(paths);
  return {
    openapi: '3.1.0',
    info: { title: 'Signalbox', version, description: about, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'the service that answered this document' }],
    security: [{ bearer: [] }],
    tags: tagsOf(paths),
    paths: paths as unknown as JsonObject,
    components: { schemas, responses, parameters, headers: sharedHeaders, securitySchemes },
  };
}
