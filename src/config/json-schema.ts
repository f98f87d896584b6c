/** The configuration as JSON Schema, for editors and for people. */
import { z } from 'zod';
import type { JsonObject } from '../domain/json.ts';
import { configSchema } from './schema.ts';

/** The schema of what may be written, draft 2020-12. */
export function configJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  return { title: 'signalbox.config', ...JSON.parse(JSON.stringify(schema)) };
}
