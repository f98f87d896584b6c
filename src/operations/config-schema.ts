/** What may stand in a configuration. */
import { z } from 'zod';
import { configJsonSchema } from '../config/json-schema.ts';
import { localOperation } from './operation.ts';

export const configSchema = localOperation({
  name: 'config.schema',
  summary: 'the JSON Schema of the configuration, for editors',
  may: 'viewer',
  changes: false,
  input: z.strictObject({}),
  output: z.record(z.string(), z.json()),
  route: { method: 'GET', path: '/config/schema', status: 200 },
  run: async () => configJsonSchema(),
});
