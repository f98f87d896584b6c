/**
 * One visit of an agent to a stage: waits for its turn, runs the process, watches it, ends it when it must, keeps what it
 * made, and tries again within its budgets.
 *
 *   queued ─▶ [readying] ─▶ working ─▶ inspecting | keeping ─▶ [tidying] ─▶ deciding ─▶ settled
 *     ▲               starting ─▶ running ─▶ stopping (SIGTERM) ─▶ killing (SIGKILL)
 *     └── backoff ◀─────────────────────────────────────────── transient failure, own budget
 *
 * The watchdog is the delayed transitions of `running`: the time limit, silence, no progress. The process belongs to the
 * actor `agent`, which reports what it prints as throttled heartbeats, is told to end it, and says `agent.exited` only when
 * nothing of it is left. The worktree is checkpointed before a kill and after every end but a successful one; it is put
 * back to where the attempt began unless the next attempt goes on from there.
 */
import { assign, enqueueActions, sendTo, setup } from 'xstate';
import { actorRef } from '../domain/actor-ref.ts';
import type { AgentSpec, WatchLimits } from '../domain/agent-spec.ts';
import type { Assignment } from '../domain/assignment.ts';
import { type BackoffPolicy, backoffMs } from '../domain/backoff.ts';
import {
  addSpent,
  type Budget,
  exhausted,
  leftOf,
  noBudget,
  nothingSpent,
  type Spent,
  spentOf,
  tighter,
} from '../domain/budget.ts';
import type { Hook } from '../domain/hook.ts';
import {
  type AgentEnd,
  type AgentReport,
  classify,
  type ExitRecord,
  endOf,
  explainOutcome,
  type OutcomeClass,
  type StopCause,
} from '../domain/outcome.ts';
import { addUsage, noUsage, type Usage } from '../domain/usage.ts';
import { breakerId, workerId } from './breaker.ts';
import { pureActor } from './provided.ts';

/** How long and how often an agent may work in one stage. Durations in milliseconds. */
export interface RunPolicy extends WatchLimits {
  timeLimitMs: number;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
  /** Processes that may fail permanently (or by time limit) before the stage gives up. */
  permanentAttempts: number;
  /** Processes that may fail transiently or be lost. */
  transientAttempts: number;
  backoff: BackoffPolicy;
  /** Fresh sessions that may take over from one whose context was full. */
  handovers: number;
  access: 'write' | 'read';
  /** Whether a success that has changed nothing in the worktree is none. */
  mustChange: boolean;
}

export interface AgentRunInput {
  assignment: Assignment;
  agent: AgentSpec;
  policy: RunPolicy;
  /** What this run may use, all its attempts together. */
  budget: Budget;
  hooks: { beforeRun: Hook | null; afterRun: Hook | null };
  priority: number;
  actor: { id: string; parentId: string | null; at: number };
}

/** How an attempt begins: anew, in the session that was cut off, or in a fresh one that takes over. */
export type Beginning = 'fresh' | 'resumed' | 'handover';

export interface AgentRunContext extends Omit<AgentRunInput, 'actor'> {
  runId: string;
  /** Processes started so far. */
  attempt: number;
  transientFailures: number;
  permanentFailures: number;
  handovers: number;
  /** Waits for a used-up quota, and stops of ours that were nobody's failure. */
  resetWaits: number;
  interruptions: number;
  /** How the present or next attempt begins. */
  beginning: Beginning;
  /** The session to go on with, and the last words of the one that a fresh session takes over from. */
  resume: string | null;
  handover: string | null;
  /** What the worker granted to the present attempt. */
  allowance: Budget | null;
  pid: number | null;
  startedAt: number | null;
  lastOutputAt: number | null;
  lastProgressAt: number | null;
  activity: string;
  /** Whether a tool ran at the last sign. */
  isToolAlive: boolean;
  report: AgentReport | null;
  /** What the worktree looked like when it was last checked for progress. */
  fingerprint: string | null;
  /** Why we are ending the process, once we are. */
  stopCause: StopCause | null;
  stopBy: string | null;
  stoppedAt: number | null;
  exit: ExitRecord | null;
  end: AgentEnd | null;
  outcome: OutcomeClass | null;
  reason: string | null;
  jitter: number;
  endedAt: number | null;
  /** Used by all attempts that have ended. */
  usage: Usage;
  workedMs: number;
  /** What the last attempt spent; the worker settles it. */
  lastSpent: Spent;
}

/** What the process tells while it runs. The durations end at the event's own time. */
export interface Sign {
  report: AgentReport;
  /** One line for people. */
  activity: string;
  /** Milliseconds since it last printed something, and since it last got on with its work. */
  silentMs: number;
  stalledMs: number;
}

