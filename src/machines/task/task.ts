/**
 * A task, compiled from a pipeline. Each stage is a compound state of the same shape:
 *
 *   preparing ─▶ [baselining] ─▶ [merging] ─▶ affording ─▶ working ─▶ publishing ─▶ gating ─▶ deciding ─▶ the next stage
 *                  │                            │                                              │ an earlier stage,
 *                  ▼                            ▼                                              ▼ within a budget
 *               unready         awaitingBudget · parked · blocked      awaitingApproval · awaitingAnswer · awaitingDecision · blocked
 *                                      (a person moves it on)
 *
 * Outside the stages: created, paused, landing (what the last stage added is merged), done, cancelled, failed.
 * Gates report verdicts, verdicts are kept in the context, and guards over them decide; nothing else lets a task pass.
 */
import type { AnyStateMachine } from 'xstate';
import { nothingSpent } from '../../domain/budget.ts';
import { noUsage } from '../../domain/usage.ts';
import { commandsOf, type Pipeline, roundFilesOf, type Stage } from '../pipeline.ts';
import type { StateWords } from '../words.ts';
import { asking } from './asking.ts';
import { awayTransitions, laterState } from './away.ts';
import { baselineStates, directoriesOf } from './baseline.ts';
import {
  cancelled,
  namesOf,
  placeOf,
  ranAs,
  type StateConfig,
  says,
  type Transition,
  told,
  toStage,
  usual,
  waitsFor,
} from './common.ts';
import type { TaskContext, TaskInput } from './context.ts';
import { keepingDecisions } from './decided.ts';
import { decisions } from './deciding.ts';
import { forksBegin } from './forking.ts';
import { gatingState } from './gating.ts';
import { beforeLanding, beforeMerge, mergeState } from './merging.ts';
import { mergingLast } from './owing.ts';
import { blockedState, personalEvents } from './people.ts';
import { publishingStates } from './publishing.ts';
import { presentingStates, pushingStates } from './pushing.ts';
import { tellOutside } from './report.ts';
import { taskSetup } from './rules.ts';
import { spendingStates } from './spending.ts';
import { openConversation } from './talking.ts';
import { waitingState } from './waiting.ts';
import { workingState } from './working.ts';

/** The machine of a pipeline. Its id is always `task`; the pipeline is its definition. */
export function compileTask(pipeline: Pipeline): AnyStateMachine {
  const { stages } = pipeline;
  const first = stages[0]!;
  const states: Record<string, StateConfig> = {
    created: {
      entry: openConversation,
      always: [{ guard: 'hasBlockers', target: 'waiting' }, ...forksBegin(pipeline), { target: toStage(first.name) }],
    },
    waiting: waitingState(pipeline),
  };
  for (const stage of stages) states[stage.name] = stageState(pipeline, stage);
  const last = mergingLast(pipeline);
  if (last !== undefined) states.landing = mergeState(pipeline, last, beforeLanding(pipeline));
  states.paused = {
    id: 'paused',
    initial: first.name,
    meta: says({ why: 'paused by a person; nothing starts until it is resumed', headline: 'paused' }),
    entry: tellOutside({ standing: 'paused', stage: 'paused', headline: 'paused' }),
    on: { 'task.cancel': cancelled },
    states: Object.fromEntries(stages.map(stage => [stage.name, pausedState(stage)])),
  };
  const removeWorktree = {
    type: 'removeWorktree',
    params: ({ context }: { context: TaskContext }) => ({
      repository: context.repository,
      worktree: context.worktree,
      taskId: context.id,
      project: context.project,
      hook: context.hooks.beforeRemove,
    }),
  };
  const end = (name: 'done' | 'cancelled' | 'failed', why: StateWords<TaskContext>['why']) => ({
    id: name,
    tags: name,
    type: 'final',
    entry: [
      removeWorktree,
      ...tellOutside({ standing: name, stage: name, headline: name }),
      'tellAwaiting',
      'endConversation',
    ],
    meta: says({ why, headline: name }),
  });
  states.done = end('done', ({ merged, target }) =>
    merged === null ? 'finished' : `merged into ${target} as ${merged.commit.slice(0, 9)}`,
  );
  states.cancelled = end('cancelled', ({ endedBecause }) => endedBecause ?? 'cancelled');
  states.failed = end('failed', ({ endedBecause }) => endedBecause ?? 'failed');

  return taskSetup.createMachine({
    id: 'task',
    description: `Drives one task through the stages of the pipeline ${pipeline.name}.`,
    context: ({ input }: { input: TaskInput }) => initialContext(input, pipeline),
    initial: 'created',
    on: {
      'comment.kept': { actions: 'rememberComment' },
      'requests.done': { actions: 'recordRequests' },
      'item.shown': { actions: 'rememberItemComment' },
      'task.awaited': { actions: 'recordAwaiting' },
      'work.described': { actions: 'recordDescription' },
    },
    states: keepingDecisions(states),
    output: ({ context }: { context: TaskContext }) => ({
      merged: context.merged,
      endedBecause: context.endedBecause,
      spent: context.spent,
    }),
  } as never) as unknown as AnyStateMachine;
}

