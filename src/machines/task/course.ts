/**
 * The course that a task has taken, told from its log: how long it was where, what has sent it back, and what its gates have
 * said. What the machine decides without an event of its own is told from where it went.
 */
import type { VerdictWord } from '../../domain/verdict.ts';
import { gateChild, verdictIn } from './context.ts';
import { beforeStages, type End, endIn, type Whereabouts, whereaboutsIn } from './phases.ts';

/** An entry of the log, as far as it is read. */
export interface CourseEntry {
  at: number;
  type: string;
  outcome: string;
  from: string;
  to: string;
  event: { type: string; output?: unknown };
}

/** A stretch of time, in milliseconds since the epoch; it goes on while `to` is null. */
export interface Span extends Whereabouts {
  from: number;
  to: number | null;
}

/**
 * Why a task was sent back.
 *
 * - `gate`: a gate said no.
 * - `objection`: an agent objected to the work of an earlier stage.
 * - `unpublished`: what an agent left could not be committed.
 * - `conflict`: the branch conflicts with its target.
 * - `lapsed`: the code has changed since it was judged.
 * - `person`: a person has sent it back, moved it there or had it tried again.
 * - `question`: an agent asked, and goes on with the answer.
 * - `budget`: a budget was used up, and was granted again.
 */
export const turnCauses = [
  ...(['gate', 'objection', 'unpublished', 'conflict', 'lapsed', 'person', 'question', 'budget'] as const),
] as const;
export type TurnCause = (typeof turnCauses)[number];

/** Once that work was sent back to a stage which had it already. */
export interface Turn {
  at: number;
  cause: TurnCause;
  /** The first gate that said no; null for other causes. */
  gate: string | null;
  from: string;
  to: string;
}

export interface Judged {
  at: number;
  gate: string;
  verdict: VerdictWord;
  isAbsent: boolean;
  isFlaky: boolean;
  /** Hash of the code that was judged. */
  codeTree: string;
  /** Of the last look; null where it was not measured. */
  durationMs: number | null;
}

export interface Course {
  spans: Span[];
  turns: Turn[];
  judged: Judged[];
  end: End | null;
  last: number;
}

/** Follows one task through its log. `stages` are those of its pipeline, in their order. */
export function createCourse(stages: readonly string[]) {
  const spans: Span[] = [];
  const turns: Turn[] = [];
  const judged: Judged[] = [];
  const begun = new Set<string>();
  let end: End | null = null;
  let now = 0;
  let codeTree = '';
  let objection: string | null = null;
  /** Gates that have said no since they were last begun to be judged. */
  let refusals: string[] = [];

  const placeOf = (stage: string) => {
    if (stage === beforeStages) return -1;
    const place = stages.indexOf(stage);
    return place < 0 ? stages.length : place;
  };

  /** What its actors report with an event. */
  function hear({ type, event }: CourseEntry): void {
    const verdict = verdictIn(event);
    if (verdict !== undefined) {
      const gate = type.slice(gateDone.length);
      // One that answers for another has said nothing of itself.
      const word = verdict.gate === gate ? verdict.verdict : 'inconclusive';
      const { isAbsent = false, isFlaky = false, durationMs = null } = verdict;
      judged.push({ at: now, gate, verdict: word, isAbsent, isFlaky, codeTree, durationMs });
      if (word === 'fail') refusals.push(gate);
    } else if (/^xstate\.done\.actor\.(?:prepare|publish|update|merge)$/.test(type)) {
      const output = (event.output ?? {}) as { codeTree?: string; objection?: string | null };
      codeTree = output.codeTree ?? codeTree;
      if (output.objection !== undefined) objection = output.objection;
    }
  }

  function causeOf({ type, event, from: state }: CourseEntry, from: Whereabouts, to: Whereabouts): TurnCause {
    const { result } = (event.output ?? {}) as { result?: string };
    if (type === 'task.answer') return 'question';
    if (type === 'task.reject' || type === 'task.move') return 'person';
    // It was sent back while its agent worked, and waited for that to end.
    if (from.phase === 'working') return 'person';
    if (type === `${done}publish` && result === 'refused') return 'unpublished';
    if (type === `${done}update` && result === 'conflict') return 'conflict';
    // A person has let it go on, and not to where it stood.
    if (/^task\.(?:approve|resume|retry)$/.test(type) && from.stage !== to.stage) return 'lapsed';
    if (type === 'task.retry') return isOutOfBudget(state) ? 'budget' : 'person';
    if (type === 'task.approve' || type === 'task.resume') return 'budget';
    if (objection !== null) return 'objection';
    return refusals.length > 0 ? 'gate' : 'lapsed';
  }

  function turn(entry: CourseEntry, from: Whereabouts, to: Whereabouts): void {
    if (placeOf(to.stage) > placeOf(from.stage) || !beginsAgain(entry, from, to)) return;
    const cause = causeOf(entry, from, to);
    // What was never begun is not done again because a person wants it.
    if (ofPeople.has(cause) && !begun.has(to.stage)) return;
    const gate = cause === 'gate' ? refusals[0]! : null;
    turns.push({ at: now, cause, gate, from: from.stage, to: to.stage });
    if (cause === 'objection') objection = null;
  }

  function move(place: Whereabouts | undefined): void {
    const last = spans.at(-1);
    if (last !== undefined && last.to === null) {
      if (place?.stage === last.stage && place.phase === last.phase) return;
      last.to = now;
      // A state that is left in the instant in which it is entered takes no time.
      if (last.from === now) spans.pop();
    }
    if (place !== undefined) spans.push({ ...place, from: now, to: null });
  }

  return {
    /** Entries in the order of the log. One that changed nothing is left out, and what comes after the end. */
    follow(entry: CourseEntry): void {
      if (entry.outcome !== 'applied' || end !== null) return;
      // A clock that was set back takes no time away.
      now = Math.max(now, entry.at);
      const from = entry.from === '' ? undefined : whereaboutsIn(entry.from);
      const to = whereaboutsIn(entry.to);
      hear(entry);
      if (from !== undefined && to !== undefined) turn(entry, from, to);
      // A new round needs new verdicts.
      if (to?.phase !== 'gates' || from?.phase !== 'gates' || from.stage !== to.stage) refusals = [];
      if (to?.phase === 'working') begun.add(to.stage);
      move(to);
      end = endIn(entry.to) ?? null;
    },
    /** What was followed so far. `last` is the time of the last entry that changed something. */
    course: (): Course => ({ spans, turns, judged, end, last: now }),
  };
}

const done = 'xstate.done.actor.';
const gateDone = `${done}${gateChild('')}`;
const ofPeople: ReadonlySet<TurnCause> = new Set(['person', 'question', 'budget']);
const isOutOfBudget = (state: string) => /\.(?:awaitingBudget|parked)$/.test(state);

/** Whether a stage begins anew with this, rather than goes on. */
function beginsAgain({ type, from: state }: CourseEntry, from: Whereabouts, to: Whereabouts): boolean {
  const isSame = from.stage === to.stage;
  const isResumed = type === 'task.resume' && state.startsWith('paused.');
  if (isResumed) return false;
  if (to.phase === 'preparing') return !(isSame && (from.phase === 'preparing' || from.phase === 'forge'));
  // The agent goes on in its worktree as it is.
  if (to.phase === 'working') return isSame && from.phase === 'publishing';
  // Gates that need no agent are simply judged again.
  return to.phase === 'gates' && !isSame;
}
