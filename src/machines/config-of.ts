/** A machine's configuration as JSON, as Stately's tools read it. */
import type { AnyStateMachine } from 'xstate';
import type { Json, JsonObject } from '../domain/json.ts';

/** Functions are there by their names, and guards that are made of others keep their parts. */
export function configOf(machine: AnyStateMachine): JsonObject {
  const { context, ...config } = machine.config as Record<string, unknown>;
  // What is made from the input is nothing before there is one.
  return plain(typeof context === 'function' ? config : { context, ...config }) as JsonObject;
}

function plain(value: unknown): Json | undefined {
  if (typeof value === 'function') return named(value);
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (typeof value !== 'object' || value === null) return value as Json | undefined;
  if (Array.isArray(value)) return value.map(element => plain(element) ?? null);
  const prototype = Object.getPrototypeOf(value);
  // Logic that stands there itself: a machine has an id.
  if (prototype !== Object.prototype && prototype !== null) {
    return { type: String((value as { id?: unknown }).id ?? prototype.constructor?.name ?? 'inline') };
  }
  const fields = Object.entries(value).map(([name, field]) => [name, plain(field)] as const);
  return Object.fromEntries(fields.filter(([, field]) => field !== undefined)) as JsonObject;
}

function named(it: { name: string; guards?: unknown[] }): JsonObject {
  const type = it.name || 'inline';
  return it.guards === undefined ? { type } : { type, guards: plain(it.guards)! };
}
