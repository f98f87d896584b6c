import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.ts';

type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; additionalProperties?: unknown };

test('the JSON Schema knows every field, says what each is for, and refuses others', () => {
  const schema = configJsonSchema() as Schema;
  expect(schema.additionalProperties).toBe(false);
  expect(Object.keys(schema.properties ?? {})).toEqual([
    ...['$schema', 'data', 'worker', 'host', 'breaker', 'preflight', 'serve', 'retention', 'agents', 'agent', 'roles'],
    ...['pipeline', 'priority', 'budget', 'forges', 'trackers', 'chats', 'notify', 'people', 'routines', 'reader'],
    ...['language', 'texts', 'projects', 'prices'],
  ]);
  // Nothing has to be written.
  expect(schema.required ?? []).toEqual([]);
  const silent = Object.entries(schema.properties ?? {}).filter(([, { description }]) => !description);
  expect(silent).toEqual([]);
  const agent = schema.properties?.agents?.additionalProperties as Schema;
  expect(agent.properties?.kind).toMatchObject({ enum: ['claude', 'codex', 'gemini', 'opencode', 'aider', 'command'] });
});
