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
import { backoffMs } from '../domain/backoff.ts';
import {
  addSpent,
  type Budget,
  exhausted,
  noBudget,
  nothingSpent,
  type Spent,
  spentOf,
  tighter,
} from '../domain/budget.ts';
import { formatDuration } from '../domain/duration.ts';
import { answerCutOff, type StopCause } from '../domain/outcome.ts';
import { addUsage, noUsage } from '../domain/usage.ts';
import { breakerId, workerId } from './addresses.ts';
import {
  type AgentRunContext,
  type AgentRunEvent,
  type AgentRunInput,
  type AgentRunOutput,
  attemptId,
  contextFull,
  contextShare,
  type Inspected,
  noAttempt,
} from './agent-run-context.ts';
import {
  barredUntil,
  beganAwake,
  beginningAfter,
  blamed,
  budgetOfRun,
  explainEnd,
  hasLostSession,
  hasMoved,
  hookFailed,
  isFirstAnswer,
  isForNothing,
  isOfOurMaking,
  isOurInterruption,
  isOutOfPatience,
  isOwnFailure,
  isWorthLater,
  judge,
  leftForRun,
  leftUntil,
  mayGoOn,
  mayHandOver,
  mayTryAgain,
  mayTryLater,
  notStarted,
  outputOf,
  overrun,
  sessionLost,
  silence,
  spentByRun,
  spentSoFar,
  stopped,
  tellsOfTools,
  tighterTime,
  unansweredSince,
  waitsForProvider,
  waitsForReset,
  whoStopped,
} from './agent-run-rules.ts';
import { failureIn } from './failure.ts';
import { pureActor } from './provided.ts';

