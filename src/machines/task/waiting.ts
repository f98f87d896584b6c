/**
 * Before the first stage: a task whose blockers are not done waits for them, and begins by itself when they are.
 *
 *   looking ── all done ──▶ the first stage
 *      │ ── some are at work ──▶ held ── blocker.changed, or time to look again ──▶ looking
 *      └── a circle, or one that will never be done ──▶ unsure: a person says what becomes of it
 */
import type { Pipeline } from '../pipeline.ts';
import { asking } from './asking.ts';
import { cancelled, failed, type StateConfig, says, told, usual } from './common.ts';
import type { TaskContext } from './context.ts';
import { tellOutside } from './report.ts';

/** How long a blocker that is no task of ours goes without a look. */
const lookAgainMs = 600_000;

export function waitingState({ stages }: Pipeline): StateConfig {
  const begin = `#${stages[0]!.name}`;
  const regardless = told('begins it without waiting any longer', { target: begin, actions: 'forgetBlockers' });
  const headline = 'waits for what has to be done before it';
  const why = ({ waitsFor }: TaskContext) => waitsFor ?? 'what has to be done before it is looked at';
  return {
    id: 'waiting',
    tags: 'waiting',
    initial: 'looking',
    on: { 'task.cancel': cancelled },
    states: {
      looking: {
        meta: says({ why }),
        invoke: {
          id: 'blockers',
          src: 'lookAtBlockers',
          input: ({ context }: { context: TaskContext }) => ({ taskId: context.id, blockers: context.blockedBy ?? [] }),
          onDone: [
            { guard: 'isUnblocked', target: begin, actions: 'forgetBlockers' },
            // Whoever lets another one of a circle begin has broken it for this one too.
            { guard: 'isBlockedForEver', target: 'unsure', actions: ['recordBlockers', 'awaitBlockers'] },
            { target: 'held', actions: ['recordBlockers', 'awaitBlockers'] },
          ],
          onError: {
            target: 'held',
            actions: { type: 'wait', params: { why: 'its blockers could not be looked at', gates: [] } },
          },
        },
        // One has changed while they were looked at.
        on: {
          'blocker.changed': { target: 'looking', reenter: true },
          'task.approve': [{ guard: 'isForAnotherQuestion' }, regardless],
        },
      },
      held: {
        tags: 'blockers',
        meta: says({ why, headline }),
        entry: tellOutside({ standing: 'waiting', stage: 'waiting', headline }),
        after: { [lookAgainMs]: 'looking' },
        on: {
          'blocker.changed': 'looking',
          'task.retry': told('looks again', { target: 'looking' }),
          'task.approve': [
            { guard: 'isForAnotherQuestion' },
            usual('begins it without waiting any longer', regardless),
          ],
        },
      },
      unsure: asking({ kind: 'blockers', stage: 'waiting' }, 'what it waits for will not come by itself', {
        tags: ['person', 'decision'],
        meta: says({ why }),
        on: {
          'blocker.changed': 'looking',
          'task.approve': usual('begins it without waiting any longer', regardless),
          'task.retry': told('looks again', { target: 'looking' }),
          'task.fail': failed,
        },
      }),
    },
  };
}