export type AgentRunEvent =
  | { type: 'run.start'; allowance?: Budget; at: number }
  | { type: 'run.stop'; cause: StopCause; by: string; reason?: string; at: number }
  /** `silentMs`: how long the process that was found has printed nothing; 0 for one that was just started. */
  | { type: 'agent.started'; pid: number; silentMs?: number; at: number }
  | { type: 'agent.failed'; error: { message: string }; at: number }
  | ({ type: 'agent.heartbeat'; isToolAlive: boolean; at: number } & Sign)
  /** It said its last word; the process has yet to leave. `end` is what it means when it does. */
  | ({ type: 'agent.concluded'; end: AgentEnd; at: number } & Sign)
  /** It retries what cannot succeed. `end` is what that will come to. */
  | ({ type: 'agent.doomed'; end: AgentEnd; at: number } & Sign)
  | ({
      type: 'agent.exited';
      end: AgentEnd;
      report: AgentReport;
      jitter: number;
      /** When the process began and ended by its own records; null where there are none. */
      startedAt?: number | null;
      endedAt?: number | null;
      at: number;
    } & ExitRecord);

/** What the task learns when the run has ended. */
export interface AgentRunOutput {
  outcome: OutcomeClass;
  reason: string;
  attempts: number;
  workedMs: number;
  usage: Usage;
}

/** What is known of an attempt before it has begun. */
const noAttempt = {
  pid: null,
  startedAt: null,
  lastOutputAt: null,
  lastProgressAt: null,
  activity: '',
  isToolAlive: false,
  report: null,
  fingerprint: null,
  stopCause: null,
  stopBy: null,
  stoppedAt: null,
  exit: null,
  end: null,
  endedAt: null,
  outcome: null,
  reason: null,
};

/** The name of one attempt: of its directory, its processes and its checkpoint. */
export const attemptId = (runId: string, attempt: number) => `${runId}-${attempt}`;

const checkpointLimitMs = 20_000;
/** How long a process may stay after its last word, for instance for a command that it left in the background. */
const exitGraceMs = 30_000;
/** A limit that is switched off: a timer that nobody lives to see. */
const farAwayMs = 10 * 365 * 86_400_000;
/** How often a run waits for a quota that comes back; a weekly limit needs one such wait. */
const mostResetWaits = 10;
/** The share of its context at which a session is handed over, and at which people are told that it fills. */
const contextFull = 0.95;
export const contextHigh = 0.8;

/** How full the context is, from 0 to 1; 0 where that is not known. */
export function contextShare(report: AgentReport | null): number {
  const context = report?.context ?? null;
  return context === null || context.windowTokens === null ? 0 : context.usedTokens / context.windowTokens;
}

/** What the present attempt has spent by this sign. */
function spentSoFar({ startedAt }: AgentRunContext, { report, at }: { report: AgentReport; at: number }): Spent {
  return spentOf(report.usage, startedAt === null ? 0 : at - startedAt, 1);
}

const oneSession: Spent = { ...nothingSpent, sessions: 1 };

