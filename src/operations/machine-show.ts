/** One machine as a document. */
import { z } from 'zod';
import { type DocumentFormat, documentFormats, documentOf } from '../app/machine-documents.ts';
import { type MachineInForce, machineOfKind, machinesInForce, taskMachine } from '../app/machines.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import type { Runtime } from '../runtime/index.ts';
import { type Here, operation, type Who } from './operation.ts';
import { pipelineNamed, unreadablePipeline } from './pipelines.ts';

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
    machineId: z
      .string()
      .min(1)
      .max(4_000)
      .describe(
        'its kind, task:PIPELINE, or the id of a task, a run or another actor for the machine that it lives by',
      ),
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
  async run({ here, runtime }, { machineId, format }, who) {
    const found = (await inForce(machineId, here, who)) ?? (await livedBy(machineId, runtime));
    return answer(found ?? (await refuse(machineId, here)), format);
  },
  async withoutData(here, { machineId, format }, who) {
    return answer((await inForce(machineId, here, who)) ?? (await refuse(machineId, here)), format);
  },
});

async function answer(found: MachineInForce, format: DocumentFormat) {
  return { id: found.id, kind: found.kind, format, text: await documentOf(found, format) };
}

/** By its kind or its pipeline. Throws what reading a pipeline throws. */
async function inForce(id: string, here: Here, who: Who): Promise<MachineInForce | undefined> {
  const ofKind = machineOfKind(id);
  if (ofKind !== undefined || !id.startsWith('task:')) return ofKind;
  const { machines } = await machinesInForce(here.configuration);
  const known = machines.find(machine => machine.id === id);
  return known ?? taskMachine(await pipelineNamed(id.slice('task:'.length), here, who));
}

/** The machine of an actor, as it was when the actor began. Throws `definitionMissing` when it cannot be built any more. */
async function livedBy(id: string, runtime: Runtime): Promise<MachineInForce | undefined> {
  const actor = await runtime.actor(id);
  if (actor === undefined) return undefined;
  const { kind, machine } = await runtime.machineOf(id);
  if (machine !== undefined) return { id, kind, machine, hash: actor.definition };
  throw new SignalboxError('invalid', 'definitionMissing', `The definition that ${id} lives by cannot be read.`);
}

async function refuse(id: string, here: Here): Promise<never> {
  const { machines } = await machinesInForce(here.configuration);
  const likely = nearest(
    id,
    machines.map(machine => machine.id),
  ).join(', ');
  throw new SignalboxError(
    'not_found',
    'noMachine',
    `There is no machine ${quote(id)} and nothing with this id that lives by one; did you mean ${likely}?`,
    { remedy: { say: 'look which there are', operation: 'machine.list' } },
  );
}
