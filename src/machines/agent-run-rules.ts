/** What decides over the run of an agent: what an end means, whether another attempt follows, and how that begins. */
import type { WatchLimits } from '../domain/agent-spec.ts';
import type { Beginning } from '../domain/assignment.ts';
import {
  type Budget,
  formatAmount,
  leftOf,
  measures,
  noBudget,
  type Spent,
  spentOf,
  tighter,
} from '../domain/budget.ts';
import { formatDuration } from '../domain/duration.ts';
import {
  type AgentEnd,
  type AgentReport,
  classify,
  endOf,
  explainOutcome,
  type OutcomeClass,
  type StopCause,
} from '../domain/outcome.ts';
import { hostId } from './addresses.ts';
import type { AgentRunContext, AgentRunEvent, Inspected } from './agent-run-context.ts';

/** A limit that is switched off: a timer that nobody lives to see. */
const farAwayMs = 10 * 365 * 86_400_000;
/** How often a run waits for a quota that comes back; a weekly limit needs one such wait. */
const mostResetWaits = 10;
/** How long an allowance is left alone that is used up until nobody knows when. */
const unknownResetMs = 3_600_000;

export const outputOf = <T>(event: unknown) => (event as { output: T }).output;
export const nothingHappened: AgentEnd = endOf({ code: null, signal: null });

export const blamed = (reason: string, code: string) => ({
  exit: { code: null, signal: null },
  end: { ...nothingHappened, class: 'permanent' as const, message: reason, code },
  outcome: 'permanent' as const,
  reason,
});

type Stopped = Pick<AgentRunContext, 'stopCause' | 'stopBy' | 'activity'>;

/** Which of the limits stopped it, in words; and who did, where that was a person. */
export function explainEnd({ stopCause, stopBy, activity }: Stopped, end: AgentEnd, limits?: WatchLimits): string {
  if (stopCause === 'unanswered' && limits !== undefined) {
    const waited = `the provider did not answer for ${formatDuration(limits.silenceMs ?? 0)}, and the agent was stopped`;
    return activity === '' ? waited : `${waited} (${activity})`;
  }
  if (stopCause === 'stalled' && limits !== undefined) {
    const [what, ms] =
      stopBy === silence
        ? ['printed nothing, with no tool at work,', limits.silenceMs]
        : ['got nowhere (no message, tool result, commit or changed file)', limits.noProgressMs];
    return `the agent ${what} for ${formatDuration(ms ?? 0)} and was stopped`;
  }
  if (stopCause === 'interrupted' && stopBy?.startsWith(`${hostId}: `)) {
    return `the agent was stopped before the disk is full (${stopBy.slice(hostId.length + 2)}); it goes on when there is room`;
  }
  const why = explainOutcome(stopCause, end);
  return stopCause === 'killed' || stopCause === 'cancelled' ? `${why} (by ${stopBy})` : why;
}

export const whoStopped = ({ by, reason }: { by: string; reason?: string }) =>
  reason === undefined ? by : `${by}: ${reason}`;

/** What a stop of ours makes of a run whose process never came to an end of its own. */
export function stopped({ stopCause, stopBy, activity }: Stopped): { outcome?: OutcomeClass; reason?: string } {
  if (stopCause === null) return {};
  return {
    outcome: classify(nothingHappened, stopCause),
    reason: explainEnd({ stopCause, stopBy, activity }, nothingHappened),
  };
}

type Exited = Extract<AgentRunEvent, { type: 'agent.exited' }>;

/** Why we end a process that could have gone on: whoever ends by himself before he is told has not been ended by that. */
const ofTheClock: readonly (StopCause | null)[] = [
  ...(['timedOut', 'stalled', 'unanswered', 'budget', 'handedOver', 'interrupted'] as const),
];
/** The times of files are as much as a tick of the kernel behind the clock. */
const clockGrainMs = 20;
/** Failures by which a session turns out to be lost when it was to be gone on with: it is not there, or no request with it is taken. */
const ofSessions = ['unknownSession', 'badRequest'];

/**
 * What the end of the process comes to. Of one that we made leave, what it had come to before counts. What ended before we told it
 * to has ended by itself, and so has one that had said that it was done.
 */
