/**
 * What is wrong with a tree that came to the target or to the end, told from the pipeline and from what its gates have said,
 * without a look at how the machine decides: a second opinion on it.
 */
import type { Gate, Pipeline } from '../machines/pipeline.ts';

export type Word = 'pass' | 'fail' | 'inconclusive';

/** A tree that came to the target, or to the end, with what every gate had last said of it. */
export interface Landed {
  /** The stage that merged it, `landing`, or `done`. */
  by: string;
  tree: string;
  said: Record<string, Word | undefined>;
}

/** Gates that speak of code as it is, and of nothing else. */
const speaksOfCode = ({ kind }: Gate) => kind !== 'artifacts' && kind !== 'approval';

/**
 * What is wrong with a tree that has come to be somewhere where it was not; empty when all is well. Nothing is merged that
 * the target has already.
 */
export function wrongIn(pipeline: Pipeline, { by, tree, said }: Landed): string[] {
  const { stages } = pipeline;
  const way = wayOf(pipeline);
  const at = way.indexOf(by);
  const isOwing = ({ name }: { name: string }) => {
    const place = way.indexOf(name);
    return place >= 0 && (at < 0 || place < at);
  };
  const inOrder = stages.filter(isOwing).sort((a, b) => way.indexOf(a.name) - way.indexOf(b.name));
  const first = inOrder.findIndex(({ gates }) => gates.some(speaksOfCode));
  const lacking = inOrder.flatMap(({ gates }, index) =>
    gates
      .filter(gate => speaksOfCode(gate) || (gate.kind === 'approval' && index >= first))
      .filter(({ name }) => said[name] !== 'pass')
      .map(({ name }) => `${by} takes ${tree}, of which ${name} says ${said[name] ?? 'nothing'}`),
  );
  const refused = Object.entries(said)
    .filter(([, word]) => word === 'fail')
    .map(([gate]) => `${by} takes ${tree}, which ${gate} has refused`);
  return [...new Set([...lacking, ...refused])];
}

/** The stages that a task goes through when all is well, told from the pipeline alone. */
export function wayOf({ stages }: Pipeline): string[] {
  const way: string[] = [];
  for (let index = 0; index >= 0 && index < stages.length && !way.includes(stages[index]!.name); ) {
    const { name, next } = stages[index]!;
    way.push(name);
    index = next === undefined ? index + 1 : stages.findIndex(stage => stage.name === next);
  }
  return way;
}

/** Those before a stage; all of them before a detour. */
export function wayTo(pipeline: Pipeline, stage: string): string[] {
  const way = wayOf(pipeline);
  return way.includes(stage) ? way.slice(0, way.indexOf(stage)) : way;
}

const judgedAnew = new Set<Gate['kind']>(['command', 'ci', 'pullRequestReview']);

/**
 * Gates whose pass goes on to hold when a merge at this stage brings in what the target has: what people and reviewers have
 * said is of the task's own changes. What can be judged again without an agent is judged again.
 */
export function carriedOver(pipeline: Pipeline, stage: string): string[] {
  // What is merged last, after all of them, comes after the whole way.
  const again = [...wayTo(pipeline, stage), stage];
  return pipeline.stages.flatMap(({ name, gates }) =>
    gates.filter(({ kind }) => !(judgedAnew.has(kind) && again.includes(name))).map(gate => gate.name),
  );
}