export const agentRunMachine = setup({
  types: {} as {
    input: AgentRunInput;
    context: AgentRunContext;
    events: AgentRunEvent;
    output: AgentRunOutput;
  },
  actors: { agent: pureActor, checkpoint: pureActor, inspect: pureActor, hook: pureActor },
  guards: {
    hasBeforeRun: ({ context }) => context.hooks.beforeRun !== null,
    hasAfterRun: ({ context }) => context.hooks.afterRun !== null,
    hasExitedWell: ({ context, event }) =>
      event.type === 'agent.exited' && judge(context, event).outcome === 'succeeded',
    mustHaveChanged: ({ context, event }) =>
      context.policy.mustChange && event.type === 'agent.exited' && judge(context, event).outcome === 'succeeded',
    hasChanged: ({ event }) => outputOf<Inspected>(event).isChanged,
    hasMoved: ({ context, event }) => hasMoved(context, event),
    hasToolMoved: ({ context, event }) => context.isToolAlive && hasMoved(context, event),
    isToolAlive: ({ event }) => event.type === 'agent.heartbeat' && event.isToolAlive,
    isOverBudget: ({ context, event }) => {
      // One that has said its last word is not stopped any more: it has spent what it has spent.
      if (!('report' in event) || event.report.conclusion !== null) return false;
      const now = { ...spentSoFar(context, event), sessions: 0 };
      const whole = addSpent(spentOf(context.usage, context.workedMs, context.attempt - 1), now);
      const isOver = (budget: Budget, spent: Spent) => exhausted({ ...budget, sessions: null }, spent) !== undefined;
      return isOver(context.budget, whole) || (context.allowance !== null && isOver(context.allowance, now));
    },
    isContextFull: ({ context, event }) =>
      'report' in event &&
      event.report.conclusion === null &&
      contextShare(event.report) >= contextFull &&
      context.agent.kind !== 'command' &&
      context.handovers < context.policy.handovers,
    /** Killed or cancelled: the last word, whatever the process is being stopped for. An interruption is not. */
    isFinal: ({ event }) => event.type === 'run.stop' && event.cause !== 'interrupted',
    hasSucceeded: ({ context }) => context.outcome === 'succeeded',
    isInterrupted: ({ context }) => isOurInterruption(context),
    /** The breaker holds it until then; the wait costs nothing of its own. */
    waitsForReset: ({ context }) => waitsForReset(context),
    hasLostSession: ({ context }) => hasLostSession(context),
    /** Another attempt would follow, and nothing is left for it. */
    isSpent: ({ context }) =>
      (mayGoOn(context) || isOurInterruption(context)) && exhausted(context.budget, spentByRun(context)) !== undefined,
    /** The limit in force is not the stage's, but what a budget has left. */
    isTimeBudget: ({ context }) => tighterTime(context) < context.policy.timeLimitMs,
    mayTryLater: ({ context }) => mayTryLater(context),
    mayHandOver: ({ context }) => mayHandOver(context),
    mayTryAgain: ({ context }) => mayTryAgain(context),
  },
  delays: {
    checkpointLimit: checkpointLimitMs,
    exitGrace: exitGraceMs,
    timeLimit: ({ context }) => tighterTime(context),
    silence: ({ context, event }) => leftUntil(context.policy.silenceMs, context.lastOutputAt, event),
    noProgress: ({ context, event }) => leftUntil(context.policy.noProgressMs, context.lastProgressAt, event),
    grace: ({ context }) => context.policy.graceMs,
    backoff: ({ context }) =>
      Math.max(
        backoffMs(Math.max(1, context.transientFailures), context.policy.backoff, context.jitter),
        context.end?.retryAfterMs ?? 0,
      ),
  },
  actions: {
    requestStart: sendTo(actorRef(workerId), ({ context }) => ({
      type: 'run.requested',
      runId: context.runId,
      taskId: context.assignment.taskId,
      project: context.assignment.project,
      stage: context.assignment.stage,
      agent: context.agent.name,
      provider: context.agent.provider,
      priority: context.priority,
      // What it may use at most; the process itself is the one session.
      ask: tighter(leftForRun(context), {
        tokens: null,
        moneyUsd: null,
        timeMs: context.policy.timeLimitMs,
        sessions: 1,
      }),
    })),
    leaveWorker: sendTo(actorRef(workerId), ({ context }) => ({
      type: 'run.ended',
      runId: context.runId,
      project: context.assignment.project,
      spent: context.lastSpent,
    })),
    tellBreaker: enqueueActions(({ context, enqueue }) => {
      const { runId, end, reason } = context;
      const breaker = actorRef(breakerId(context.agent.provider));
      switch (context.outcome) {
        case 'succeeded':
          return enqueue.sendTo(breaker, { type: 'run.succeeded', runId });
        case 'transient':
          return enqueue.sendTo(breaker, { type: 'run.failed', runId });
        case 'quota':
        case 'authentication':
          return enqueue.sendTo(breaker, { type: 'run.barred', runId, until: end?.resetAt ?? null, why: reason ?? '' });
        case 'permanent':
          // Whether the provider had a part in it is not known where the agent was never reached.
          return enqueue.sendTo(breaker, { type: isOfOurMaking(end) ? 'run.released' : 'run.answered', runId });
        case 'refused':
        case 'contextExhausted':
        case 'budget':
          return enqueue.sendTo(breaker, { type: 'run.answered', runId });
        default:
          return enqueue.sendTo(breaker, { type: 'run.released', runId });
      }
    }),
    rememberAllowance: assign(({ event }) => ({
      allowance: event.type === 'run.start' ? (event.allowance ?? null) : null,
      lastSpent: nothingSpent,
    })),
    beginAttempt: assign(({ context }) => ({
      attempt: context.attempt + 1,
      ...noAttempt,
      lastSpent: oneSession,
    })),
    rememberProcess: assign(({ event }) =>
      event.type === 'agent.started'
        ? { pid: event.pid, startedAt: event.at, lastOutputAt: event.at, lastProgressAt: event.at }
        : {},
    ),
    /** Found again after a restart: what it printed meanwhile counts, what we missed does not. */
    rememberAdoption: assign(({ context, event }) =>
      event.type === 'agent.started'
        ? {
            pid: event.pid,
            startedAt: context.startedAt ?? event.at,
            lastOutputAt: event.at - (event.silentMs ?? 0),
            lastProgressAt: Math.max(context.lastProgressAt ?? 0, event.at - (event.silentMs ?? 0)),
          }
        : {},
    ),
    rememberSign: assign(({ context, event }) =>
      'stalledMs' in event
        ? {
            report: event.report,
            activity: event.activity,
            isToolAlive: event.type === 'agent.heartbeat' && event.isToolAlive,
            // What a look into the worktree has found is not taken back.
            lastOutputAt: Math.max(context.lastOutputAt ?? 0, event.at - event.silentMs),
            lastProgressAt: Math.max(context.lastProgressAt ?? 0, event.at - event.stalledMs),
            ...('end' in event && { end: event.end }),
          }
        : {},
    ),
    // Work on files is a sign of life too.
    rememberMove: assign(({ event }) => ({
      fingerprint: outputOf<Inspected>(event).fingerprint,
      lastProgressAt: event.at,
      lastOutputAt: event.at,
    })),
    rememberCause: assign(({ event }) =>
      event.type === 'run.stop' ? { stopCause: event.cause, stopBy: whoStopped(event), stoppedAt: event.at } : {},
    ),
    blame: assign(({ event }, params: { cause: StopCause }) => ({
      stopCause: params.cause,
      stopBy: 'watchdog',
      stoppedAt: event.at,
    })),
    askToEnd: sendTo('agent', { type: 'agent.signal', signal: 'SIGTERM' }),
    forceEnd: sendTo('agent', { type: 'agent.signal', signal: 'SIGKILL' }),
    judgeExit: assign(({ context, event }) => {
      if (event.type !== 'agent.exited') return {};
      const { code, signal, report, jitter, at } = event;
      const { end, outcome, stopCause } = judge(context, event);
      // The time in which nobody watched is not the agent's when it had ended before.
      const endedAt = Math.min(at, event.endedAt ?? at);
      const startedAt = context.startedAt ?? event.startedAt ?? endedAt;
      const workedMs = Math.max(0, endedAt - startedAt);
      return {
        exit: { code, signal },
        end,
        report,
        jitter,
        endedAt: at,
        stopCause,
        outcome,
        reason: explainEnd({ ...context, stopCause }, end),
        usage: addUsage(context.usage, report.usage),
        workedMs: context.workedMs + workedMs,
        lastSpent: spentOf(report.usage, workedMs, 1),
        activity: '',
      };
    }),
    /** Counts what went wrong and decides how the next attempt, if there is one, begins. */
    countFailure: assign(({ context }) => {
      const { outcome, end, report } = context;
      const session = report?.session ?? context.resume;
      const beginning = beginningAfter(context);
      const isReset = waitsForReset(context);
      const isTransient = isWorthLater(context) && !isReset;
      const isOwn = isOwnFailure(outcome) && end?.code !== sessionLost;
      return {
        resetWaits: context.resetWaits + (isReset ? 1 : 0),
        interruptions: context.interruptions + (isOurInterruption(context) ? 1 : 0),
        transientFailures: context.transientFailures + (isTransient ? 1 : 0),
        permanentFailures: context.permanentFailures + (isOwn ? 1 : 0),
        handovers: context.handovers + (outcome === 'contextExhausted' ? 1 : 0),
        beginning,
        resume: beginning === 'resumed' ? session : null,
        handover: beginning === 'handover' ? report?.lastText || context.handover || '' : null,
      };
    }),
    blameStart: assign(({ context, event }) => ({
      ...blamed(`the agent could not be started: ${errorText(event)}`, notStarted),
      ...stopped(context),
    })),
    /** The attempt has not begun: how it would have begun stays as it is. */
    blameHook: assign(({ context, event }) => ({
      ...blamed(`the hook beforeRun failed: ${errorText(event)}`, hookFailed),
      permanentFailures: context.permanentFailures + 1,
    })),
    blameBudget: assign(({ context }) => ({
      outcome: 'budget' as const,
      reason: `the run has used up its budget; its last attempt: ${context.reason ?? 'none'}`,
    })),
    forgetSpent: assign({ lastSpent: nothingSpent }),
    blameIdleness: assign({
      outcome: 'permanent' as const,
      reason: 'the agent says that it is done but has changed nothing in the worktree',
    }),
    blameInspection: assign(({ event }) => ({
      outcome: 'permanent' as const,
      reason: `the worktree could not be looked at after the run: ${errorText(event)}`,
    })),
    blameCheckpoint: assign(({ event }) => ({
      outcome: 'permanent' as const,
      reason: `what the agent left could not be saved, so nothing was cleaned up: ${errorText(event)}`,
    })),
    settleStopped: assign(({ event }) => {
      if (event.type !== 'run.stop') return {};
      const cause = { stopCause: event.cause, stopBy: whoStopped(event) };
      return { ...cause, ...stopped(cause), stoppedAt: event.at, end: null };
    }),
  },
}).createMachine({
  id: 'agentRun',
  context: ({ input }) => ({
    assignment: input.assignment,
    agent: input.agent,
    policy: input.policy,
    budget: input.budget,
    hooks: input.hooks,
    priority: input.priority,
    runId: input.actor.id,
    attempt: 0,
    transientFailures: 0,
    permanentFailures: 0,
    handovers: 0,
    resetWaits: 0,
    interruptions: 0,
    beginning: 'fresh',
    resume: null,
    handover: null,
    allowance: null,
    ...noAttempt,
    jitter: 0,
    usage: noUsage,
    workedMs: 0,
    lastSpent: nothingSpent,
  }),
  initial: 'queued',
  states: {
    queued: {
      entry: 'requestStart',
      on: {
        'run.start': [
          { guard: 'hasBeforeRun', target: 'readying', actions: 'rememberAllowance' },
          { target: 'working', actions: 'rememberAllowance' },
        ],
        // An interruption leaves it where it is: it waits for the worker to accept runs again.
        'run.stop': { guard: 'isFinal', target: 'settled', actions: ['settleStopped', 'leaveWorker', 'tellBreaker'] },
      },
    },
    readying: {
      invoke: {
        id: 'hook',
        src: 'hook',
        input: ({ context }) => hookInput(context, 'beforeRun'),
        onDone: 'working',
        onError: { target: 'deciding', actions: 'blameHook' },
      },
      on: {
        'run.stop': [
          { guard: 'isFinal', target: 'settled', actions: ['settleStopped', 'leaveWorker', 'tellBreaker'] },
          { target: 'deciding', actions: 'settleStopped' },
        ],
      },
    },
    working: {
      entry: 'beginAttempt',
      invoke: {
        id: 'agent',
        src: 'agent',
        input: ({ context }) => ({
          runId: context.runId,
          attempt: context.attempt,
          assignment: context.assignment,
          agent: context.agent,
          access: context.policy.access,
          beginning: context.beginning,
          resume: context.resume,
          handover: context.handover,
          maxCostUsd: tighter(leftForRun(context), context.allowance ?? noBudget).moneyUsd,
          watch: { silenceMs: context.policy.silenceMs, noProgressMs: context.policy.noProgressMs },
        }),
        onError: { target: 'keeping', actions: 'blameStart' },
      },
      on: {
        'agent.exited': [
          { guard: 'mustHaveChanged', target: 'inspecting', actions: 'judgeExit' },
          // What a successful agent leaves is published next; there is nothing to save it from.
          { guard: 'hasExitedWell', target: 'ended', actions: 'judgeExit' },
          { target: 'keeping', actions: 'judgeExit' },
        ],
        'agent.failed': { target: 'keeping', actions: 'blameStart' },
      },
      initial: 'starting',
      states: {
        starting: {
          on: {
            'agent.started': { target: 'running', actions: 'rememberProcess' },
            'run.stop': { target: 'stopping', actions: 'rememberCause' },
          },
        },
        running: {
          on: {
            'run.stop': { target: 'stopping', actions: 'rememberCause' },
            'agent.started': { target: '.attentive', actions: 'rememberAdoption' },
            // They set the deadlines of the states inside anew, never the time limit of this one.
            'agent.heartbeat': [
              {
                guard: 'isOverBudget',
                target: 'stopping',
                actions: ['rememberSign', { type: 'blame', params: { cause: 'budget' } }],
              },
              {
                guard: 'isContextFull',
                target: 'stopping',
                actions: ['rememberSign', { type: 'blame', params: { cause: 'handedOver' } }],
              },
              // A tool that runs is not silence, however long it prints nothing.
              { guard: 'isToolAlive', target: '.inTool', actions: 'rememberSign' },
              { target: '.attentive', actions: 'rememberSign' },
            ],
            'agent.concluded': { target: '.finishing', actions: 'rememberSign' },
            'agent.doomed': {
              target: 'stopping',
              actions: ['rememberSign', { type: 'blame', params: { cause: 'doomed' } }],
            },
          },
          after: {
            timeLimit: [
              { guard: 'isTimeBudget', target: 'stopping', actions: { type: 'blame', params: { cause: 'budget' } } },
              { target: 'stopping', actions: { type: 'blame', params: { cause: 'timedOut' } } },
            ],
          },
          initial: 'attentive',
          states: {
            attentive: {
              after: {
                silence: {
                  target: '#agentRun.working.stopping',
                  actions: { type: 'blame', params: { cause: 'stalled' } },
                },
                noProgress: 'checking',
              },
            },
            inTool: { after: { noProgress: 'checking' } },
            /** It said nothing new for long; perhaps its hands were busier than its mouth. */
            checking: {
              invoke: {
                id: 'inspect',
                src: 'inspect',
                input: ({ context }) => inspection(context),
                onDone: [
                  { guard: 'hasToolMoved', target: 'inTool', actions: 'rememberMove' },
                  { guard: 'hasMoved', target: 'attentive', actions: 'rememberMove' },
                  {
                    target: '#agentRun.working.stopping',
                    actions: { type: 'blame', params: { cause: 'stalled' } },
                  },
                ],
                onError: {
                  target: '#agentRun.working.stopping',
                  actions: { type: 'blame', params: { cause: 'stalled' } },
                },
              },
            },
            finishing: {
              after: {
                exitGrace: {
                  target: '#agentRun.working.stopping',
                  actions: { type: 'blame', params: { cause: 'finished' } },
                },
              },
            },
          },
        },
        stopping: {
          on: { 'run.stop': { guard: 'isFinal', actions: 'rememberCause' } },
          initial: 'checkpointing',
          states: {
            // An agent may clean up after itself when it is told to end: what it has made is saved first.
            checkpointing: {
              invoke: {
                id: 'checkpoint',
                src: 'checkpoint',
                input: ({ context }) => checkpointInput(context, { suffix: '-stop', reset: null }),
                onDone: 'terminating',
                onError: 'terminating',
              },
              after: { checkpointLimit: 'terminating' },
            },
            terminating: {
              entry: 'askToEnd',
              // After a restart the actor reports the process that it has adopted, and has to be told again.
              on: { 'agent.started': { actions: ['rememberAdoption', 'askToEnd'] } },
              after: { grace: '#agentRun.working.killing' },
            },
          },
        },
        // No deadline: the actor goes on killing until nothing is left, and a process in the kernel's hands takes its time.
        killing: {
          entry: 'forceEnd',
          on: {
            'agent.started': { actions: ['rememberAdoption', 'forceEnd'] },
            'run.stop': { guard: 'isFinal', actions: 'rememberCause' },
          },
          meta: { owner: 'the process actor, which kills until nothing is left' },
        },
      },
    },
    /** It claims success: has it done anything? */
    inspecting: {
      invoke: {
        id: 'inspect',
        src: 'inspect',
        input: ({ context }) => inspection(context),
        onDone: [
          { guard: 'hasChanged', target: 'ended' },
          { target: 'keeping', actions: 'blameIdleness' },
        ],
        onError: { target: 'keeping', actions: 'blameInspection' },
      },
      on: { 'run.stop': { guard: 'isFinal', target: 'keeping', actions: 'settleStopped' } },
    },
    keeping: {
      // Counted on the way in: whether the worktree is put back depends on how the next attempt begins.
      entry: 'countFailure',
      on: { 'run.stop': { guard: 'isFinal', actions: 'settleStopped' } },
      invoke: {
        id: 'keep',
        src: 'checkpoint',
        input: ({ context }) =>
          checkpointInput(context, {
            suffix: '',
            reset: context.beginning === 'fresh' ? context.assignment.branch : null,
          }),
        onDone: 'ended',
        onError: { target: 'settled', actions: ['blameCheckpoint', 'leaveWorker', 'tellBreaker'] },
      },
    },
    ended: { always: [{ guard: 'hasAfterRun', target: 'tidying' }, 'deciding'] },
    /** The hook may fail: the run is judged by what the agent did. */
    tidying: {
      on: { 'run.stop': { guard: 'isFinal', target: 'deciding', actions: 'settleStopped' } },
      invoke: {
        id: 'hook',
        src: 'hook',
        input: ({ context }) => hookInput(context, 'afterRun'),
        onDone: 'deciding',
        onError: 'deciding',
      },
    },
    deciding: {
      entry: ['leaveWorker', 'tellBreaker', 'forgetSpent'],
      always: [
        { guard: 'hasSucceeded', target: 'settled' },
        { guard: 'isSpent', target: 'settled', actions: 'blameBudget' },
        // Nobody's failure: it waits for the worker to accept runs again.
        { guard: 'isInterrupted', target: 'queued' },
        { guard: 'hasLostSession', target: 'queued' },
        { guard: 'waitsForReset', target: 'queued' },
        { guard: 'mayTryLater', target: 'backoff' },
        { guard: 'mayHandOver', target: 'queued' },
        { guard: 'mayTryAgain', target: 'queued' },
        { target: 'settled' },
      ],
    },
    backoff: {
      after: { backoff: 'queued' },
      on: { 'run.stop': { guard: 'isFinal', target: 'settled', actions: 'settleStopped' } },
    },
    settled: { type: 'final' },
  },
  output: ({ context }) => ({
    outcome: context.outcome ?? 'lost',
    reason: context.reason ?? 'the run ended without a reason',
    attempts: context.attempt,
    workedMs: context.workedMs,
    usage: context.usage,
  }),
});