export function judge(
  context: AgentRunContext,
  event: Exited,
): { end: AgentEnd; outcome: OutcomeClass; stopCause: StopCause | null } {
  const { beginning, signalledAt = context.stoppedAt } = context;
  const isBefore = signalledAt === null || (event.endedAt != null && event.endedAt < signalledAt - clockGrainMs);
  const isBySelf = isBefore || event.report.conclusion === 'success';
  const stopCause = isBySelf && ofTheClock.includes(context.stopCause) ? null : context.stopCause;
  const isForeseen = stopCause === 'finished' || stopCause === 'doomed';
  const counts = isForeseen ? (context.end ?? event.end) : event.end;
  const hasSpoken = event.report.turns > 0;
  const isLost = beginning === 'resumed' && !hasSpoken && ofSessions.includes(counts.code);
  const end = isLost ? { ...counts, class: 'permanent' as const, code: sessionLost } : counts;
  return { end, outcome: classify(end, stopCause), stopCause };
}

export const isOurInterruption = ({ outcome, stopCause }: AgentRunContext) =>
  outcome === 'interrupted' && stopCause === 'interrupted';

export const hasLostSession = ({ outcome, end }: AgentRunContext) =>
  outcome === 'permanent' && end?.code === sessionLost;

/** The breaker holds it until the reset. Not for ever: a provider whose clock is wrong says "soon" again and again. */
export const waitsForReset = (context: AgentRunContext) =>
  hasResetAhead(context) && context.resetWaits <= mostResetWaits;

/** Failures of the provider. */
const isOfProvider = ({ outcome }: AgentRunContext): boolean =>
  outcome === 'transient' || outcome === 'quota' || outcome === 'authentication';

/** Those among them of which a run that only knocks is not to blame. */
const isTurnedAway = (context: AgentRunContext): boolean =>
  isOfProvider(context) && (context.outcome !== 'transient' || context.isProbe);

/** The provider turns it away, and the breaker lets it knock again; that costs nothing but patience. */
export const waitsForProvider = (context: AgentRunContext): boolean =>
  isTurnedAway(context) && !isOutOfPatience(context);

/** Since when the provider has answered nothing, at the end of an attempt; null where it has. */
export function unansweredSince(context: AgentRunContext): number | null {
  const { report, endedAt, unansweredSince: before } = context;
  if (!isOfProvider(context)) return null;
  return (report?.turns ?? 0) > 0 ? endedAt : (before ?? endedAt);
}

export const isOutOfPatience = (context: AgentRunContext): boolean => {
  const { endedAt, unansweredSince: since, policy } = context;
  return isTurnedAway(context) && since != null && endedAt !== null && endedAt - since >= policy.patienceMs;
};

export const mayTryLater = (context: AgentRunContext) =>
  isWorthLater(context) && context.transientFailures < context.policy.transientAttempts;

export const mayHandOver = ({ outcome, handovers, policy }: AgentRunContext) =>
  outcome === 'contextExhausted' && handovers <= policy.handovers;

export const mayTryAgain = ({ outcome, permanentFailures, policy }: AgentRunContext) =>
  isOwnFailure(outcome) && permanentFailures < policy.permanentAttempts;

/** Whether another attempt would follow by itself. */
export const mayGoOn = (context: AgentRunContext) =>
  [hasLostSession, waitsForReset, waitsForProvider, mayTryLater, mayHandOver, mayTryAgain].some(may => may(context));

/** What the run has used of its own budget. Neither a stop of ours nor a closed door is a session. */
export const spentByRun = ({ usage, workedMs, attempt, interruptions, turnedAway = 0 }: AgentRunContext) =>
  spentOf(usage, workedMs, attempt - interruptions - turnedAway);

/** The provider has turned it away at the door. */
export const isForNothing = (context: AgentRunContext): boolean =>
  isTurnedAway(context) && (context.report?.turns ?? 0) === 0;

/** Which watchdog barked. */
export const silence = 'silence';

/** Codes of ends that this machine makes out itself. */
export const notStarted = 'notStarted';
export const hookFailed = 'hookFailed';
/** The session that was to be resumed is not there any more: a fresh one begins, and nobody is to blame. */
export const sessionLost = 'sessionLost';

/** A program that is not there, or may not be run: nobody has asked the provider anything. */
const neverRan = ['notFound', 'notExecutable'];

export const isOfOurMaking = (end: AgentEnd | null) =>
  [notStarted, hookFailed, sessionLost, ...neverRan].includes(end?.code ?? '');

/** Failures of the circumstances: the same attempt may succeed later. An interruption of ours is no failure. */
export function isWorthLater({ outcome, stopCause }: AgentRunContext): boolean {
  if (outcome === 'interrupted') return stopCause !== 'interrupted';
  return outcome === 'transient' || outcome === 'lost';
}

