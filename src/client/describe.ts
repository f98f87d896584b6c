/** An operation with what it takes, for whoever derives something from it. */
import type { z } from 'zod';
import { isOperation, operations } from '../operations/index.ts';
import type { AnyOperation } from '../operations/operation.ts';

/** A field of an input, as far as somebody needs it who asks for values. */
export interface Field {
  name: string;
  /** What one writes: one of a list is its element's. */
  type: 'text' | 'number' | 'flag' | 'other';
  isList: boolean;
  isRequired: boolean;
  means: string;
}

export interface Described {
  operation: AnyOperation;
  fields: Field[];
}

/** Throws for a name that is none. */
export async function describe(name: string): Promise<Described> {
  if (!isOperation(name)) throw new Error(`there is no operation ${name}`);
  const operation: AnyOperation = await operations[name]();
  const entries = Object.entries(operation.input.shape as Record<string, z.ZodType>);
  return { operation, fields: entries.map(([field, schema]) => fieldOf(field, schema)) };
}

/** What a schema is made of; a JSON Schema would say the same, and takes a tenth of a second to be made for all. */
interface Def {
  type: string;
  innerType?: z.ZodType;
  element?: z.ZodType;
  in?: z.ZodType;
  options?: z.ZodType[];
}

function fieldOf(name: string, schema: z.ZodType): Field {
  const core = coreOf(schema);
  const def = core.def as unknown as Def;
  const isList = def.type === 'array';
  const means = schema.description ?? core.description ?? '';
  return { name, type: typeOf(isList ? coreOf(def.element!) : core), isList, isRequired: !schema.isOptional(), means };
}

function coreOf(schema: z.ZodType): z.ZodType {
  const { innerType, in: input } = schema.def as unknown as Def;
  const inner = innerType ?? input;
  return inner === undefined ? schema : coreOf(inner);
}

function typeOf(schema: z.ZodType): Field['type'] {
  const { type, options = [] } = schema.def as unknown as Def;
  if (type === 'string' || type === 'enum') return 'text';
  if (type === 'number') return 'number';
  if (type === 'boolean' || options.some(option => typeOf(coreOf(option)) === 'flag')) return 'flag';
  return options.some(option => typeOf(coreOf(option)) === 'text') ? 'text' : 'other';
}