/** Reported by the actor `inspect`. */
export interface Inspected {
  /** Changes with every change in the worktree. */
  fingerprint: string;
  /** Whether there is anything beyond the commit where the attempt began. */
  isChanged: boolean;
}

const outputOf = <T>(event: unknown) => (event as { output: T }).output;
const nothingHappened: AgentEnd = endOf({ code: null, signal: null });

const blamed = (reason: string, code: string) => ({
  exit: { code: null, signal: null },
  end: { ...nothingHappened, class: 'permanent' as const, message: reason, code },
  outcome: 'permanent' as const,
  reason,
});

type Stopped = Pick<AgentRunContext, 'stopCause' | 'stopBy'>;

function explainEnd({ stopCause, stopBy }: Stopped, end: AgentEnd): string {
  const why = explainOutcome(stopCause, end);
  return stopCause === 'killed' || stopCause === 'cancelled' ? `${why} (by ${stopBy})` : why;
}

const whoStopped = ({ by, reason }: { by: string; reason?: string }) =>
  reason === undefined ? by : `${by}: ${reason}`;

/** What a stop of ours makes of a run whose process never came to an end of its own. */
function stopped({ stopCause, stopBy }: Stopped): { outcome?: OutcomeClass; reason?: string } {
  if (stopCause === null) return {};
  return {
    outcome: classify(nothingHappened, stopCause),
    reason: explainEnd({ stopCause, stopBy }, nothingHappened),
  };
}

