/** What the parts of a task's machine have in common: where the work lies, who plays a role, and the usual ways out. */
import type { Gate, Stage } from '../pipeline.ts';
import type { StateWords } from '../words.ts';
import type { TaskContext } from './context.ts';

export type StateConfig = Record<string, unknown>;
export type Transition = Record<string, unknown>;

/** A transition that says what it does, for whoever is about to send its event. */
export const told = (description: string, transition: Transition): Transition => ({ ...transition, description });

/** The same for what somebody would do first where it can be done. */
export const usual = (description: string, transition: Transition): Transition => ({
  ...transition,
  description,
  meta: { isUsual: true },
});

/**
 * What cannot happen while the machine is right. A state that only decides must lead somewhere all the same: there people see
 * why, where it would stand still for ever without a word.
 */
export const never = (transition: Transition): Transition => ({ ...transition, description: cannotHappen });
export const cannotHappen = 'cannot happen';

export const toStage = (stage: string) => `#${stage}`;
export const says = (words: StateWords<TaskContext>) => words;
export const waitsFor = ({ waitsFor: why }: TaskContext) => why ?? 'nobody has said why';
export const cancelled = told('ends it; the branch stays', {
  target: '#cancelled',
  actions: { type: 'recordEnd', params: { because: 'cancelled' } },
});
export const failed = told('gives it up; the branch stays', {
  target: '#failed',
  actions: { type: 'recordEnd', params: { because: 'given up' } },
});
/** A forbidden event: it is recorded as ignored and changes nothing. */
export const forbidden = {};

export const namesOf = (gates: readonly Gate[]) => gates.map(gate => gate.name);

/** Where the work of a task lies. */
export function placeOf(context: TaskContext) {
  const { id, project, repository, worktree, branch, target, workItem } = context;
  return { taskId: id, project, repository, worktree, branch, target, workItem };
}

/** Who plays the role of a stage. */
export const playerOf = ({ agents, agent }: TaskContext, { role }: Stage) => agents[role] ?? agent;

/** As whom commands run on what the agent of a stage has made: tests are what it has made of them. */
export function ranAs(context: TaskContext, stage: Stage) {
  const { sandbox, env } = playerOf(context, stage);
  return { sandbox, env: [...env, ...(context.gateEnv ?? [])] };
}

/** What the project says of checkouts and tests. Tasks of earlier versions have none of it. */
export function testingOf({ setUp = 'none', tests = [], hooks, forge }: TaskContext) {
  return { setUp, tests, hook: hooks.afterCreate, forge: forge ?? null };
}
