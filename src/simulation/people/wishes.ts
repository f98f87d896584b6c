/** What a person of a simulated world would like to do about a question, the dearest wish first. */
import type { Asks } from '../../machines/task/context.ts';
import type { EventObject } from '../../persistence/store.ts';
import type { World } from '../world.ts';

export function wishesOf(
  { chance, settings, pipeline }: Pick<World, 'chance' | 'settings' | 'pipeline'>,
  { kind }: Asks,
  name: string,
): EventObject[] {
  const approve = { type: 'task.approve' };
  const retry = { type: 'task.retry' };
  const reject = { type: 'task.reject', reason: 'not like this' };
  switch (kind) {
    case 'approval':
      return chance.happens(`${name} rejects`, settings.people.rejects) ? [reject] : [approve];
    case 'answer':
      return [{ type: 'task.answer', text: 'as it is written' }];
    case 'budget':
      return chance.happens(`${name} grants`, 85) ? [approve, retry] : [{ type: 'task.cancel' }];
    case 'blockers':
      return [approve];
    case 'blocked':
    case 'decision': {
      const moves = pipeline.stages.map(({ name: stage }) => ({ type: 'task.move', stage }));
      const move = moves[Math.floor(chance.share(`${name} moves to`) * moves.length)]!;
      const ways = { approve: [approve, retry], retry: [retry, approve], reject: [reject, retry], move: [move, retry] };
      return ways[chance.pick<keyof typeof ways>(`${name} decides`, { approve: 35, retry: 45, reject: 12, move: 8 })];
    }
  }
}