function initialContext(input: TaskInput, pipeline: Pipeline): TaskContext {
  const { actor, forge, fork, ...rest } = input;
  return {
    ...rest,
    forge: forge == null ? null : { ...forge, pullRequest: null, commentId: null },
    id: actor.id,
    pipeline: pipeline.name,
    base: '',
    head: '',
    codeTree: '',
    hasPrompts: false,
    attempts: {},
    rework: {},
    spent: nothingSpent,
    usage: noUsage,
    stageSpent: {},
    idleSpent: nothingSpent,
    grants: {},
    models: {},
    verdicts: {},
    feedback: null,
    questions: null,
    objection: null,
    waitsFor: null,
    awayUntil: null,
    asked: [],
    requests: [],
    leaseToken: null,
    merged: null,
    endedBecause: null,
    asks: null,
    questionsAsked: 0,
    talks: rest.source != null || forge != null,
    tellings: 0,
    itemComment: null,
    questionComment: null,
    awaitedBy: [],
    noticed: [],
    ...fork,
  };
}

function stageState(pipeline: Pipeline, stage: Stage): StateConfig {
  const machineGates = namesOf(stage.gates.filter(gate => gate.kind !== 'approval'));
  const approvals = namesOf(stage.gates.filter(gate => gate.kind === 'approval'));
  const personal = personalEvents(pipeline, stage);
  const blockedBecause = (why: string): Transition => ({
    target: `#${stage.name}.blocked`,
    actions: { type: 'wait', params: { why, gates: [] } },
  });

  const begin = stage.merge === undefined ? 'affording' : 'merging';
  const prepared = [
    'forgetAway',
    { type: 'recordPrepared', params: { stage: stage.name } },
    ...tellOutside({ standing: 'working', stage: stage.name, headline: `${stage.name} begins` }),
  ];
  const disapprove = { type: 'recordDisapproval', params: { stage: stage.name, gates: approvals } };
  const looksFirst = stage === pipeline.stages[0] && commandsOf(pipeline).length > 0;

  return {
    id: stage.name,
    initial: 'preparing',
    on: {
      'task.cancel': cancelled,
      'task.pause': told('holds it until somebody resumes it', { target: `#paused.${stage.name}` }),
    },
    states: {
      last: { type: 'history', history: 'shallow' },
      preparing: {
        meta: says({ why: 'the worktree is made ready', headline: `${stage.name} begins` }),
        // Not on leaving `blocked`: a task that is paused there still knows why it waits when it is resumed.
        entry: 'stopWaiting',
        invoke: {
          id: 'prepare',
          src: 'prepare',
          input: ({ context }: { context: TaskContext }) => ({
            ...placeOf(context),
            base: context.base,
            head: context.head,
            forkedFrom: context.forkedFrom ?? null,
            stale: roundFilesOf(stage),
            forge: context.forge ?? null,
            hook: context.hooks.afterCreate,
            setUp: context.setUp ?? 'none',
            ...ranAs(context, stage),
            directories: directoriesOf(pipeline, context),
          }),
          onDone: [
            ...awayTransitions(pipeline, 'preparingLater', blockedBecause),
            ...(looksFirst ? [{ guard: 'needsBaseline', target: 'baselining', actions: prepared }] : []),
            ...(begin === 'merging' ? [{ guard: 'isNewAtForge', target: 'presenting', actions: prepared }] : []),
            { target: begin, actions: prepared },
          ],
          onError: blockedBecause('the worktree could not be prepared'),
        },
      },
      ...(looksFirst && baselineStates(pipeline, stage, { begin, blockedBecause })),
      preparingLater: laterState('preparing', `${stage.name}: the repository is locked, or the forge away`),
      ...(stage.merge !== undefined && {
        ...presentingStates(pipeline, stage, blockedBecause),
        merging: mergeState(pipeline, stage, beforeMerge(pipeline, stage)),
      }),
      ...spendingStates(pipeline, stage, personal, blockedBecause),
      working: workingState(pipeline, stage, blockedBecause),
      ...publishingStates(pipeline, stage, blockedBecause),
      ...pushingStates(pipeline, stage, blockedBecause),
      gating: gatingState(stage, blockedBecause),
      deciding: { always: decisions(pipeline, stage) },
      ...(approvals.length > 0 && {
        awaitingApproval: asking(
          { kind: 'approval', stage: stage.name },
          `${stage.name} waits for a person's approval`,
          {
            tags: ['person', 'approval'],
            meta: says({ why: waitsFor }),
            entry: { type: 'waitForApproval', params: { stage: stage.name, gates: approvals } },
            exit: 'stopWaiting',
            on: {
              ...personal,
              'task.reject': usual('sends it back with the reason', alsoDoing(personal['task.reject'], disapprove)),
              'task.approve': usual('goes on to the next stage', {
                target: 'deciding',
                actions: { type: 'recordApproval', params: { stage: stage.name, gates: approvals } },
              }),
            },
          },
        ),
      }),
      awaitingAnswer: asking({ kind: 'answer', stage: stage.name }, `${stage.name} asks a person`, {
        tags: ['person', 'answer'],
        meta: says({ why: waitsFor }),
        entry: 'waitForAnswer',
        exit: 'stopWaiting',
        on: {
          ...personal,
          'task.answer': usual('gives the agent the answer and runs it again', {
            target: 'preparing',
            actions: ['recordAnswer', 'clearRework'],
          }),
        },
      }),
      awaitingDecision: asking({ kind: 'decision', stage: stage.name }, `${stage.name} waits for a person's decision`, {
        tags: ['person', 'decision'],
        meta: says({ why: waitsFor }),
        entry: { type: 'wait', params: { why: `${stage.name} needs a person's decision`, gates: machineGates } },
        exit: 'stopWaiting',
        on: {
          ...personal,
          'task.retry': usual('runs the stage again', personal['task.retry'] as Transition),
          'task.reject': usual('sends it back with the reason', personal['task.reject'] as Transition),
          'task.approve': usual('passes gates that could not be judged, by your word', {
            guard: { type: 'isOnlyInconclusive', params: { gates: machineGates } },
            target: 'deciding',
            actions: { type: 'recordPersonsWord', params: { stage: stage.name, gates: machineGates } },
          }),
        },
      }),
      blocked: blockedState(stage.name, personal),
    },
  };
}

/** The same transition, with one more thing that it does first. */
const alsoDoing = (transition: unknown, action: Transition): Transition => ({
  ...(transition as Transition),
  actions: [action, ...[(transition as Transition).actions ?? []].flat()],
});

function pausedState(stage: Stage): StateConfig {
  return {
    initial: 'held',
    states: {
      held: heldAt(stage, `#${stage.name}.last`),
      // The agent finished after the pause began: its work is published, not done again.
      overspent: heldAt(stage, `#${stage.name}.overspent`),
      finished: heldAt(stage, `#${stage.name}.publishing`),
    },
  };
}

const heldAt = ({ name }: Stage, target: string): StateConfig => ({
  tags: 'paused',
  on: {
    'task.resume': usual('goes on where it stopped', {
      target,
      actions: tellOutside({ standing: 'working', stage: name, headline: `${name} goes on` }),
    }),
  },
});
