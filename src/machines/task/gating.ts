/** The gates of a stage, one actor each, side by side. */
import type { GateInput } from '../gate.ts';
import { type Gate, patienceOf, type Stage } from '../pipeline.ts';
import type { StateConfig, Transition } from './common.ts';
import { namesOf, placeOf, ranAs, says, testingOf } from './common.ts';
import { gateChild, type TaskContext } from './context.ts';
import { showVerdict } from './report.ts';

/** Every gate of a stage that is no person's. */
export function gatingState(stage: Stage, blockedBecause: (why: string) => Transition): StateConfig {
  const gates = stage.gates.filter(({ kind }) => kind !== 'approval');
  // A new round needs new verdicts, and a new approval.
  const entry = { type: 'forgetVerdicts', params: { gates: namesOf(stage.gates) } };
  if (gates.length === 0) return { entry, always: { target: 'deciding' } };
  return {
    ...judgingState(
      gates.map(gate => ({ gate, stage })),
      { onward: 'deciding', blockedBecause },
    ),
    entry,
    meta: says({ why: judging, headline: `${stage.name}: the gates are judged` }),
  };
}

/** A gate, and the stage in which it is judged. */
export interface GateAt {
  gate: Gate;
  stage: Stage;
}

export const judging = ({ waitsFor }: TaskContext) => waitsFor ?? 'the gates are judged';

/**
 * Judges gates beside each other until there is a verdict of each. After a failure nobody is waited for: what it takes to fix
 * that is known as soon as those have answered that know at once.
 */
export function judgingState(
  gates: readonly GateAt[],
  { onward, blockedBecause }: { onward: string; blockedBecause: (why: string) => Transition },
): StateConfig {
  const all = namesOf(gates.map(({ gate }) => gate));
  const prompt = namesOf(gates.map(({ gate }) => gate).filter(gate => patienceOf(gate) === null));
  return {
    exit: 'stopWaiting',
    on: Object.assign({ 'gate.waits': { actions: 'recordWaiting' } }, ...newsFor(gates.map(({ gate }) => gate))),
    invoke: gates.map(({ gate, stage }) => ({
      id: gateChild(gate.name),
      src: 'gate',
      input: ({ context }: { context: TaskContext }): GateInput => ({
        taskId: context.id,
        gate,
        deadlineMs: patienceOf(gate),
        lookAgainMs,
        place: {
          ...{ ...placeOf(context), ...ranAs(context, stage), ...testingOf(context) },
          head: context.head,
          base: context.base,
        },
      }),
      onDone: { actions: [{ type: 'recordVerdict', params: { stage: stage.name, gate: gate.name } }, showVerdict] },
      onError: blockedBecause(`the gate ${gate.name} could not be judged`),
    })),
    always: [
      { guard: { type: 'areJudged', params: { gates: all } }, target: onward },
      ...(prompt.length < all.length
        ? [{ guard: { type: 'haveFailed', params: { gates: all, prompt } }, target: onward }]
        : []),
    ],
  };
}

/** How long a gate that waits goes without a look of its own: a delivery that was lost costs no more than this. */
const lookAgainMs = 60_000;

const ciNews = ['ci.pending', 'ci.succeeded', 'ci.failed'];
const reviewNews = [
  ...['review.approved', 'review.changesRequested', 'review.commented', 'review.dismissed'],
  ...['pullRequest.updated', 'pullRequest.closed', 'pullRequest.reopened', 'pullRequest.merged'],
];

/** What happens at the forge that gates have to look at. What speaks of other code, or of somebody else's, is no news. */
function newsFor(gates: readonly Gate[]): StateConfig[] {
  const hearing = (kind: Gate['kind'], events: string[], guard: string) => {
    const tell = gates
      .filter(gate => gate.kind === kind)
      .map(({ name }) => ({ type: 'tellGate', params: { child: gateChild(name) } }));
    return tell.length === 0 ? {} : Object.fromEntries(events.map(event => [event, { guard, actions: tell }]));
  };
  return [hearing('ci', ciNews, 'isOfHead'), hearing('pullRequestReview', reviewNews, 'isOwnPullRequest')];
}