type Exited = Extract<AgentRunEvent, { type: 'agent.exited' }>;

/**
 * What the end of the process comes to. Of one that we made leave, what it had come to before counts; a watchdog that
 * barked after the process had ended by itself, while nobody watched, is not heard.
 */
function judge(
  context: AgentRunContext,
  event: Exited,
): { end: AgentEnd; outcome: OutcomeClass; stopCause: StopCause | null } {
  const { stoppedAt, beginning } = context;
  const isTooLate = event.endedAt != null && stoppedAt !== null && event.endedAt < stoppedAt;
  const isWatchdog = ['timedOut', 'stalled', 'budget', 'handedOver'].includes(context.stopCause ?? '');
  const stopCause = isTooLate && isWatchdog ? null : context.stopCause;
  const isForeseen = stopCause === 'finished' || stopCause === 'doomed';
  const counts = isForeseen ? (context.end ?? event.end) : event.end;
  const isLost = counts.code === 'unknownSession' && beginning === 'resumed';
  const end = isLost ? { ...counts, code: sessionLost } : counts;
  return { end, outcome: classify(end, stopCause), stopCause };
}

const isOurInterruption = ({ outcome, stopCause }: AgentRunContext) =>
  outcome === 'interrupted' && stopCause === 'interrupted';

const hasLostSession = ({ outcome, end }: AgentRunContext) => outcome === 'permanent' && end?.code === sessionLost;

