/** Bringing what was committed to the forge: the branch, and the pull request that asks for it to be merged. */
import type { Pipeline, Stage } from '../pipeline.ts';
import { awayTransitions, laterState } from './away.ts';
import type { StateConfig, Transition } from './common.ts';
import { placeOf, says } from './common.ts';
import type { TaskContext } from './context.ts';
import { performRequests, tellOutside } from './report.ts';

const push = {
  id: 'push',
  src: 'push',
  input: ({ context }: { context: TaskContext }) => ({
    ...placeOf(context),
    forge: context.forge ?? null,
    head: context.head,
    title: context.title,
    body: context.body,
  }),
};

export function pushingStates(
  pipeline: Pipeline,
  stage: Stage,
  blockedBecause: (why: string) => Transition,
): StateConfig {
  return {
    pushing: {
      meta: says({ why: 'its branch is brought to the forge' }),
      invoke: {
        ...push,
        onDone: [
          ...awayTransitions(pipeline, 'pushingLater', blockedBecause),
          { guard: 'isRefused', ...refusedBecause(stage) },
          {
            target: 'gating',
            actions: [
              'forgetAway',
              'recordPushed',
              performRequests(stage.name),
              'forgetAsked',
              ...tellOutside({ standing: 'working', stage: stage.name, headline: `${stage.name}: published` }),
            ],
          },
        ],
        onError: blockedBecause('its branch could not be brought to the forge'),
      },
    },
    pushingLater: laterState('pushing', `${stage.name}: the forge is away`),
  };
}

/** A fork that begins with the merge has nothing at the forge yet that could be merged there. */
export function presentingStates(
  pipeline: Pipeline,
  stage: Stage,
  blockedBecause: (why: string) => Transition,
): StateConfig {
  return {
    presenting: {
      meta: says({ why: 'the branch on which it begins is brought to the forge' }),
      invoke: {
        ...push,
        onDone: [
          ...awayTransitions(pipeline, 'presentingLater', blockedBecause),
          { guard: 'isRefused', ...refusedBecause(stage) },
          { target: 'merging', actions: ['forgetAway', 'recordPushed'] },
        ],
        onError: blockedBecause('its branch could not be brought to the forge'),
      },
    },
    presentingLater: laterState('presenting', `${stage.name}: the forge is away`),
  };
}

const refusedBecause = (stage: Stage): Transition => ({
  target: `#${stage.name}.blocked`,
  actions: ['forgetAway', 'recordRefusal'],
});
