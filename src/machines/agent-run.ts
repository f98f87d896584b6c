/**
 * One visit of an agent to a stage: waits for its turn, runs the process, ends it when it must, keeps what it made,
 * and tries again within its budgets.
 *
 *   queued ─▶ working ─▶ [keeping] ─▶ deciding ─▶ settled
 *     ▲   starting ─▶ running ─▶ stopping (SIGTERM) ─▶ killing (SIGKILL)
 *     └── backoff ◀──────────────┘ transient failure, own budget
 *
 * The watchdog is the `timeLimit` of `running`. The process belongs to the actor `agent`, which is told to end it and
 * says `agent.exited` only when nothing of it is left. The worktree is checkpointed before a kill, and put back to where the
 * attempt began after every end but a successful one.
 */
import { assign, enqueueActions, sendTo, setup } from 'xstate';
import { actorRef } from '../domain/actor-ref.ts';
import { type BackoffPolicy, backoffMs } from '../domain/backoff.ts';
import { classify, type ExitRecord, explainOutcome, type OutcomeClass, type StopCause } from '../domain/outcome.ts';
import { breakerId, workerId } from './breaker.ts';
import { pureActor } from './provided.ts';

/** How long and how often an agent may work in one stage. Durations in milliseconds. */
export interface RunPolicy {
  timeLimitMs: number;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
  /** Processes that may fail permanently (or by time limit) before the stage gives up. */
  permanentAttempts: number;
  /** Processes that may fail transiently or be lost. */
  transientAttempts: number;
  backoff: BackoffPolicy;
}

/** Which program plays the agent. */
export interface AgentSpec {
  /** Also the name of the provider that the breaker guards. */
  name: string;
  command: string[];
  /** Names of environment variables that the agent gets beside the built-in allow-list. */
  env: string[];
}

/** What an agent is asked to do: everything that its prompt and its environment are made from. */
export interface Assignment {
  taskId: string;
  workItem: string;
  title: string;
  body: string;
  stage: string;
  role: string;
  /** The number of this run's first attempt among all attempts at this stage, from 1. */
  attempt: number;
  worktree: string;
  repository: string;
  branch: string;
  documents: string;
  /** The last published commit: where every attempt begins. */
  head: string;
  leaves: string[];
  feedback: { from: string; text: string } | null;
}

export interface AgentRunInput {
  assignment: Assignment;
  agent: AgentSpec;
  policy: RunPolicy;
  project: string;
  priority: number;
  actor: { id: string; parentId: string | null; at: number };
}

export interface AgentRunContext extends Omit<AgentRunInput, 'actor'> {
  runId: string;
  /** Processes started so far. */
  attempt: number;
  transientFailures: number;
  permanentFailures: number;
  pid: number | null;
  startedAt: number | null;
  /** Why we are ending the process, once we are. */
  stopCause: StopCause | null;
  stopBy: string | null;
  exit: ExitRecord | null;
  outcome: OutcomeClass | null;
  reason: string | null;
  jitter: number;
  /** Milliseconds that processes have worked, all attempts together. */
  workedMs: number;
}

export type AgentRunEvent =
  | { type: 'run.start'; at: number }
  | { type: 'run.stop'; cause: StopCause; by: string; at: number }
  | { type: 'agent.started'; pid: number; at: number }
  | { type: 'agent.failed'; error: { message: string }; at: number }
  | ({ type: 'agent.exited'; jitter: number; at: number } & ExitRecord);

/** What the task learns when the run has ended. */
export interface AgentRunOutput {
  outcome: OutcomeClass;
  reason: string;
  attempts: number;
  workedMs: number;
}

/** What is known of an attempt before it has begun. */
const noAttempt = {
  pid: null,
  startedAt: null,
  stopCause: null,
  stopBy: null,
  exit: null,
  outcome: null,
  reason: null,
};

/** The name of one attempt: of its directory, its processes and its checkpoint. */
export const attemptId = (runId: string, attempt: number) => `${runId}-${attempt}`;

const checkpointLimitMs = 20_000;

