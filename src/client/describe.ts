/** An operation with what it takes as JSON Schema, for whoever derives something from it. */
import type { JsonObject } from '../domain/json.ts';
import { jsonSchemaOf } from '../operations/http.ts';
import { isOperation, operations } from '../operations/index.ts';
import type { AnyOperation } from '../operations/operation.ts';

export interface Described {
  operation: AnyOperation;
  shape: { properties: Record<string, JsonObject>; required: string[] };
}

/** Throws for a name that is none. */
export async function describe(name: string): Promise<Described> {
  if (!isOperation(name)) throw new Error(`there is no operation ${name}`);
  const operation: AnyOperation = await operations[name]();
  const { properties = {}, required = [] } = jsonSchemaOf(operation.input, 'input') as Partial<Described['shape']>;
  return { operation, shape: { properties, required } };
}
