/**
 * The people of a simulated world. They look when they are there, decide what they are asked, sometimes twice or too late, and
 * now and then do what nobody has asked for.
 */
import type { TaskContext } from '../../machines/task/context.ts';
import type { Orchestrator } from '../orchestrator.ts';
import type { World } from '../world.ts';
import { createDeciding } from './deciding.ts';
import { createHands } from './hands.ts';
import { createMeddling } from './meddling.ts';

export interface People {
  /** A task has moved: whoever is asked by it now has something to do. */
  see(taskId: string, context: TaskContext, tags: Iterable<string>): void;
  /** A task was ordered: somebody may meddle with it later. */
  meet(taskId: string): void;
  /** Decisions that were taken, by the task. */
  readonly decisions: ReadonlyMap<string, number>;
  /** Whether somebody is going to do something about a task. */
  isAwaited(taskId: string): boolean;
}

export function createPeople(world: World, orchestrator: () => Orchestrator): People {
  const hands = createHands(world, orchestrator);
  const deciding = createDeciding(world, hands);
  const meddling = createMeddling(world, hands);
  return {
    see(taskId, { asks }, tags) {
      if (asks != null) deciding.see(taskId, asks);
      else if ([...tags].includes('paused')) meddling.resume(taskId);
    },
    meet: meddling.meet,
    decisions: deciding.decisions,
    isAwaited: taskId => deciding.isAwaited(taskId) || meddling.isAwaited(taskId),
  };
}
