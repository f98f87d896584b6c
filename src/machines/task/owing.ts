/** What is owed before code goes on: which gates have to be passed, and for which code. */
import { judgingCode, ordinaryWay, type Pipeline, type Stage } from '../pipeline.ts';
import { namesOf, type Transition, toStage } from './common.ts';
import type { TaskContext } from './context.ts';

/** What has to be passed before the code as it is now may be merged, or is the end. */
export interface Owed {
  /** Of every stage on the way here. */
  gates: string[];
  /** Those among them that speak of the code: they have to be passed for the code as it is now. */
  bound: string[];
  /** Gates of all other stages, by the stage: what one of them has made of the code, its own gates have to have passed. */
  makers: Record<string, string[]>;
}

/** What is owed by a task that has come along these stages. */
export function owedAfter({ stages }: Pipeline, way: readonly Stage[]): Owed {
  const others = stages.filter(stage => !way.includes(stage));
  return {
    gates: namesOf(way.flatMap(({ gates }) => gates)),
    bound: namesOf(judgingCode(way)),
    makers: Object.fromEntries(others.map(({ name, gates }) => [name, namesOf(gates)])),
  };
}

/** The stages before one on the ordinary way. A detour comes after all of them, wherever it is begun from. */
export function wayTo(pipeline: Pipeline, stage: Stage): Stage[] {
  const way = ordinaryWay(pipeline);
  return way.includes(stage) ? way.slice(0, way.indexOf(stage)) : way;
}

/** Whether everything that is owed is passed, and for the code as it is now; no gate may have refused that very code. */
export const isOwedPassed = (context: TaskContext, owed: Owed): boolean => lacksOnly(context, owed, []);

/** The same but for gates among these that have said nothing. */
export function lacksOnly(context: TaskContext, { gates, bound, makers }: Owed, missing: readonly string[]): boolean {
  const { verdicts } = context;
  const isOpen = (gate: string) => verdicts[gate] === undefined && missing.includes(gate);
  const isPassed = (gate: string) => verdicts[gate]?.verdict === 'pass';
  const isOfNow = (gate: string) => isForNow(context, gate);
  return (
    gates.every(gate => isPassed(gate) || isOpen(gate)) &&
    bound.every(gate => isOfNow(gate) || isOpen(gate)) &&
    gatesOfMaker(context, makers).every(gate => isPassed(gate) && isOfNow(gate)) &&
    refusalsNow(context).length === 0
  );
}

/** Whether a gate was asked of the code as it is now, or of that for which the target has it. */
export function isForNow({ verdicts, codeTree, merged }: TaskContext, gate: string): boolean {
  const judged = verdicts[gate]?.codeTree;
  if (judged === undefined) return false;
  return judged === codeTree || (merged?.codeTree === codeTree && merged.judged === judged);
}

/** The gates of the stage that has made the code what it is, where that is one of these. */
function gatesOfMaker({ madeIn, verdicts, codeTree }: TaskContext, makers: Owed['makers']): string[] {
  if (madeIn != null) return Object.hasOwn(makers, madeIn) ? makers[madeIn]! : [];
  // Tasks of before do not know it: a gate that was asked of this very code speaks for its stage.
  const all = Object.values(makers).flat();
  return all.filter(gate => verdicts[gate]?.codeTree === codeTree);
}

/** Gates that have refused the code as it is now, and not passed it since. */
export function refusalsNow({ refused = [], verdicts, codeTree }: TaskContext): string[] {
  const said = Object.values(verdicts).filter(({ verdict }) => verdict === 'fail');
  const all = [...refused, ...said].filter(judged => judged.codeTree === codeTree);
  return [...new Set(all.map(({ gate }) => gate))];
}

/** Those among them that are not on the way here. */
export const refusalsBeyond = (context: TaskContext, { makers }: Pick<Owed, 'makers'>): string[] => {
  const beyond = Object.values(makers).flat();
  return refusalsNow(context).filter(gate => beyond.includes(gate));
};

/** The stage by whose rules what was added last is merged; undefined where a pipeline merges nothing. */
export const mergingLast = (pipeline: Pipeline): Stage | undefined =>
  ordinaryWay(pipeline).findLast(({ merge }) => merge !== undefined);

/** How often a lapsed verdict may lead back to its stage without a person. */
const lapsedLimit = 3;

/** Where a verdict that was for other code leads: to be judged again, by the stage's agent where that writes it. */
export function lapsedWays(way: readonly Stage[]): Transition[] {
  return judgingCode(way).map(gate => {
    const owner = way.find(({ gates }) => gates.includes(gate))!;
    // A verdict that an agent writes needs the agent again; a command is simply run again.
    const needsAgent = owner.gates.some(({ kind }) => kind === 'verdict');
    const budget = `${gate.name}.lapsed`;
    return {
      guard: { type: 'hasLapsedAndReworkLeft', params: { gate: gate.name, budget, limit: lapsedLimit } },
      ...(needsAgent ? { target: toStage(owner.name), reenter: true } : { target: `#${owner.name}.gating` }),
      actions: { type: 'countRework', params: { budget } },
    };
  });
}
