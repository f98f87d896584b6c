/** A machine as the JSON that Stately's tools read, and that `createMachine` of XState makes the same states of again. */
import type { AnyStateMachine } from 'xstate';
import type { Json, JsonObject } from '../../domain/json.ts';
import { nameOf } from './drawing.ts';

/** What is done or asked under these is named; any other function computes data that only a running actor has. */
const named = ['guard', 'actions', 'entry', 'exit', 'src'];

/** The definition without its initial context, which holds data of one actor. */
export function definitionOf({ config }: AnyStateMachine): JsonObject {
  const { context: _, ...rest } = config as Record<string, unknown>;
  return plain(rest, '') as JsonObject;
}

/** As JSON; undefined where nothing of it can be. `under` is the name of the field that it is in. */
function plain(value: unknown, under: string): Json | undefined {
  if (typeof value === 'function') return named.includes(under) ? { type: nameOf(value) } : undefined;
  if (Array.isArray(value)) return value.flatMap(element => plain(element, under) ?? []);
  if (typeof value !== 'object' || value === null) return value as Json | undefined;
  const fields = Object.entries(value).map(([key, field]) => [key, plain(field, key)] as const);
  return Object.fromEntries(fields.filter(([, field]) => field !== undefined)) as JsonObject;
}
