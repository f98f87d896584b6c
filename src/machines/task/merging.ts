/** Merging into the target: what has to be true before, whose turn it is, and the merge itself. */
import { ordinaryWay, type Pipeline, type Stage } from '../pipeline.ts';
import { asking } from './asking.ts';
import { awayTransitions, laterState } from './away.ts';
import {
  cancelled,
  forbidden,
  namesOf,
  never,
  placeOf,
  type StateConfig,
  says,
  type Transition,
  told,
  toStage,
  usual,
  waitsFor,
} from './common.ts';
import type { TaskContext } from './context.ts';
import { type GateAt, judgingState } from './gating.ts';
import { lapsedWays, type Owed, owedAfter, wayTo } from './owing.ts';
import { blockedState, personalEvents } from './people.ts';
import { tellOutside } from './report.ts';

export interface MergePlace {
  /** The path of this state, as transitions name it: `deploy.merging` or `landing`. */
  id: string;
  /** What has to be passed. */
  owed: Owed;
  /** The ways in, asked in this order; none of them leads to `waiting` unless all is well. */
  entry: Transition[];
  /** When the code as it is may be merged. */
  ready: Pick<Transition, 'guard'>;
  /** Said when there is no way in. */
  refusal: string;
  after: string;
}

/**
 * What has to be true before a stage merges: every gate on the way to it is passed, for the code as it is now; and where the
 * code was made in the stage itself or later, by a rework, a rejection or a new try, the gates of that are passed as well.
 */
export function beforeMerge(pipeline: Pipeline, stage: Stage): MergePlace {
  const way = wayTo(pipeline, stage);
  const owed = owedAfter(pipeline, way);
  const id = `${stage.name}.merging`;
  const works = `#${stage.name}.affording`;
  return {
    id,
    owed,
    entry: [
      // Coming back to the stage after the merge: there is nothing left to merge.
      { guard: { type: 'hasMergedThis', params: { gates: owed.gates } }, target: works },
      ...lapsedWays(way),
      { guard: { type: 'mayMerge', params: owed }, target: 'waiting' },
      ...refusedWays(stage, owed, id),
      // What it has made itself it goes on with; nothing of it is merged before its gates have passed it.
      { guard: { type: 'isMadeBy', params: { stages: [stage.name] } }, target: works },
    ],
    ready: { guard: { type: 'mayMerge', params: owed } },
    refusal: 'not every gate is passed for the code as it is now',
    after: works,
  };
}

/** Where code leads that gates beyond the way here have refused: to whoever solves conflicts, or on where that is the stage itself. */
function refusedWays(stage: Stage, { gates, makers }: Owed, id: string): Transition[] {
  const { onConflict, limit } = stage.merge!;
  const refused = { type: 'isRefusedBeyond', params: { makers } };
  if (onConflict === stage.name) {
    const works = `#${stage.name}.affording`;
    return [
      { guard: refused, target: works },
      { guard: { type: 'isUndecided', params: { gates: namesOf(stage.gates) } }, target: works },
    ];
  }
  const budget = `${id}.refused`;
  const why = 'gates that are not on the way to the merge have refused the code as it is now';
  return [
    {
      guard: { type: 'isRefusedBeyondAndReworkLeft', params: { makers, budget, limit } },
      target: toStage(onConflict),
      actions: [
        { type: 'recordRefusalBeyond', params: { makers } },
        { type: 'countRework', params: { budget } },
      ],
    },
    {
      guard: refused,
      target: `#${id}.blocked`,
      actions: { type: 'wait', params: { why, gates: [...gates, ...Object.values(makers).flat()] } },
    },
  ];
}

/** What was added after the merge goes to the target when every gate is passed, for the code as it is now. */
export function beforeLanding(pipeline: Pipeline): MergePlace {
  const owed = owedAfter(pipeline, ordinaryWay(pipeline));
  const ready = { guard: { type: 'mayLand', params: owed } };
  return {
    id: 'landing',
    owed,
    entry: [{ ...ready, target: 'waiting' }],
    ready,
    refusal: 'code has changed after the merge; only documents may follow it',
    after: '#done',
  };
}

/** How often the target may be ahead again by the time that everything is judged. */
const mostMoves = 5;

/**
 * Merging into the target: is it allowed, is it our turn; then the branch is brought to all that the target has, what that
 * changes is judged again without an agent, and the target goes on to the very tree that was judged.
 *
 *   checking ─▶ waiting ─▶ leased: updating ─▶ looking ─▶ writing
 *                              ▲  │ a conflict: to the agent   │ all is passed for the code as it is
 *                              │  ▼                            │
 *                    the target│has moved                 judging ─▶ judged: broken together: to the agent
 */