/** The breaker holds it until the reset. Not for ever: a provider whose clock is wrong says "soon" again and again. */
const waitsForReset = (context: AgentRunContext) => hasResetAhead(context) && context.resetWaits <= mostResetWaits;

const mayTryLater = (context: AgentRunContext) =>
  isWorthLater(context) && context.transientFailures < context.policy.transientAttempts;

const mayHandOver = ({ outcome, handovers, policy }: AgentRunContext) =>
  outcome === 'contextExhausted' && handovers <= policy.handovers;

const mayTryAgain = ({ outcome, permanentFailures, policy }: AgentRunContext) =>
  isOwnFailure(outcome) && permanentFailures < policy.permanentAttempts;

/** Whether another attempt would follow by itself. */
const mayGoOn = (context: AgentRunContext) =>
  [hasLostSession, waitsForReset, mayTryLater, mayHandOver, mayTryAgain].some(may => may(context));

/** What the run has used of its own budget. A stop of ours is not a session more. */
const spentByRun = ({ usage, workedMs, attempt, interruptions }: AgentRunContext) =>
  spentOf(usage, workedMs, attempt - interruptions);

/** Codes of ends that this machine makes out itself. */
const notStarted = 'notStarted';
const hookFailed = 'hookFailed';
/** The session that was to be resumed is not there any more: a fresh one begins, and nobody is to blame. */
const sessionLost = 'sessionLost';

