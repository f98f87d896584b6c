/** Reads a pipeline from a YAML, JSON or TypeScript file and says everything that is wrong with it at once. */
import { type Pipeline, pipelineSchema } from '../machines/pipeline.ts';
import { problemsOf, readDocument, refuse } from './document.ts';

/** Loads and checks a pipeline. Throws `invalid` with one problem for each thing that is wrong, with its line. */
export async function loadPipeline(file: string, cwd = process.cwd()): Promise<Pipeline> {
  const source = await readDocument(file, { what: 'a pipeline', exported: 'pipeline', cwd });
  const result = pipelineSchema.safeParse(source.value);
  if (result.success) return result.data;
  throw refuse(source, problemsOf(result.error, source));
}
