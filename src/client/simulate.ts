/** Pipelines tried out in simulated worlds: nothing of it touches data, repositories or agents. */
import { readPipeline } from '../app/pipelines.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import { loadWorld, unknownNames, usualWorld, type WorldSettings } from '../simulation/settings.ts';

export { type Simulated, simulate, type Values, type Worst } from '../simulation/simulate.ts';
export type { Walked } from '../simulation/walk.ts';
export type { Happening } from '../simulation/world.ts';

/** What is asked for: a pipeline by name or from a file, and a world from a file. */
export interface SimulationOrder {
  pipeline: string;
  /** A file; the usual world without it. */
  world: string | undefined;
  /** Instead of what the world says. */
  tasks: number | undefined;
  cwd: string;
}

/** Reads both. Throws `invalid` and `not_found` with what is wrong; a world must not name what the pipeline has not. */
export async function readSimulation({
  pipeline: name,
  world: file,
  tasks,
  cwd,
}: SimulationOrder): Promise<{ pipeline: Pipeline; world: WorldSettings }> {
  const pipeline = await readPipeline(name, cwd);
  const world = file === undefined ? usualWorld : await loadWorld(file, cwd);
  const unknown = unknownNames(world, pipeline);
  if (unknown.length > 0) {
    throw new SignalboxError(
      'invalid',
      'badFile',
      `${file} names what ${pipeline.name} has not:\n  ${unknown.join('\n  ')}`,
    );
  }
  return { pipeline, world: tasks === undefined ? world : { ...world, tasks } };
}