/** A program that is not there, or may not be run: nobody has asked the provider anything. */
const neverRan = ['notFound', 'notExecutable'];

const isOfOurMaking = (end: AgentEnd | null) =>
  [notStarted, hookFailed, sessionLost, ...neverRan].includes(end?.code ?? '');

/** Failures of the circumstances: the same attempt may succeed later. An interruption of ours is no failure. */
function isWorthLater({ outcome, stopCause }: AgentRunContext): boolean {
  if (outcome === 'interrupted') return stopCause !== 'interrupted';
  return outcome === 'transient' || outcome === 'lost' || outcome === 'quota';
}

/** Failures of the agent itself. */
function isOwnFailure(outcome: OutcomeClass | null): boolean {
  return outcome === 'permanent' || outcome === 'timedOut' || outcome === 'stalled';
}

/** Whether the worktree is another than at the last look, or than where the attempt began. */
function hasMoved({ fingerprint: before }: AgentRunContext, event: unknown): boolean {
  const { fingerprint, isChanged } = outputOf<Inspected>(event);
  return before === null ? isChanged : before !== fingerprint;
}

/** A used-up allowance that comes back at a known time; a reset time that has passed is no answer. */
function hasResetAhead({ outcome, end, endedAt }: AgentRunContext): boolean {
  return outcome === 'quota' && end?.resetAt != null && endedAt !== null && end.resetAt > endedAt;
}

