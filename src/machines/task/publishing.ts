/** Committing what an agent has left, or sending it back with what stands in the way. */
import type { Pipeline, Stage } from '../pipeline.ts';
import { awayTransitions, laterState } from './away.ts';
import type { StateConfig, Transition } from './common.ts';
import { placeOf, says } from './common.ts';
import type { TaskContext } from './context.ts';
import { blockedState, personalEvents } from './people.ts';
import { performRequests } from './report.ts';

/** How often an agent is told what cannot be committed before a person is. */
const mostRefusals = 2;

export function publishingStates(
  pipeline: Pipeline,
  stage: Stage,
  blockedBecause: (why: string) => Transition,
): StateConfig {
  const budget = `${stage.name}.unpublished`;
  const recordPublished = { type: 'recordPublished', params: { stage: stage.name } };
  const sentBack = (guard: string, target: string): Transition => ({
    guard: { type: guard, params: { budget, limit: mostRefusals } },
    target,
    actions: [
      { type: 'recordUnpublished', params: { stage: stage.name } },
      { type: 'countRework', params: { budget } },
    ],
  });
  return {
    publishing: {
      meta: says({ why: "the agent's work is committed" }),
      invoke: {
        id: 'publish',
        src: 'publish',
        input: ({ context }: { context: TaskContext }) => ({
          ...placeOf(context),
          head: context.head,
          role: stage.role,
          stage: stage.name,
          title: context.title,
          questions: stage.questions ?? null,
          objection: stage.objection?.file ?? null,
        }),
        onDone: [
          ...awayTransitions(pipeline, 'publishingLater', blockedBecause),
          // Its worktree is put back first: it would go on in the wrong place.
          sentBack('isAdriftAndReworkLeft', 'preparing'),
          sentBack('isUnpublishedAndReworkLeft', 'affording'),
          { guard: 'isRefused', target: 'unpublished', actions: 'recordRefusal' },
          { guard: 'isAtForge', target: 'pushing', actions: recordPublished },
          { target: 'gating', actions: [recordPublished, performRequests(stage.name), 'forgetAsked'] },
        ],
        onError: blockedBecause("the agent's work could not be committed"),
      },
    },
    publishingLater: laterState('publishing', `${stage.name}: the repository is locked`),
    // What a person has fixed in the worktree is looked at there.
    unpublished: blockedState(stage.name, personalEvents(pipeline, stage, `#${stage.name}.publishing`)),
  };
}
