/** Merging into the target: what has to be true before, whose turn it is, and the merge itself. */
import { judgesCode, type Pipeline, type Stage } from '../pipeline.ts';
import { awayTransitions, laterState } from './away.ts';
import {
  cancelled,
  forbidden,
  namesOf,
  placeOf,
  type StateConfig,
  says,
  type Transition,
  told,
  toStage,
  usual,
} from './common.ts';
import type { TaskContext } from './context.ts';
import { blockedState, personalEvents } from './people.ts';
import { tellOutside } from './report.ts';

/** How often a lapsed verdict may lead back to its stage without a person. */
const lapsedLimit = 3;

export interface MergePlace {
  /** The path of this state, as transitions name it: `deploy.merging` or `landing`. */
  id: string;
  /** Every gate that has to be passed. */
  gates: string[];
  /** The ways in, asked in this order; none of them leads to `waiting` unless all is well. */
  entry: Transition[];
  /** Said when there is no way in. */
  refusal: string;
  after: string;
}

/** What has to be true before code is merged: every gate so far is passed, and for the code as it is now. */
export function beforeMerge(pipeline: Pipeline, stage: Stage): Pick<MergePlace, 'gates' | 'entry' | 'refusal'> {
  const earlier = pipeline.stages.slice(0, pipeline.stages.indexOf(stage)).flatMap(({ gates }) => gates);
  const bound = earlier.filter(judgesCode);
  const lapsed = bound.map((gate): Transition => {
    const owner = pipeline.stages.find(({ gates }) => gates.includes(gate))!;
    // A verdict that an agent writes needs the agent again; a command is simply run again.
    const needsAgent = owner.gates.some(({ kind }) => kind === 'verdict');
    const budget = `${gate.name}.lapsed`;
    return {
      guard: { type: 'hasLapsedAndReworkLeft', params: { gate: gate.name, budget, limit: lapsedLimit } },
      target: needsAgent ? toStage(owner.name) : `#${owner.name}.gating`,
      actions: { type: 'countRework', params: { budget } },
    };
  });
  const gates = namesOf(earlier);
  const enter = { guard: { type: 'mayMerge', params: { gates, bound: namesOf(bound) } }, target: 'waiting' };
  // Coming back to the stage after the merge: there is nothing left to merge, and the verdicts were for other code.
  const again = { guard: { type: 'mayLand', params: { gates } }, target: `#${stage.name}.affording` };
  return {
    gates,
    entry: [again, ...lapsed, enter],
    refusal: 'not every gate is passed for the code as it is now',
  };
}

/** Merging into the target: is it allowed, is it our turn, then the merge itself. */
export function mergeState(pipeline: Pipeline, stage: Stage, place: MergePlace): StateConfig {
  const { id, gates, entry, refusal, after } = place;
  const { onConflict, limit } = stage.merge!;
  const isLanding = !id.includes('.');
  const landing = ({ workItem, target }: TaskContext) => `what ${workItem} added last is merged into ${target}`;
  const blockedBecause = (why: string): Transition => ({
    target: `#${id}.blocked`,
    actions: { type: 'wait', params: { why, gates } },
  });
  return {
    ...(isLanding && { id }),
    initial: 'checking',
    states: {
      checking: { always: [...entry, blockedBecause(refusal)] },
      waiting: {
        tags: 'lease',
        meta: says({
          why: isLanding ? landing : ({ target }) => `waits for its turn to merge into ${target}`,
        }),
        entry: 'requestLease',
        on: {
          'lease.granted': { target: 'writing', actions: 'rememberToken' },
          'task.cancel': { ...cancelled, actions: ['releaseLease', cancelled.actions] },
          'task.pause': told('holds it until somebody resumes it', {
            target: `#paused.${stage.name}`,
            actions: 'releaseLease',
          }),
        },
      },
      writing: {
        meta: says({
          why: isLanding ? landing : ({ target }) => `merging into ${target}`,
          headline: isLanding ? 'the last documents are merged' : 'merging',
        }),
        exit: 'releaseLease',
        // A merge is never left half way: it ends one way or the other, and soon.
        on: { 'task.cancel': forbidden, 'task.pause': forbidden },
        invoke: {
          id: 'merge',
          src: 'merge',
          input: ({ context }: { context: TaskContext }) => ({
            ...placeOf(context),
            head: context.head,
            title: context.title,
            token: context.leaseToken,
            forge: context.forge ?? null,
          }),
          onDone: [
            ...awayTransitions(pipeline, 'later', blockedBecause),
            { guard: 'isMerged', target: after, actions: ['forgetAway', 'recordMerge'] },
            {
              guard: 'isRefused',
              target: 'turnedDown',
              actions: [
                'forgetAway',
                'recordRefusal',
                ...tellOutside({ standing: 'blocked', stage: stage.name, headline: 'the forge does not merge it' }),
              ],
            },
            {
              guard: { type: 'hasConflictAndReworkLeft', params: { budget: `${id}.conflict`, limit } },
              target: toStage(onConflict),
              actions: ['recordConflict', { type: 'countRework', params: { budget: `${id}.conflict` } }],
            },
            blockedBecause('the branch conflicts with its target again and again'),
          ],
          onError: blockedBecause('the branch could not be merged'),
        },
      },
      later: {
        ...laterState('checking', 'the merge has to wait for the forge'),
        on: {
          'task.retry': usual('tries again at once', { target: 'checking' }),
          'task.cancel': cancelled,
          'task.pause': told('holds it until somebody resumes it', { target: `#paused.${stage.name}` }),
        },
      },
      turnedDown: turnedDownState(pipeline, stage, id),
      blocked: blockedState(stage.name, personalEvents(pipeline, stage, `#${id}.checking`)),
    },
  };
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