/** A session that was cut off is gone on with where the CLI can; one that was full is taken over from. */
function beginningAfter({ outcome, end, agent, report, resume, beginning }: AgentRunContext): Beginning {
  // It never began: the next one begins as this one would have.
  if (end?.code === notStarted) return beginning;
  if (outcome === 'contextExhausted') return 'handover';
  const isCutOff = outcome === 'transient' || outcome === 'quota' || outcome === 'interrupted' || outcome === 'lost';
  if (isCutOff && agent.canResume && (report?.session ?? resume) !== null) return 'resumed';
  // What the sessions before have made is in the worktree still.
  return isCutOff && beginning === 'handover' ? 'handover' : 'fresh';
}

/** What the run's own budget has left. */
const leftForRun = (context: AgentRunContext): Budget => leftOf(context.budget, spentByRun(context));

/** The time limit of an attempt: the stage's, or less when a budget says so. */
function tighterTime(context: AgentRunContext): number {
  const limits = [context.policy.timeLimitMs, leftForRun(context).timeMs, context.allowance?.timeMs ?? null];
  return Math.min(...limits.filter(limit => limit !== null));
}

function leftUntil(limitMs: number | null, since: number | null, event: unknown): number {
  if (limitMs === null) return farAwayMs;
  const { at } = event as { at: number };
  return Math.max(0, limitMs - (at - (since ?? at)));
}

function inspection({ assignment }: AgentRunContext) {
  return { worktree: assignment.worktree, head: assignment.head };
}

function hookInput(context: AgentRunContext, name: 'beforeRun' | 'afterRun') {
  const { assignment } = context;
  return {
    name,
    hook: context.hooks[name],
    taskId: assignment.taskId,
    project: assignment.project,
    worktree: assignment.worktree,
    // Before it begins, an attempt has come to nothing.
    outcome: name === 'afterRun' ? context.outcome : null,
  };
}

/** The checkpoint before a kill has a name of its own: an agent may clean up when it is told to end. */
function checkpointInput(context: AgentRunContext, { suffix, reset }: { suffix: string; reset: string | null }) {
  const { assignment, runId, attempt } = context;
  return {
    repository: assignment.repository,
    worktree: assignment.worktree,
    head: assignment.head,
    taskId: assignment.taskId,
    run: `${attemptId(runId, attempt)}${suffix}`,
    reset,
    stale: assignment.stale,
  };
}

function errorText(event: unknown): string {
  const { error } = event as { error?: { message?: string } };
  return error?.message ?? 'no reason given';
}