export const agentRunMachine = setup({
  types: {} as {
    input: AgentRunInput;
    context: AgentRunContext;
    events: AgentRunEvent;
    output: AgentRunOutput;
  },
  actors: { agent: pureActor, checkpoint: pureActor },
  guards: {
    hasExitedWell: ({ context, event }) =>
      event.type === 'agent.exited' &&
      classify({ code: event.code, signal: event.signal }, context.stopCause) === 'succeeded',
    /** Killed or cancelled: the last word, whatever the process is being stopped for. An interruption is not. */
    isFinal: ({ event }) => event.type === 'run.stop' && event.cause !== 'interrupted',
    hasSucceeded: ({ context }) => context.outcome === 'succeeded',
    isInterrupted: ({ context }) => context.outcome === 'interrupted',
    mayTryLater: ({ context }) =>
      (context.outcome === 'transient' || context.outcome === 'lost') &&
      context.transientFailures < context.policy.transientAttempts,
    mayTryAgain: ({ context }) =>
      (context.outcome === 'permanent' || context.outcome === 'timedOut') &&
      context.permanentFailures < context.policy.permanentAttempts,
  },
  delays: {
    checkpointLimit: checkpointLimitMs,
    timeLimit: ({ context }) => context.policy.timeLimitMs,
    grace: ({ context }) => context.policy.graceMs,
    backoff: ({ context }) => backoffMs(context.transientFailures, context.policy.backoff, context.jitter),
  },
  actions: {
    requestStart: sendTo(actorRef(workerId), ({ context }) => ({
      type: 'run.requested',
      runId: context.runId,
      taskId: context.assignment.taskId,
      project: context.project,
      stage: context.assignment.stage,
      provider: context.agent.name,
      priority: context.priority,
    })),
    leaveWorker: sendTo(actorRef(workerId), ({ context }) => ({ type: 'run.ended', runId: context.runId })),
    tellBreaker: enqueueActions(({ context, enqueue }) => {
      const types: Partial<Record<OutcomeClass, string>> = {
        succeeded: 'run.succeeded',
        transient: 'run.failed',
        permanent: 'run.answered',
      };
      const type = types[context.outcome ?? 'lost'] ?? 'run.released';
      enqueue.sendTo(actorRef(breakerId(context.agent.name)), { type, runId: context.runId });
    }),
    beginAttempt: assign(({ context }) => ({
      attempt: context.attempt + 1,
      ...noAttempt,
    })),
    rememberProcess: assign(({ event }) =>
      event.type === 'agent.started' ? { pid: event.pid, startedAt: event.at } : {},
    ),
    rememberCause: assign(({ event }) =>
      event.type === 'run.stop' ? { stopCause: event.cause, stopBy: event.by } : {},
    ),
    blameTimeLimit: assign({ stopCause: 'timedOut', stopBy: 'watchdog' }),
    askToEnd: sendTo('agent', { type: 'agent.signal', signal: 'SIGTERM' }),
    forceEnd: sendTo('agent', { type: 'agent.signal', signal: 'SIGKILL' }),
    judgeExit: assign(({ context, event }) => {
      if (event.type !== 'agent.exited') return {};
      const exit: ExitRecord = { code: event.code, signal: event.signal };
      const outcome = classify(exit, context.stopCause);
      return {
        exit,
        outcome,
        reason: explainOutcome(outcome, exit),
        jitter: event.jitter,
        workedMs: context.workedMs + (context.startedAt === null ? 0 : event.at - context.startedAt),
      };
    }),
    countFailure: assign(({ context: { outcome, transientFailures, permanentFailures } }) => ({
      transientFailures: transientFailures + (outcome === 'transient' || outcome === 'lost' ? 1 : 0),
      permanentFailures: permanentFailures + (outcome === 'permanent' || outcome === 'timedOut' ? 1 : 0),
    })),
    blameStart: assign(({ event }) => ({
      exit: { code: null, signal: null },
      outcome: 'permanent' as const,
      reason: `the agent could not be started: ${errorText(event)}`,
    })),
    blameCheckpoint: assign(({ event }) => ({
      outcome: 'permanent' as const,
      reason: `what the agent left could not be saved, so nothing was cleaned up: ${errorText(event)}`,
    })),
    settleStopped: assign(({ event }) =>
      event.type === 'run.stop'
        ? { outcome: event.cause, reason: explainOutcome(event.cause, { code: null, signal: null }) }
        : {},
    ),
  },
}).createMachine({
  id: 'agentRun',
  context: ({ input }) => ({
    assignment: input.assignment,
    agent: input.agent,
    policy: input.policy,
    project: input.project,
    priority: input.priority,
    runId: input.actor.id,
    attempt: 0,
    transientFailures: 0,
    permanentFailures: 0,
    ...noAttempt,
    jitter: 0,
    workedMs: 0,
  }),
  initial: 'queued',
  states: {
    queued: {
      entry: 'requestStart',
      on: {
        'run.start': 'working',
        // An interruption leaves it where it is: it waits for the worker to accept runs again.
        'run.stop': { guard: 'isFinal', target: 'settled', actions: ['settleStopped', 'leaveWorker', 'tellBreaker'] },
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
        }),
        onError: { target: 'keeping', actions: 'blameStart' },
      },
      on: {
        'agent.exited': [
          // What a successful agent leaves is published next; there is nothing to save it from.
          { guard: 'hasExitedWell', target: 'deciding', actions: 'judgeExit' },
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
          on: { 'run.stop': { target: 'stopping', actions: 'rememberCause' } },
          after: { timeLimit: { target: 'stopping', actions: 'blameTimeLimit' } },
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
              on: { 'agent.started': { actions: 'askToEnd' } },
              after: { grace: '#agentRun.working.killing' },
            },
          },
        },
        // No deadline: the actor goes on killing until nothing is left, and a process in the kernel's hands takes its time.
        killing: {
          entry: 'forceEnd',
          on: {
            'agent.started': { actions: 'forceEnd' },
            'run.stop': { guard: 'isFinal', actions: 'rememberCause' },
          },
          meta: { owner: 'the process actor, which kills until nothing is left' },
        },
      },
    },
    keeping: {
      on: { 'run.stop': { guard: 'isFinal', actions: 'settleStopped' } },
      invoke: {
        id: 'keep',
        src: 'checkpoint',
        input: ({ context }) => checkpointInput(context, { suffix: '', reset: context.assignment.branch }),
        onDone: { target: 'deciding', actions: 'countFailure' },
        onError: { target: 'settled', actions: ['blameCheckpoint', 'leaveWorker', 'tellBreaker'] },
      },
    },
    deciding: {
      entry: ['leaveWorker', 'tellBreaker'],
      always: [
        { guard: 'hasSucceeded', target: 'settled' },
        // Nobody's failure: it waits for the worker to accept runs again.
        { guard: 'isInterrupted', target: 'queued' },
        { guard: 'mayTryLater', target: 'backoff' },
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
  }),
});

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
  };
}

function errorText(event: unknown): string {
  const { error } = event as { error?: { message?: string } };
  return error?.message ?? 'no reason given';
}
