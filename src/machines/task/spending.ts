/** The states in which a stage looks at its budgets before an agent works, and waits when they are used up. */
import { type Budget, noBudget } from '../../domain/budget.ts';
import { type AtLimit, budgetOf, type Pipeline, type Stage } from '../pipeline.ts';
import { asking } from './asking.ts';
import { type StateConfig, type Transition, told, usual } from './common.ts';
import type { TaskContext } from './context.ts';
import type { BudgetScope } from './rules.ts';

/** The budgets that a stage has to keep to: its own and that of the task. */
export function scopesOf(pipeline: Pipeline, stage: Stage): BudgetScope[] {
  return [
    ...(stage.budget === undefined ? [] : [{ name: stage.name, budget: budgetOf(stage.budget) }]),
    ...(pipeline.budget === undefined ? [] : [{ name: 'task', budget: budgetOf(pipeline.budget) }]),
  ];
}

const afterwards = (atLimit: AtLimit | undefined) =>
  typeof atLimit === 'object' ? atLimit.afterwards : (atLimit ?? 'person');

/** Before an agent works: may it still spend? And what is done when it may not, as the pipeline declares. */
export function spendingStates(
  pipeline: Pipeline,
  stage: Stage,
  personal: StateConfig,
  blockedBecause: (why: string) => Transition,
): StateConfig {
  const scopes = scopesOf(pipeline, stage);
  const velocity: Budget = pipeline.velocity === undefined ? noBudget : budgetOf(pipeline.velocity);
  const placeAt = { person: 'awaitingBudget', park: 'parked' } as const;
  const ownPlace = placeAt[afterwards(stage.budget?.atLimit)];
  const taskPlace = placeAt[afterwards(pipeline.budget?.atLimit)];
  const atLimit = stage.budget?.atLimit;
  const cheaper: Transition[] =
    typeof atLimit === 'object'
      ? [
          {
            // Once: with the cheaper model the stage has as much again, and then it has not.
            guard: {
              type: 'mayGoCheaperReworkLeft',
              params: { stage: stage.name, model: atLimit.model, scopes: scopes.slice(0, 1) },
            },
            target: 'working',
            actions: { type: 'goCheaper', params: { stage: stage.name, model: atLimit.model } },
          },
        ]
      : [];
  const spent = (scope: BudgetScope, target: string): Transition => ({
    guard: { type: 'isSpent', params: { scopes: [scope], stage: stage.name } },
    target,
  });
  // No cheaper model helps a task that has used up everything.
  const taskSpent = scopes.filter(({ name }) => name === 'task').map(scope => spent(scope, taskPlace));
  const granted: Transition = told('grants as much again', {
    target: 'preparing',
    actions: [{ type: 'grantBudgets', params: { scopes, stage: stage.name } }, 'renewAgents', 'clearRework'],
  });
  const why = ({ waitsFor }: TaskContext) => waitsFor ?? 'the budget is used up';
  const atWait: StateConfig = {
    ...personal,
    'task.approve': usual('grants as much again', granted),
    'task.retry': granted,
    'task.cancel': usual('ends it; the branch stays', {
      target: '#cancelled',
      actions: { type: 'recordEnd', params: { because: 'cancelled' } },
    }),
  };
  const explain = { type: 'waitForBudget', params: { scopes, stage: stage.name } };
  const places = new Set<string>(['awaitingBudget', ownPlace, ...(pipeline.budget === undefined ? [] : [taskPlace])]);
  return {
    affording: {
      meta: { why: 'the budgets are looked at' },
      always: [
        {
          guard: { type: 'isTooFast', params: { velocity } },
          ...blockedBecause(`${stage.name}: the task spends without passing a stage`),
        },
        ...taskSpent,
        ...cheaper,
        ...scopes.filter(({ name }) => name !== 'task').map(scope => spent(scope, ownPlace)),
        { target: 'working' },
      ],
    },
    // A run was stopped at its budget: that of the stage, of the task, of the run or of its project.
    overspent: { always: [...taskSpent, ...cheaper, { target: ownPlace }] },
    ...(places.has('awaitingBudget') && {
      awaitingBudget: asking({ kind: 'budget', stage: stage.name }, `${stage.name} waits for a budget`, {
        tags: 'person',
        meta: { why },
        entry: explain,
        exit: 'stopWaiting',
        on: atWait,
      }),
    }),
    ...(places.has('parked') && {
      parked: asking({ kind: 'budget', stage: stage.name }, `${stage.name} is parked until its budget is granted`, {
        tags: 'paused',
        meta: { why },
        entry: explain,
        exit: 'stopWaiting',
        on: { ...atWait, 'task.resume': granted },
      }),
    }),
  };
}
