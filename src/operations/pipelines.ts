/** Finds the pipeline that somebody names. */
import { meansFile, readPipeline } from '../app/pipelines.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { Reason } from '../domain/reasons.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import type { Here, Who } from './operation.ts';

/** Why a pipeline that somebody names cannot be read. */
export const unreadablePipeline = [
  'noPipeline',
  'commandNotAllowed',
  'fileMissing',
  'badFile',
  'badDocument',
] as const satisfies readonly Reason[];

/** By its name, or from a file for those who may read any file here. Throws `noPipeline`, `commandNotAllowed`. */
export function pipelineNamed(nameOrFile: string, { cwd }: Here, who: Who): Promise<Pipeline> {
  if (who.role === 'admin' || !meansFile(nameOrFile)) return readPipeline(nameOrFile, cwd);
  const why = 'Only an administrator may name a file of this machine.';
  throw new SignalboxError('forbidden', 'commandNotAllowed', why, {
    remedy: { say: 'look which pipelines there are', operation: 'pipeline.list' },
  });
}
