/** A pipeline walked with stubs: agents succeed, gates pass, people approve. What would happen, before anybody is paid. */
import { initialTransition } from 'xstate';
import { mustChange, type Pipeline } from '../pipeline.ts';
import type { TaskContext } from '../task/context.ts';
import { compileTask } from '../task/task.ts';
import { anyInput, innermost } from './explore.ts';
import { type Happening, happenings, newTree } from './happenings.ts';
import { createPaper, pathOf, type Situation } from './paper.ts';

export interface DryStep {
  /** What happens. */
  says: string;
  /** The stage in which it happens; `landing` for the last merge. */
  stage: string;
  /** The state that it leads to. */
  to: string;
}

export interface DryWalk {
  steps: DryStep[];
  /** Where it ends, and whether the task is done there. */
  ends: string;
  isDone: boolean;
}

/** More steps than this lead nowhere. */
const mostSteps = 1_000;

/** Every step to the end, the ordinary way. Stops where nothing that is well leads on: the last state is then none of the ends. */
export function dryRun(pipeline: Pipeline): DryWalk {
  const machine = compileTask(pipeline);
  const paper = createPaper(machine);
  const [first] = initialTransition(machine, anyInput as never);
  let now: Situation = { at: innermost(machine, first.value as never), context: first.context as TaskContext };
  const steps: DryStep[] = [];
  while (now.at.type !== 'final' && steps.length < mostSteps) {
    const next = firstOf(happenings(now, pipeline), now, pipeline).flatMap(happening => {
      const after = paper.step(now, happening.event);
      return after === null ? [] : [{ happening, after }];
    })[0];
    if (next === undefined) break;
    const stage = String(now.at.path[0]);
    steps.push({ says: next.happening.says, stage, to: pathOf(next.after.at) });
    now = next.after;
  }
  return { steps, ends: pathOf(now.at), isDone: now.at.tags.includes('done') };
}

/** What goes well, what is meant to happen before the rest: whoever develops changes the code, and nobody else does. */
function firstOf(all: readonly Happening[], { at }: Situation, pipeline: Pipeline): Happening[] {
  const stage = pipeline.stages.find(({ name }) => name === at.path[0]);
  const changes = stage !== undefined && mustChange(stage);
  const isMeant = ({ event }: Happening) => {
    const { codeTree } = (event.output ?? {}) as { codeTree?: string };
    return codeTree === undefined || (codeTree === newTree) === changes;
  };
  const well = all.filter(({ isWell, event }) => isWell && event.type !== 'task.retry' && event.type !== 'task.reject');
  return [...well.filter(isMeant), ...well.filter(happening => !isMeant(happening))];
}
