/** What the states of tasks and runs mean, as tags: what lists, counts, exit codes and people go by. */
import type { AnyMachineSnapshot } from 'xstate';
import type { AgentRunContext } from './agent-run-context.ts';
import type { TaskContext } from './task/context.ts';
import type { PersonEvents } from './words.ts';

/** How a task stands. */
export const standings = [
  'working',
  'waiting',
  'person',
  'blocked',
  'paused',
  'done',
  'cancelled',
  'failed',
  'broken',
] as const;
export type Standing = (typeof standings)[number];

/** How a run stands: asked for, at work, or how it ended. */
export const runStatuses = ['spawning', 'running', 'completed', 'failed', 'killed'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** Events that a person may send to a task, with the fields that they need. */
export const personEvents: PersonEvents = {
  'task.approve': [],
  'task.answer': [{ name: 'text', means: 'the answer to the questions of the agent' }],
  'task.resume': [],
  'task.retry': [],
  'task.reject': [{ name: 'reason', means: 'what is wrong; the next agent reads it' }],
  'task.move': [{ name: 'stage', means: 'the stage to go on from', options: 'states' }],
  'task.pause': [],
  'task.cancel': [],
  'task.fail': [{ name: 'reason', means: 'why the task is given up' }],
};

/** The standing among the tags of a task. */
export const standingIn = (tags: readonly string[]): Standing =>
  standings.find(word => tags.includes(word)) ?? 'broken';

/** The status among the tags of a run. */
export const runStatusIn = (tags: readonly string[]): RunStatus =>
  runStatuses.find(word => tags.includes(word)) ?? 'spawning';

/** The tag of tasks that are in a stage or an outer state. */
export const stageTag = (stage: string) => `stage:${stage}`;
/** The tag of tasks whose repository is at a forge. */
export const forgeTag = (forge: string) => `forge:${encodeURIComponent(forge)}`;
/** The tag of tasks of a project. */
export const projectTag = (project: string) => `project:${encodeURIComponent(project)}`;

/** The tag that every task carries which is in this state or below it: a list by state begins with it. */
export function tagForState(state: string): string {
  const [outermost = ''] = state.split('.');
  return outermost === 'paused' ? outermost : stageTag(outermost);
}

/** The projects that tags name. */
export const projectsIn = (tags: readonly string[]) =>
  tags.filter(tag => tag.startsWith('project:')).map(tag => decodeURIComponent(tag.slice('project:'.length)));

/** The stage that a task is in, by its tags. */
export const stageIn = (tags: readonly string[]) =>
  tags.find(tag => tag.startsWith('stage:'))?.slice('stage:'.length) ?? '';

export function taskTags(snapshot: AnyMachineSnapshot): string[] {
  const own = [...snapshot.tags] as string[];
  const context = snapshot.context as Partial<TaskContext>;
  const standing = snapshot.status === 'error' ? 'broken' : (standings.find(word => own.includes(word)) ?? 'working');
  return [
    standing,
    stageTag(stageOf(snapshot.value)),
    ...(context.project === undefined ? [] : [projectTag(context.project)]),
    ...(context.forge == null ? [] : [forgeTag(context.forge.name)]),
    ...own.filter(tag => tag !== standing),
    ...(isRoutine(own, snapshot) ? ['routine'] : []),
  ];
}

/** The same of a state as it is written: `review.gating`. */
export function stageAt(state: string): string {
  const [outermost = '', below = ''] = state.split('.');
  return outermost === 'paused' && below !== '' ? below : outermost;
}

/** A paused task is still in its stage; anything else is in its outermost state. */
function stageOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[key, below] = ['', '']] = Object.entries(value as object);
  return key === 'paused' ? stageOf(below) : key;
}

/**
 * Whether a standing approval covers what a person is asked: an approval, or gates that had nothing to judge, such as the
 * tests of a repository that has none. A review, a report or a record that was not given is another matter.
 */
function isRoutine(own: readonly string[], snapshot: AnyMachineSnapshot): boolean {
  if (own.includes('approval')) return true;
  if (!own.includes('decision')) return false;
  const stage = stageOf(snapshot.value);
  const { verdicts } = snapshot.context as TaskContext;
  const open = Object.values(verdicts).filter(verdict => verdict.stage === stage && verdict.verdict !== 'pass');
  return open.length > 0 && open.every(({ isAbsent }) => isAbsent);
}

export function agentRunTags(snapshot: AnyMachineSnapshot): string[] {
  const own = [...snapshot.tags] as string[];
  if (snapshot.status === 'active') return own.includes('running') ? own : ['spawning', ...own];
  const { outcome } = snapshot.context as Partial<AgentRunContext>;
  if (outcome === 'succeeded') return ['completed'];
  return outcome === 'killed' || outcome === 'cancelled' ? ['killed'] : ['failed'];
}
