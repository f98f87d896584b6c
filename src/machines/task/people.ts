/** What a person may do about a stage. */

import { type Pipeline, preceding, type Stage } from '../pipeline.ts';
import { asking } from './asking.ts';
import {
  cancelled,
  failed,
  type StateConfig,
  says,
  type Transition,
  told,
  toStage,
  usual,
  waitsFor,
} from './common.ts';

/** What a person fixes first, and then lets go on. */
export function blockedState(stage: string, personal: StateConfig): StateConfig {
  return asking({ kind: 'blocked', stage }, 'blocked', {
    tags: 'blocked',
    meta: says({ why: waitsFor }),
    on: {
      ...personal,
      'task.retry': usual('tries again from here', personal['task.retry'] as Transition),
      'task.move': (personal['task.move'] as Transition[]).map(move => usual('goes on from another stage', move)),
      'task.cancel': usual('ends it; the branch stays', cancelled),
    },
  });
}

/** What a person may do wherever a stage waits for one. */
export function personalEvents(pipeline: Pipeline, stage: Stage, retry = `#${stage.name}.preparing`): StateConfig {
  const before = preceding(pipeline, stage);
  return {
    'task.retry': told('runs the stage again', { target: retry, actions: ['renewAgents', 'clearRework'] }),
    'task.reject': told(`sends it back to ${before.name} with the reason`, {
      target: toStage(before.name),
      reenter: true,
      actions: ['recordRejection', 'clearRework'],
    }),
    'task.fail': failed,
    'task.move': pipeline.stages.map(({ name }) =>
      told('goes on from another stage; gates are not passed by it', {
        guard: { type: 'isMoveTo', params: { stage: name } },
        target: toStage(name),
        reenter: true,
        actions: 'clearRework',
      }),
    ),
  };
}
