/** One machine as a document. */
import { z } from 'zod';
import { type DocumentFormat, documentFormats, documentOf } from '../app/machine-documents.ts';
import type { MachineInForce } from '../app/machines.ts';
import { machineId, machineInForce, machineNamed, noSuchMachine } from './machines.ts';
import { operation } from './operation.ts';
import { unreadablePipeline } from './pipelines.ts';

const mediaTypes: Record<DocumentFormat, string> = {
  json: 'application/json',
  svg: 'image/svg+xml',
  mermaid: 'text/plain; charset=utf-8',
};

export const machineShow = operation({
  name: 'machine.show',
  summary: 'a state machine as JSON for tools, as a drawing or as a Mermaid diagram',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    machineId,
    format: z
      .enum(documentFormats)
      .default('json')
      .describe('json: the definition as XState and Stately read it; svg: a drawing; mermaid: a diagram as text'),
  }),
  output: z.object({
    id: z.string(),
    kind: z.string(),
    format: z.enum(documentFormats),
    text: z.string().describe('the document'),
  }),
  args: ['machineId'],
  route: { method: 'GET', path: '/machines/:machineId', status: 200 },
  fails: ['noMachine', 'definitionMissing', ...unreadablePipeline],
  media: ({ format, text }) => ({ type: mediaTypes[format], text }),
  mediaTypes: Object.values(mediaTypes).map(type => type.split(';')[0]!),
  run: async ({ here, runtime }, { machineId, format }, who) =>
    answer(await machineNamed(machineId, { here, runtime }, who), format),
  withoutData: async (here, { machineId, format }, who) =>
    answer((await machineInForce(machineId, here, who)) ?? (await noSuchMachine(machineId, here)), format),
});

async function answer(found: MachineInForce, format: DocumentFormat) {
  return { id: found.id, kind: found.kind, format, text: await documentOf(found, format) };
}