const checkpointLimitMs = 20_000;
/** How long a process may stay after its last word, for instance for a command that it left in the background. */
const exitGraceMs = 30_000;
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
    /** It claims success. */
    hasChangedNothing: ({ context, event }) =>
      context.policy.mustChange &&
      event.type === 'agent.exited' &&
      event.isChanged === false &&
      judge(context, event).outcome === 'succeeded',
    mustBeInspected: ({ context, event }) =>
      context.policy.mustChange &&
      event.type === 'agent.exited' &&
      event.isChanged === undefined &&
      judge(context, event).outcome === 'succeeded',
    hasChanged: ({ event }) => outputOf<Inspected>(event).isChanged,
    hasMoved: ({ context, event }) => hasMoved(context, event),
    hasToolMoved: ({ context, event }) => context.isToolAlive && hasMoved(context, event),
    wasInTool: ({ context }) => context.isToolAlive,
    isToolAlive: ({ event }) => event.type === 'agent.heartbeat' && event.isToolAlive,
    isOverBudget: ({ context, event }) => {
      // One that has said its last word is not stopped any more: it has spent what it has spent.
      if (!('report' in event) || event.report.conclusion !== null) return false;
      const now = { ...spentSoFar(context, event), sessions: 0 };
      const whole = addSpent(spentOf(context.usage, context.workedMs, context.attempt - 1), now);
      const isOver = (budget: Budget, spent: Spent) => exhausted({ ...budget, sessions: null }, spent) !== undefined;
      return isOver(budgetOfRun(context), whole) || (context.allowance !== null && isOver(context.allowance, now));
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
    waitsForProvider: ({ context }) => waitsForProvider(context),
    isOutOfPatience: ({ context }) => isOutOfPatience(context),
    tellsOfTools: ({ context }) => tellsOfTools(context),
    hasLostSession: ({ context }) => hasLostSession(context),
    /** Another attempt would follow, and nothing is left for it. */
    isSpent: ({ context }) =>
      (mayGoOn(context) || isOurInterruption(context)) &&
      exhausted(budgetOfRun(context), spentByRun(context)) !== undefined,
    /** The limit in force is not the stage's, but what a budget has left. */
    isTimeBudget: ({ context }) => tighterTime(context) < context.policy.timeLimitMs,
    mayTryLater: ({ context }) => mayTryLater(context),
    mayHandOver: ({ context }) => mayHandOver(context),
    mayTryAgain: ({ context }) => mayTryAgain(context),
  },
  delays: {
    checkpointLimit: checkpointLimitMs,
    exitGrace: exitGraceMs,
    timeLimit: ({ context, event }) => leftUntil(tighterTime(context), beganAwake(context), event),
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
      model: context.agent.model,
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
          return enqueue.sendTo(breaker, {
            ...{ type: 'run.barred', runId, until: barredUntil(context), why: reason ?? '' },
            ...(end?.limitedModel !== undefined && { model: { name: end.limitedModel, asked: context.agent.model } }),
          });
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
    /** A run may take hours; the first answer says that the provider is there. */
    tellAnswered: enqueueActions(({ context, event, enqueue }) => {
      if (!('report' in event) || !isFirstAnswer(context, event)) return;
      enqueue.sendTo(actorRef(breakerId(context.agent.provider)), { type: 'run.heard', runId: context.runId });
    }),
    rememberStart: assign(({ context, event }) =>
      event.type === 'run.start'
        ? {
            allowance: event.allowance ?? null,
            limit: event.limit ?? context.limit ?? null,
            isProbe: event.isProbe ?? false,
            lastSpent: nothingSpent,
          }
        : {},
    ),
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
    /** What was slept through is nobody's silence, idleness or work. */
    rememberSleep: assign(({ context, event }) =>
      event.type === 'agent.slept'
        ? { sleptMs: (context.sleptMs ?? 0) + event.sleptMs, lastOutputAt: event.at, lastProgressAt: event.at }
        : {},
    ),
    rememberCause: assign(({ event }) =>
      event.type === 'run.stop' ? { stopCause: event.cause, stopBy: whoStopped(event), stoppedAt: event.at } : {},
    ),
    blame: assign(({ event }, params: { cause: StopCause; by?: string }) => ({
      stopCause: params.cause,
      stopBy: params.by ?? 'watchdog',
      stoppedAt: event.at,
    })),
    askToEnd: sendTo('agent', { type: 'agent.signal', signal: 'SIGTERM' }),
    noteSignal: assign({ signalledAt: ({ event }) => event.at }),
    forceEnd: sendTo('agent', { type: 'agent.signal', signal: 'SIGKILL' }),
    judgeExit: assign(({ context, event }) => {
      if (event.type !== 'agent.exited') return {};
      const { code, signal, jitter, at } = event;
      // What was told before is not taken back by what can no longer be read.
      const isLost = event.report.events === 0 && (context.report?.events ?? 0) > 0;
      const report = isLost ? context.report! : event.report;
      const { end, outcome, stopCause } = judge(context, event);
      // The time in which nobody watched is not the agent's when it had ended before.
      const endedAt = Math.min(at, event.endedAt ?? at);
      // Its own record counts: one that was found again after a crash had begun before that.
      const startedAt = event.startedAt ?? context.startedAt ?? endedAt;
      const workedMs = Math.max(0, endedAt - startedAt - (context.sleptMs ?? 0));
      const used = { usage: addUsage(context.usage, report.usage), workedMs: context.workedMs + workedMs };
      const hasRunOut = outcome === 'succeeded' || outcome === 'budget';
      const beyond = hasRunOut ? overrun({ ...context, ...used }) : '';
      return {
        exit: { code, signal },
        end,
        report,
        jitter,
        endedAt: at,
        stopCause,
        outcome,
        reason: explainEnd({ ...context, stopCause }, end, context.policy) + beyond,
        ...used,
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
      const isTransient = isWorthLater(context) && !isReset && !waitsForProvider(context);
      const isOwn = isOwnFailure(outcome) && end?.code !== sessionLost;
      return {
        resetWaits: context.resetWaits + (isReset ? 1 : 0),
        unansweredSince: unansweredSince(context),
        turnedAway: (context.turnedAway ?? 0) + (isForNothing(context) ? 1 : 0),
        interruptions: context.interruptions + (isOurInterruption(context) ? 1 : 0),
        transientFailures: context.transientFailures + (isTransient ? 1 : 0),
        permanentFailures: context.permanentFailures + (isOwn ? 1 : 0),
        handovers: context.handovers + (outcome === 'contextExhausted' ? 1 : 0),
        beginning,
        resume: beginning === 'resumed' ? session : null,
        handover: report?.lastText || context.handover || '',
      };
    }),
    blameStart: assign(({ context, event }) => ({
      ...blamed(`the agent could not be started: ${failureIn(event)}`, notStarted),
      ...stopped(context),
    })),
    /** The attempt has not begun: how it would have begun stays as it is. */
    blameHook: assign(({ context, event }) => ({
      ...blamed(`the hook beforeRun failed: ${failureIn(event)}`, hookFailed),
      permanentFailures: context.permanentFailures + 1,
    })),
    blameBudget: assign(({ context }) => ({
      outcome: 'budget' as const,
      reason: `the run has used up its budget; its last attempt: ${context.reason ?? 'none'}`,
    })),
    blamePatience: assign(({ context }) => ({
      reason: `the provider has not answered for ${formatDuration(context.policy.patienceMs)}: ${context.reason}`,
    })),
    forgetSpent: assign({ lastSpent: nothingSpent }),
    blameIdleness: assign(({ context }) => ({
      outcome: 'permanent' as const,
      reason:
        context.end?.code === answerCutOff
          ? `${context.end.message}, and it has changed nothing in the worktree`
          : 'the agent says that it is done but has changed nothing in the worktree',
    })),
    blameInspection: assign(({ event }) => ({
      outcome: 'permanent' as const,
      reason: `the worktree could not be looked at after the run: ${failureIn(event)}`,
    })),
    blameCheckpoint: assign(({ event }) => ({
      outcome: 'permanent' as const,
      reason: `what the agent left could not be saved, so nothing was cleaned up: ${failureIn(event)}`,
    })),
    settleStopped: assign(({ context, event }) => {
      if (event.type !== 'run.stop') return {};
      const cause = { stopCause: event.cause, stopBy: whoStopped(event) };
      return { ...cause, ...stopped({ ...cause, activity: context.activity }), stoppedAt: event.at, end: null };
    }),
  },
}).createMachine({
  id: 'agentRun',
  description:
    'One visit of an agent to a stage: waits for its turn, is watched, ended when it must be, and tried again.',
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
    turnedAway: 0,
    beginning: 'fresh',
    resume: null,
    handover: null,
    allowance: null,
    limit: null,
    isProbe: false,
    unansweredSince: null,
    ...noAttempt,
    jitter: 0,
    usage: noUsage,
    workedMs: 0,
    lastSpent: nothingSpent,
  }),
  initial: 'queued',
  states: {
    queued: {
      tags: 'queued',
      entry: 'requestStart',
      on: {
        'run.start': [
          { guard: 'hasBeforeRun', target: 'readying', actions: 'rememberStart' },
          { target: 'working', actions: 'rememberStart' },
        ],
        // An interruption leaves it where it is: it waits for the worker to accept runs again.
        'run.stop': { guard: 'isFinal', target: 'settled', actions: ['settleStopped', 'leaveWorker', 'tellBreaker'] },
      },
    },
    readying: {
      tags: 'busy',
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
      tags: ['busy', 'running'],
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
          mustChange: context.policy.mustChange,
          maxCostUsd: tighter(leftForRun(context), context.allowance ?? noBudget).moneyUsd,
          maxTokens: tighter(leftForRun(context), context.allowance ?? noBudget).tokens,
          watch: { silenceMs: context.policy.silenceMs, noProgressMs: context.policy.noProgressMs },
        }),
        onError: { target: 'keeping', actions: 'blameStart' },
      },
      on: {
        'agent.exited': [
          { guard: 'hasChangedNothing', target: 'keeping', actions: ['judgeExit', 'blameIdleness'] },
          { guard: 'mustBeInspected', target: 'inspecting', actions: 'judgeExit' },
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
                actions: ['tellAnswered', 'rememberSign', { type: 'blame', params: { cause: 'budget' } }],
              },
              {
                guard: 'isContextFull',
                target: 'stopping',
                actions: ['tellAnswered', 'rememberSign', { type: 'blame', params: { cause: 'handedOver' } }],
              },
              // A tool that runs is not silence, however long it prints nothing.
              { guard: 'isToolAlive', target: '.inTool', actions: ['tellAnswered', 'rememberSign'] },
              { target: '.attentive', actions: ['tellAnswered', 'rememberSign'] },
            ],
            // All of its deadlines begin anew.
            'agent.slept': [
              { guard: 'wasInTool', target: '.inTool', reenter: true, actions: 'rememberSleep' },
              { target: '.attentive', reenter: true, actions: 'rememberSleep' },
            ],
            'agent.concluded': { target: '.finishing', actions: ['tellAnswered', 'rememberSign'] },
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
                silence: [
                  // With no tool at work it waits for its model.
                  {
                    guard: 'tellsOfTools',
                    target: '#agentRun.working.stopping',
                    actions: { type: 'blame', params: { cause: 'unanswered', by: silence } },
                  },
                  {
                    target: '#agentRun.working.stopping',
                    actions: { type: 'blame', params: { cause: 'stalled', by: silence } },
                  },
                ],
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
              on: { 'agent.slept': { target: 'finishing', reenter: true, actions: 'rememberSleep' } },
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
          tags: 'ending',
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
              entry: ['askToEnd', 'noteSignal'],
              // After a restart the actor reports the process that it has adopted, and has to be told again.
              on: { 'agent.started': { actions: ['rememberAdoption', 'askToEnd'] } },
              after: { grace: '#agentRun.working.killing' },
            },
          },
        },
        // No deadline: the actor goes on killing until nothing is left, and a process in the kernel's hands takes its time.
        killing: {
          tags: 'ending',
          entry: 'forceEnd',
          on: {
            'agent.started': { actions: ['rememberAdoption', 'forceEnd'] },
            'run.stop': { guard: 'isFinal', actions: 'rememberCause' },
          },
          meta: { owner: 'the process actor, which kills until nothing is left' },
        },
      },
    },
    /** It claims success, and whoever saw it end could not tell whether it has done anything. */
    inspecting: {
      tags: 'busy',
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
      tags: 'busy',
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
    ended: { tags: 'busy', always: [{ guard: 'hasAfterRun', target: 'tidying' }, 'deciding'] },
    /** The hook may fail: the run is judged by what the agent did. */
    tidying: {
      tags: 'busy',
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
        { guard: 'isOutOfPatience', target: 'settled', actions: 'blamePatience' },
        { guard: 'waitsForProvider', target: 'queued' },
        { guard: 'mayTryLater', target: 'backoff' },
        { guard: 'mayHandOver', target: 'queued' },
        { guard: 'mayTryAgain', target: 'queued' },
        { target: 'settled' },
      ],
    },
    backoff: {
      tags: 'backoff',
      meta: { headline: 'the agent is tried again after a pause' },
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
    said: context.report?.lastText ?? '',
  }),
});

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
    branch: assignment.branch,
    // It runs on what the agent has written.
    sandbox: context.agent.sandbox,
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
