/** What the time of a task goes by with: its states by the stage that they belong to, and by what happens in them. */

/**
 * - `working`: an agent works, or is tried again after a pause of its own.
 * - `place`: an agent was called for and its process does not run yet.
 * - `backoff`: an agent is tried again after a pause.
 * - `gates`: gates are judged.
 * - `person`: a person is asked.
 * - `paused`: a person holds it.
 * - `blockers`: something else has to be done before it.
 * - `forge`: a forge is away, or the repository locked.
 * - `lease`: it waits for its turn to merge.
 * - `preparing`, `publishing`, `merging`: our own work on the repository.
 */
export const phases = [
  ...(['working', 'place', 'backoff', 'gates', 'person', 'paused', 'blockers', 'forge', 'lease'] as const),
  ...(['preparing', 'publishing', 'merging'] as const),
] as const;
export type Phase = (typeof phases)[number];

export interface Whereabouts {
  /** `waiting` before the first one, `landing` behind the last one. */
  stage: string;
  phase: Phase;
}

/** The names under which the time before the first and after the last stage is counted. */
export const beforeStages = 'waiting';
export const afterStages = 'landing';

const ends = ['done', 'cancelled', 'failed'] as const;
export type End = (typeof ends)[number];

const ofStage: Record<string, Phase> = {
  ...{ preparing: 'preparing', baselining: 'preparing', affording: 'preparing', overspent: 'preparing' },
  ...{ preparingLater: 'forge', pushingLater: 'forge', presenting: 'publishing', presentingLater: 'forge' },
  publishingLater: 'forge',
  ...{ working: 'working', publishing: 'publishing', pushing: 'publishing', gating: 'gates', deciding: 'gates' },
  ...{ awaitingApproval: 'person', awaitingAnswer: 'person', awaitingDecision: 'person', awaitingBudget: 'person' },
  ...{ blocked: 'person', unready: 'person', unpublished: 'person', parked: 'paused' },
};

const ofMerging: Record<string, Phase> = {
  ...{ waiting: 'lease', later: 'forge', judging: 'gates', judged: 'gates', judgingAll: 'gates', judgedAll: 'gates' },
  ...{ turnedDown: 'person', unsure: 'person', blocked: 'person' },
};

/** How a task has ended, by its state; undefined while it has not. */
export const endIn = (state: string): End | undefined => ends.find(end => end === state);

/** Where a task is, by its state; undefined where it has ended. What an earlier version called otherwise is our own work. */
export function whereaboutsIn(state: string): Whereabouts | undefined {
  if (endIn(state) !== undefined) return undefined;
  const [first = '', second = '', ...rest] = state.split('.');
  if (first === 'created') return { stage: beforeStages, phase: 'preparing' };
  if (first === 'waiting') return { stage: beforeStages, phase: second === 'unsure' ? 'person' : 'blockers' };
  if (first === 'paused') return { stage: second, phase: 'paused' };
  if (first === 'landing') return { stage: afterStages, phase: mergingIn([second, ...rest]) };
  if (second === 'merging') return { stage: first, phase: mergingIn(rest) };
  return { stage: first, phase: ofStage[second] ?? 'preparing' };
}

const mergingIn = (path: readonly string[]): Phase => ofMerging[path.at(-1) ?? ''] ?? 'merging';
