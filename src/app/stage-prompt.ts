/** The prompt of a stage, before there is a task. */
import { samplePrompt } from '../actors/sample-prompt.ts';
import type { Config } from '../config/schema.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { findPipeline } from './pipelines.ts';
import { findRepository } from './setup.ts';

export interface StagePromptOrder {
  stage: string;
  repository?: string | undefined;
  project?: string | undefined;
  /** By its name or its file; that of the configuration without it. */
  pipeline?: string | undefined;
  title?: string | undefined;
  body?: string | undefined;
  feedback?: string | undefined;
}

/** With the templates of the repository that is named. Throws `noStage`, and what keeps the pipeline or the repository from being read. */
export async function promptOfStage(config: Config, cwd: string, order: StagePromptOrder) {
  const { stage: name, repository, project, title, body, feedback } = order;
  const pipeline = await findPipeline(order.pipeline ?? config.pipeline, cwd);
  const stage = pipeline.stages.find(one => one.name === name);
  if (stage === undefined) throw noStage(name, pipeline);
  const isSaid = repository !== undefined || project !== undefined;
  const found = isSaid ? await findRepository(config, { repository, project }, cwd) : undefined;
  return { stage: name, role: stage.role, ...(await samplePrompt(stage, { found, title, body, feedback })) };
}

function noStage(name: string, { name: pipeline, stages }: { name: string; stages: { name: string }[] }) {
  const near = nearest(
    name,
    stages.map(stage => stage.name),
  ).join(', ');
  const why = `There is no stage ${quote(name)} in the pipeline ${pipeline}; the nearest are ${near}.`;
  return new SignalboxError('invalid', 'noStage', why, { remedy: { say: 'name another', field: 'stage' } });
}