export function mergeState(pipeline: Pipeline, stage: Stage, place: MergePlace): StateConfig {
  const { id, owed, entry, refusal } = place;
  const { gates } = owed;
  const isLanding = id === 'landing';
  const blockedBecause = (why: string): Transition => ({
    target: `#${id}.blocked`,
    actions: { type: 'wait', params: { why, gates } },
  });
  const again = judgedAgain(pipeline.stages.filter(({ gates: own }) => own.some(({ name }) => gates.includes(name))));
  // What other stages have made is judged by the gates on the way; what their own have said of it goes on to hold.
  const others = isLanding ? [] : judgedAgain([stage]);
  const names = namesOf([...again, ...others].map(({ gate }) => gate));
  return {
    ...(isLanding && {
      id,
      on: {
        'task.cancel': cancelled,
        'task.pause': told('holds it until somebody resumes it', { target: `#paused.${stage.name}` }),
      },
    }),
    initial: 'checking',
    states: {
      checking: {
        always: [
          ...entry,
          // It was paused or stopped while they were judged.
          ...(again.length > 0
            ? [
                {
                  guard: {
                    type: 'lacksOnlyJudging',
                    params: { ...owed, again: namesOf(again.map(({ gate }) => gate)) },
                  },
                  target: 'waiting',
                },
              ]
            : []),
          blockedBecause(refusal),
        ],
      },
      waiting: {
        tags: 'lease',
        meta: says({
          why: isLanding ? landing : ({ target }) => `waits for its turn to merge into ${target}`,
        }),
        entry: 'requestLease',
        on: {
          'lease.granted': { target: 'leased', actions: 'rememberToken' },
          'task.cancel': { ...cancelled, actions: ['releaseLease', cancelled.actions] },
          'task.pause': told('holds it until somebody resumes it', {
            target: `#paused.${stage.name}`,
            actions: 'releaseLease',
          }),
        },
      },
      leased: leasedState(pipeline, stage, { ...place, again, others, blockedBecause }),
      later: {
        ...laterState('checking', 'the merge has to wait for the forge'),
        on: {
          'task.retry': usual('tries again at once', { target: 'checking' }),
          'task.cancel': cancelled,
          'task.pause': told('holds it until somebody resumes it', { target: `#paused.${stage.name}` }),
        },
      },
      turnedDown: turnedDownState(pipeline, stage, id),
      ...(names.length > 0 && { unsure: unsureState(pipeline, stage, id, names) }),
      blocked: blockedState(stage.name, personalEvents(pipeline, stage, `#${id}.checking`)),
    },
  };
}

const landing = ({ workItem, target }: TaskContext) => `what ${workItem} added last is merged into ${target}`;

/** Gates that can be judged again without an agent. */
const judgedAgain = (stages: readonly Stage[]): GateAt[] =>
  stages.flatMap(stage => stage.gates.filter(({ kind }) => rejudged.has(kind)).map(gate => ({ gate, stage })));

const rejudged = new Set(['command', 'ci', 'pullRequestReview']);

interface Leased extends MergePlace {
  /** Gates of the way here that a machine can judge. */
  again: GateAt[];
  /** Those of the stage itself. */
  others: GateAt[];
  blockedBecause: (why: string) => Transition;
}

