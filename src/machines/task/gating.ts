/** The gates of a stage, one actor each. */
import type { GateInput } from '../gate.ts';
import { type Gate, patienceOf, type Stage } from '../pipeline.ts';
import type { StateConfig, Transition } from './common.ts';
import { namesOf, placeOf, playerOf, says } from './common.ts';
import { gateChild, type TaskContext } from './context.ts';
import { showVerdict } from './report.ts';

/** Every gate that is no person's is an actor of its own; they are judged one after another. */
export function gatingState(stage: Stage, blockedBecause: (why: string) => Transition): StateConfig {
  const gates = stage.gates.filter(({ kind }) => kind !== 'approval');
  const [first] = gates;
  if (first === undefined) return { always: { target: 'deciding' } };
  const headline = `${stage.name}: the gates are judged`;
  return {
    entry: { type: 'forgetVerdicts', params: { gates: namesOf(stage.gates) } },
    meta: says({ why: 'the gates are judged', headline }),
    initial: first.name,
    states: Object.fromEntries(
      gates.map((gate, index) => {
        const deciding = `#${stage.name}.deciding`;
        const after = gates.slice(index + 1);
        const way = {
          next: after[0]?.name ?? deciding,
          // After a failure nobody is waited for: what it takes to mend that is known.
          afterFailure: after.find(other => patienceOf(other) === null)?.name ?? deciding,
          before: namesOf(gates.slice(0, index)),
        };
        return [gate.name, gateState(stage, gate, way, blockedBecause)];
      }),
    ),
  };
}

/** Where a gate leads. */
interface Way {
  next: string;
  /** The next one that knows at once. */
  afterFailure: string;
  /** The gates of this round that were judged before. */
  before: string[];
}

function gateState(
  stage: Stage,
  gate: Gate,
  { next, afterFailure, before }: Way,
  blockedBecause: (why: string) => Transition,
): StateConfig {
  const actions = [{ type: 'recordVerdict', params: { stage: stage.name } }, showVerdict];
  const failure = { guard: { type: 'hasFailedByNow', params: { gates: before } }, target: afterFailure, actions };
  return {
    meta: says({ why: ({ waitsFor: why }) => why ?? `the gate ${gate.name} is judged` }),
    exit: 'stopWaiting',
    on: { 'gate.waits': { actions: 'recordWaiting' }, ...newsFor(gate) },
    invoke: {
      id: gateChild(gate.name),
      src: 'gate',
      input: ({ context }: { context: TaskContext }): GateInput => ({
        taskId: context.id,
        gate,
        deadlineMs: patienceOf(gate),
        lookAgainMs,
        // Tests are what the agent has made of them.
        place: {
          ...placeOf(context),
          sandbox: playerOf(context, stage).sandbox,
          env: playerOf(context, stage).env,
          forge: context.forge ?? null,
          head: context.head,
        },
      }),
      onDone: [...(afterFailure === next ? [] : [failure]), { target: next, actions }],
      onError: blockedBecause(`the gate ${gate.name} could not be judged`),
    },
  };
}

/** How long a gate that waits goes without a look of its own: a delivery that was lost costs no more than this. */
const lookAgainMs = 60_000;

const ciNews = ['ci.pending', 'ci.succeeded', 'ci.failed'];
const reviewNews = [
  ...['review.approved', 'review.changesRequested', 'review.commented', 'review.dismissed'],
  ...['pullRequest.updated', 'pullRequest.closed', 'pullRequest.reopened', 'pullRequest.merged'],
];

/** What happens at the forge that a gate has to look at. What speaks of other code, or of somebody else's, is no news. */
function newsFor(gate: Gate): StateConfig {
  const tell = { type: 'tellGate', params: { child: gateChild(gate.name) } };
  const on = (events: string[], guard: string) =>
    Object.fromEntries(events.map(event => [event, { guard, actions: tell }]));
  if (gate.kind === 'ci') return on(ciNews, 'isOfHead');
  return gate.kind === 'pullRequestReview' ? on(reviewNews, 'isOwnPullRequest') : {};
}
