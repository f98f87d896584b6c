/** The schemas of answers. What is answered in several places has a name of its own, so that a client reads well. */
import { z } from 'zod';
import type { Json, JsonObject } from '../../domain/json.ts';
import { feedEntry } from '../../operations/feed-entry.ts';
import { budget, remedy, spent, usage } from '../../operations/fields.ts';
import { killed } from '../../operations/killing.ts';
import type { AnyOperation } from '../../operations/operation.ts';
import { tokenView } from '../../operations/tokens.ts';
import { agentView } from '../../operations/views/agent.ts';
import { breakerView, queueView, workerView } from '../../operations/views/queue.ts';
import { sentEvent, taskView } from '../../operations/views/task.ts';
import { problemSchema } from './problem.ts';

/** The others are called by their operation. */
const named: Record<string, z.ZodType> = {
  ...{ Task: taskView, SentEvent: sentEvent, AgentRun: agentView, Killed: killed, FeedEntry: feedEntry },
  ...{ Queue: queueView, Worker: workerView, Breaker: breakerView, Token: tokenView },
  ...{ Budget: budget, Spent: spent, Usage: usage, Remedy: remedy },
};

const anyJson: JsonObject = { description: 'any JSON value' };

export const schemaNamed = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });

/** All schemas of answers, and which of them is that of an operation. */
export function schemasFor(operations: readonly AnyOperation[]) {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  for (const { name, output } of operations) if (!registry.has(output)) registry.add(output, { id: nameFor(name) });
  const { schemas } = z.toJSONSchema(registry, {
    io: 'output',
    uri: id => `#/components/schemas/${id}`,
    unrepresentable: 'any',
  });
  const { __shared: _, ...own } = schemas as Record<string, JsonObject>;
  const all = Object.fromEntries(Object.entries(own).map(([id, schema]) => [id, plain(schema) as JsonObject]));
  const sorted = Object.entries({ ...all, Json: anyJson, Problem: problemSchema }).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    schemas: Object.fromEntries(sorted) as JsonObject,
    schemaOf: ({ output }: AnyOperation) => schemaNamed(registry.get(output)!.id),
  };
}

/** `task.list` is answered with a `TaskList`. */
const nameFor = (operation: string) =>
  operation
    .split('.')
    .map(word => `${word[0]!.toUpperCase()}${word.slice(1)}`)
    .join('');

/**
 * A schema without what is said of every one of its sort: that a number fits, that names are texts, and that there are no
 * other fields, because there will be. Any JSON value is called so, however the schema says it.
 */
export function plain(schema: Json): Json {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(plain);
  if (typeof schema.$ref === 'string' && /\$defs/.test(schema.$ref)) return { ...schema, ...schemaNamed('Json') };
  const kept = Object.entries(schema).filter(([key, value]) => !isNoise(key, value!));
  return Object.fromEntries(kept.map(([key, value]) => [key, plain(value!)]));
}

function isNoise(key: string, value: Json): boolean {
  if (key === 'minimum' || key === 'maximum') return Math.abs(value as number) === Number.MAX_SAFE_INTEGER;
  if (key === 'propertyNames') return JSON.stringify(value) === '{"type":"string"}';
  return key === '$schema' || key === '$id' || key === '$defs' || (key === 'additionalProperties' && value === false);
}
