/** Looking at the untouched target before the first agent is paid: whether its tests can be run here, and whether they pass. */
import { commandsOf, type Pipeline, type Stage } from '../pipeline.ts';
import { asking } from './asking.ts';
import { placeOf, ranAs, type StateConfig, says, type Transition, testingOf, usual, waitsFor } from './common.ts';
import type { TaskContext } from './context.ts';
import { personalEvents } from './people.ts';

/** Where commands run beside the top. */
export const directoriesOf = (pipeline: Pipeline, { tests = [] }: Pick<TaskContext, 'tests'>): string[] => [
  ...tests.map(({ cwd }) => cwd),
  ...commandsOf(pipeline).flatMap(({ gate: { cwd } }) => cwd ?? []),
];

interface Around {
  /** Where the stage goes on. */
  begin: string;
  blockedBecause: (why: string) => Transition;
}

export function baselineStates(pipeline: Pipeline, stage: Stage, { begin, blockedBecause }: Around): StateConfig {
  const commands = commandsOf(pipeline);
  const personal = personalEvents(pipeline, stage);
  return {
    baselining: {
      meta: says({
        why: ({ target }) => `the gates look at ${target} before anything is changed`,
        headline: `${stage.name}: the target is judged first`,
      }),
      invoke: {
        id: 'baseline',
        src: 'baseline',
        input: ({ context }: { context: TaskContext }) => ({
          ...{ ...placeOf(context), ...testingOf(context) },
          gates: commands.map(({ gate, stage: owner }) => ({ gate, ...ranAs(context, owner) })),
          base: context.base,
        }),
        onDone: [
          { guard: 'isOfMachine', target: 'unready', actions: 'recordUnready' },
          { target: begin, actions: { type: 'recordBaseline', params: { stage: stage.name } } },
        ],
        onError: blockedBecause('the target could not be judged before the work'),
      },
    },
    // What is missing is a person's to fix; it would be missing after an agent's work as well.
    unready: asking({ kind: 'decision', stage: stage.name }, `${stage.name} waits for what its tests need`, {
      tags: ['person', 'decision'],
      meta: says({ why: waitsFor }),
      on: {
        ...personal,
        'task.retry': usual('looks again', personal['task.retry'] as Transition),
        'task.approve': usual('lets the agents work all the same; their tests will ask you again', {
          target: begin,
          actions: ['waiveBaseline', 'stopWaiting'],
        }),
      },
    }),
  };
}
