/** Writes the JSON Schema of what an agent may ask for by a file. */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { agentRequest } from '../src/domain/agent-request.ts';

/** What a file may hold; fields with a default may be left out. */
export function requestSchemaText(): string {
  const title = 'What an agent of Signalbox may ask for by a file in <documents>/requests/';
  return `${JSON.stringify({ title, ...z.toJSONSchema(agentRequest, { io: 'input' }) }, null, 2)}\n`;
}

if (import.meta.main) {
  writeFileSync(new URL('../docs/agent-request.schema.json', import.meta.url), requestSchemaText());
}
