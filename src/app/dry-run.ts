/** What an order would lead to, walked with stubs; nothing is made. */
import { type DryWalk, dryRun } from '../machines/proof/dry.ts';
import type { NewTask } from './new-task.ts';

export interface DryStage {
  stage: string;
  role: string;
  /** The agent that would play it, as the configuration calls it. */
  agent: string;
}

export interface DryRun extends DryWalk {
  repository: string;
  target: string;
  project: string;
  pipeline: string;
  stages: DryStage[];
}

export function dryRunOf({ repository, target, project, pipeline, agent, agents }: NewTask): DryRun {
  const stages = pipeline.stages.map(({ name, role }) => ({ stage: name, role, agent: (agents[role] ?? agent).name }));
  return { repository, target, project, pipeline: pipeline.name, stages, ...dryRun(pipeline) };
}