/** Failures of the agent itself. */
export function isOwnFailure(outcome: OutcomeClass | null): boolean {
  return outcome === 'permanent' || outcome === 'timedOut' || outcome === 'stalled';
}

/** Whether the worktree is another than at the last look, or than where the attempt began. */
export function hasMoved({ fingerprint: before }: AgentRunContext, event: unknown): boolean {
  const { fingerprint, isChanged } = outputOf<Inspected>(event);
  return before === null ? isChanged : before !== fingerprint;
}

/** A used-up allowance that comes back at a known time; a reset time that has passed is no answer. */
function hasResetAhead({ outcome, end, endedAt }: AgentRunContext): boolean {
  return outcome === 'quota' && end?.resetAt != null && endedAt !== null && end.resetAt > endedAt;
}

/**
 * A session that was cut off is gone on with where the CLI can; one that was full, was lost or got nowhere is taken over from, in the
 * worktree as it is.
 */
export function beginningAfter({ outcome, end, agent, report, resume, beginning }: AgentRunContext): Beginning {
  // It never began: the next one begins as this one would have.
  if (end?.code === notStarted) return beginning;
  const isSpent = outcome === 'contextExhausted' || outcome === 'timedOut' || outcome === 'stalled';
  // A program that reads no words of ours makes a beginning of its own.
  if (end?.code === sessionLost || (isSpent && agent.kind !== 'command')) return 'handover';
  const isCutOff = ['transient', 'quota', 'authentication', 'interrupted', 'lost'].includes(outcome ?? '');
  if (isCutOff && agent.canResume && (report?.session ?? resume) !== null) return 'resumed';
  // What the sessions before have made is in the worktree still.
  return isCutOff && beginning === 'handover' ? 'handover' : 'fresh';
}

/** Until when a provider that turned it away is to be left alone, epoch milliseconds; null leaves that to the breaker. */
export function barredUntil(context: AgentRunContext): number | null {
  const { outcome, end, endedAt } = context;
  if (outcome !== 'quota' || endedAt === null) return null;
  return waitsForReset(context) ? end!.resetAt : endedAt + unknownResetMs;
}

/** Whether its program says when it works on something, so that its silence is that of the provider. */
export const tellsOfTools = ({ agent }: AgentRunContext): boolean => agent.kind !== 'command' && agent.kind !== 'aider';

/** Whether this is the first answer of the model in this attempt. */
export const isFirstAnswer = ({ report: before }: AgentRunContext, { report }: { report: AgentReport }): boolean =>
  (before?.turns ?? 0) === 0 && report.turns > 0;

/** What the whole run may use: its stage's budget, and that of the configuration for one run. */
export const budgetOfRun = ({ budget, limit }: AgentRunContext): Budget => tighter(budget, limit ?? noBudget);

/** What it has used beyond that, in words that go on a sentence; empty where it has kept to it. */
export function overrun(context: AgentRunContext): string {
  const limit = budgetOfRun(context);
  const spent = spentByRun(context);
  const over = measures.find(measure => measure !== 'sessions' && spent[measure] > (limit[measure] ?? Infinity));
  if (over === undefined) return '';
  return `; its run has used ${formatAmount(over, spent[over])} of ${formatAmount(over, limit[over]!)}`;
}

/** What it has left of that. */
export const leftForRun = (context: AgentRunContext): Budget => leftOf(budgetOfRun(context), spentByRun(context));

/** The time limit of an attempt: the stage's, or less when a budget says so. */
export function tighterTime(context: AgentRunContext): number {
  const limits = [context.policy.timeLimitMs, leftForRun(context).timeMs, context.allowance?.timeMs ?? null];
  return Math.min(...limits.filter(limit => limit !== null));
}

/** When the attempt would have begun, had the machine never slept since. */
export const beganAwake = ({ startedAt, sleptMs = 0 }: AgentRunContext): number | null =>
  startedAt === null ? null : startedAt + sleptMs;

export function leftUntil(limitMs: number | null, since: number | null, event: unknown): number {
  if (limitMs === null) return farAwayMs;
  const { at } = event as { at: number };
  return Math.max(0, limitMs - (at - (since ?? at)));
}

/** What the present attempt has spent by this sign. */
export function spentSoFar(context: AgentRunContext, { report, at }: { report: AgentReport; at: number }): Spent {
  return spentOf(report.usage, at - (beganAwake(context) ?? at), 1);
}
