/**
 * What must hold of code that goes on, told from the pipeline and from what the machine has noted of verdicts. It is said here
 * a second time and otherwise than the machine asks it, on purpose: what is wrong in its guards shows here. What is wrong in
 * its notes shows to the second opinion of the tests, which has its own.
 */
import type { Gate, Pipeline, Stage } from '../pipeline.ts';
import type { TaskContext } from '../task/context.ts';
import { pathOf, type Situation } from './paper.ts';

/** Says what is wrong where a task is, or null. */
export type Judge = (situation: Situation) => string | null;

export function soundness(pipeline: Pipeline): Judge {
  const way = wayOf(pipeline);
  return ({ at, context }) => {
    const path = pathOf(at);
    if (path === 'done') return wrongIn(context, pipeline, way, 'it is done');
    const [first = '', ...rest] = at.path;
    if (first === 'landing' && rest.at(-1) === 'writing') return wrongIn(context, pipeline, way, 'code lands');
    const stage = pipeline.stages.find(({ name }) => name === first);
    if (stage?.merge === undefined) return null;
    if (rest.at(-1) === 'writing') return wrongIn(context, pipeline, before(stage, way), `${first} merges code`);
    const isAtWork = rest[0] === 'working';
    const isItsOwn = context.madeIn === first || stage.merge.onConflict === first;
    if (isAtWork && !isItsOwn && context.merged?.codeTree !== context.codeTree)
      return `the agent of ${first} works on code that is not merged`;
    return null;
  };
}

/** From the first stage along `next`. */
function wayOf({ stages }: Pipeline): Stage[] {
  const way: Stage[] = [];
  for (let stage = stages[0]; stage !== undefined && !way.includes(stage); ) {
    way.push(stage);
    const { next } = stage;
    stage = next === undefined ? stages[stages.indexOf(stage) + 1] : stages.find(({ name }) => name === next);
  }
  return way;
}

const before = (stage: Stage, way: readonly Stage[]): Stage[] =>
  way.includes(stage) ? way.slice(0, way.indexOf(stage)) : [...way];

const judgesCode = ({ kind }: Gate) => kind !== 'artifacts' && kind !== 'approval';

/** Gates that speak of the code: approvals do from the first stage on in which something else does. */
function codeGates(stages: readonly Stage[]): Set<string> {
  const first = stages.findIndex(({ gates }) => gates.some(judgesCode));
  const speak = (gate: Gate, index: number) => judgesCode(gate) || (gate.kind === 'approval' && index >= first);
  return new Set(
    stages.flatMap(({ gates }, index) => gates.filter(gate => speak(gate, index)).map(({ name }) => name)),
  );
}

function wrongIn(
  { verdicts, codeTree, refused = [], madeIn }: TaskContext,
  { stages }: Pipeline,
  owing: readonly Stage[],
  what: string,
): string | null {
  const code = codeGates(owing);
  const maker = stages.filter(stage => stage.name === madeIn && !owing.includes(stage));
  for (const { name, gates } of [...owing, ...maker]) {
    const isMaker = maker.some(stage => stage.name === name);
    for (const gate of gates) {
      const verdict = verdicts[gate.name];
      if (verdict?.verdict !== 'pass') return `${what} that ${gate.name} of ${name} has not passed`;
      if ((isMaker || code.has(gate.name)) && verdict.codeTree !== codeTree)
        return `${what} that ${gate.name} of ${name} has passed only as it was before`;
    }
  }
  const [no] = refused.filter(one => one.codeTree === codeTree);
  return no === undefined ? null : `${what} that ${no.gate} has refused`;
}
