/** Ways on paper, gone once more by XState: only what the machine itself does is shown. */
import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate';
import type { Pipeline } from '../pipeline.ts';
import type { TaskContext } from '../task/context.ts';
import { anyInput, type Explored, innermost } from './explore.ts';
import { type Happening, happenings, newTree } from './happenings.ts';
import { pathOf } from './paper.ts';

/** One step of a way, for people. */
export interface Step {
  says: string;
  /** The event and its fields, where a person sends it; null for everything else. */
  sends: Record<string, unknown> | null;
  to: string;
}

/** A way as text, a line for each step. */
export const textOf = (way: readonly Step[]): string => way.map(({ says, to }) => `${says} → ${to}`).join('\n');

/** The task as XState has it, with trees of code that have names of their own. */
export function begin(machine: AnyStateMachine) {
  let [snapshot] = initialTransition(machine, anyInput as never) as unknown as [AnyMachineSnapshot];
  let trees = 0;
  let at = 0;
  const node = () => innermost(machine, snapshot.value as never);
  return {
    state: () => pathOf(node()),
    isActive: () => snapshot.status === 'active',
    /** What can happen to it now. */
    choices: (pipeline: Pipeline): Happening[] =>
      happenings({ at: node(), context: snapshot.context as TaskContext }, pipeline),
    take({ event, says }: Happening): Step {
      at += 1;
      const { codeTree, merged } = snapshot.context as TaskContext;
      const named: Record<string, string> = {
        now: codeTree,
        merged: merged?.codeTree ?? '',
        [newTree]: `tree ${trees + 1}`,
      };
      const output = event.output as { codeTree?: string } | undefined;
      const tree = output?.codeTree;
      if (tree === newTree) trees += 1;
      const real = tree === undefined ? event : { ...event, output: { ...output, codeTree: named[tree] ?? tree } };
      [snapshot] = transition(machine, snapshot, { ...real, at } as never) as unknown as [AnyMachineSnapshot];
      const { type, stage } = event;
      const fields =
        { 'task.move': { stage }, 'task.reject': { reason: '…' }, 'task.answer': { text: '…' } }[type] ?? {};
      const sends = type.startsWith('task.') ? { type, ...fields } : null;
      return { says, sends, to: pathOf(node()) };
    },
  };
}

/** The way to a situation, where the machine can go it; undefined where it cannot, and that was on paper alone. */
export function replay(machine: AnyStateMachine, { found }: Pick<Explored, 'found'>, goal: number): Step[] | undefined {
  const path: number[] = [];
  for (let here = goal; found[here]!.by !== null; here = found[here]!.from) path.unshift(here);
  const task = begin(machine);
  const steps: Step[] = [];
  for (const here of path) {
    const step = task.take(found[here]!.by!);
    if (step.to !== found[here]!.path) return undefined;
    steps.push(step);
  }
  return steps;
}