/** Nobody else merges into the target meanwhile. */
function leasedState(
  pipeline: Pipeline,
  stage: Stage,
  { id, after, ready, again, others, blockedBecause }: Leased,
): StateConfig {
  const { onConflict, limit } = stage.merge!;
  const isLanding = id === 'landing';
  const judgeable = namesOf([...again, ...others].map(({ gate }) => gate));
  const budget = `${id}.conflict`;
  const mergeInput = ({ context }: { context: TaskContext }) => ({
    ...placeOf(context),
    head: context.head,
    title: context.title,
    token: context.leaseToken,
    forge: context.forge ?? null,
  });
  const turnedDown: Transition = {
    guard: 'isRefused',
    target: `#${id}.turnedDown`,
    actions: [
      'forgetAway',
      'recordRefusal',
      ...tellOutside({ standing: 'blocked', stage: stage.name, headline: 'the forge does not merge it' }),
    ],
  };
  const away = awayTransitions(pipeline, `#${id}.later`, blockedBecause);
  const sentBack = (guard: string, params: object, record: Transition | string): Transition => ({
    guard: { type: guard, params: { ...params, budget, limit } },
    target: toStage(onConflict),
    actions: [record, { type: 'countRework', params: { budget } }],
  });
  const unstoppable = { 'task.cancel': forbidden, 'task.pause': forbidden };
  const carried = namesOf(pipeline.stages.flatMap(({ gates }) => gates)).filter(gate => !judgeable.includes(gate));
  /** The two states in which gates are judged with what the target has by now. */
  const judged = (gates: readonly GateAt[], name: { at: string; after: string }): StateConfig => {
    const names = namesOf(gates.map(({ gate }) => gate));
    return {
      [name.at]: {
        ...judgingState(gates, { onward: name.after, blockedBecause }),
        entry: { type: 'forgetVerdicts', params: { gates: names } },
        meta: says({
          why: ({ waitsFor, target }) => waitsFor ?? `the gates are judged with what ${target} has by now`,
          headline: `${stage.name}: the merged code is judged`,
        }),
      },
      [name.after]: {
        always: [
          { ...ready, target: 'writing' },
          sentBack(
            'hasFailedAndReworkLeft',
            { gates: names },
            { type: 'recordBrokenTogether', params: { gates: names } },
          ),
          {
            guard: { type: 'hasFailed', params: { gates: names } },
            ...blockedBecause('the branch breaks what its target has by now'),
          },
          { guard: { type: 'isInconclusive', params: { gates: names } }, target: `#${id}.unsure` },
          never(blockedBecause('not every gate is passed for the code as it is now')),
        ],
      },
    };
  };
  return {
    initial: 'updating',
    exit: 'releaseLease',
    states: {
      updating: {
        meta: says({
          why: isLanding ? landing : ({ target }) => `what ${target} has by now is brought into its branch`,
        }),
        on: unstoppable,
        invoke: {
          id: 'update',
          src: 'update',
          input: mergeInput,
          onDone: [
            ...away,
            turnedDown,
            sentBack('hasConflictAndReworkLeft', {}, 'recordConflict'),
            { guard: 'hasConflict', ...blockedBecause('the branch conflicts with its target again and again') },
            {
              guard: 'isUpdated',
              target: 'looking',
              actions: { type: 'recordUpdate', params: { carried } },
            },
            { target: 'looking' },
          ],
          onError: blockedBecause('the branch could not be brought to what its target has'),
        },
      },
      looking: {
        always: [
          { ...ready, target: 'writing' },
          // What the stage has made itself its own gates judge too.
          ...(others.length > 0
            ? [{ guard: { type: 'isMadeBy', params: { stages: [stage.name] } }, target: 'judgingAll' }]
            : []),
          again.length > 0
            ? { target: 'judging' }
            : blockedBecause('not every gate is passed for the code as it is now'),
        ],
      },
      ...(again.length > 0 && judged(again, { at: 'judging', after: 'judged' })),
      ...(others.length > 0 && judged([...again, ...others], { at: 'judgingAll', after: 'judgedAll' })),
      writing: {
        meta: says({
          why: isLanding ? landing : ({ target }) => `merging into ${target}`,
          headline: isLanding ? 'the last documents are merged' : 'merging',
        }),
        // A merge is never left half way: it ends one way or the other, and soon.
        on: unstoppable,
        invoke: {
          id: 'merge',
          src: 'merge',
          input: mergeInput,
          onDone: [
            ...away,
            { guard: 'isMerged', target: after, actions: ['forgetAway', 'recordMerge'] },
            turnedDown,
            {
              guard: { type: 'hasMovedAndReworkLeft', params: { budget: `${id}.moved`, limit: mostMoves } },
              target: 'updating',
              actions: { type: 'countRework', params: { budget: `${id}.moved` } },
            },
            blockedBecause('its target goes on faster than it is judged'),
          ],
          onError: blockedBecause('the branch could not be merged'),
        },
      },
    },
  };
}

/** The merged code could not be judged: a person's word stands in for that. */
function unsureState(pipeline: Pipeline, stage: Stage, id: string, gates: string[]): StateConfig {
  const personal = personalEvents(pipeline, stage, `#${id}.waiting`);
  return asking({ kind: 'decision', stage: stage.name }, `${stage.name} waits for a person's decision`, {
    tags: ['person', 'decision'],
    meta: says({ why: waitsFor }),
    entry: { type: 'wait', params: { why: 'the merged code could not be judged', gates } },
    exit: 'stopWaiting',
    on: {
      ...personal,
      'task.retry': usual('judges it again', personal['task.retry'] as Transition),
      'task.approve': usual('passes gates that could not be judged, by your word', {
        guard: { type: 'isOnlyInconclusive', params: { gates } },
        target: 'waiting',
        actions: { type: 'recordPersonsWord', params: { stage: stage.name, gates } },
      }),
    },
  });
}

/** News after which a merge that was refused is tried again by itself, at the most. */
const mostNews = 20;

/** The rules of the repository stand against the merge. What may have changed that is tried; otherwise a person sees to it. */
function turnedDownState(pipeline: Pipeline, stage: Stage, id: string): StateConfig {
  const budget = `${id}.turnedDown`;
  const events = ['pullRequest.merged', 'pullRequest.reopened', 'review.approved', 'review.dismissed', 'ci.succeeded'];
  const tryAgain = {
    guard: { type: 'isOwnNewsAndReworkLeft', params: { budget, limit: mostNews } },
    target: 'checking',
    actions: { type: 'countRework', params: { budget } },
  };
  const blocked = blockedState(stage.name, personalEvents(pipeline, stage, `#${id}.checking`));
  return {
    ...blocked,
    on: { ...(blocked.on as StateConfig), ...Object.fromEntries(events.map(event => [event, tryAgain])) },
  };
}
