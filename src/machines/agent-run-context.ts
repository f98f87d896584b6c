/** What the run of an agent is made of: what it is given, what it remembers, what it hears, and what it answers. */
import type { AgentSpec, WatchLimits } from '../domain/agent-spec.ts';
import type { Assignment, Beginning } from '../domain/assignment.ts';
import type { BackoffPolicy } from '../domain/backoff.ts';
import type { Budget, Spent } from '../domain/budget.ts';
import type { Hook } from '../domain/hook.ts';
import type { AgentEnd, AgentReport, ExitRecord, OutcomeClass, StopCause } from '../domain/outcome.ts';
import type { Usage } from '../domain/usage.ts';

/** How long and how often an agent may work in one stage. Durations in milliseconds. */
export interface RunPolicy extends WatchLimits {
  timeLimitMs: number;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
  /** Processes that may fail permanently (or by time limit) before the stage gives up. */
  permanentAttempts: number;
  /** Processes that may fail transiently while others get through, or be lost. */
  transientAttempts: number;
  /** How long the provider is waited for while it answers nothing: overload, network, login, an allowance without a known end. */
  patienceMs: number;
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
  /** Processes that the provider has turned away without having answered anything. */
  turnedAway: number;
  /** How the present or next attempt begins. */
  beginning: Beginning;
  /** The session to go on with, and the last words of the one that a fresh session takes over from. */
  resume: string | null;
  handover: string | null;
  /** What the worker granted to the present attempt. */
  allowance: Budget | null;
  /** What the configuration allows the whole run, all attempts together; null before the first one is granted. */
  limit?: Budget | null;
  /** Whether the present attempt is the one that the breaker lets through to see whether the provider answers. */
  isProbe: boolean;
  /** When the provider last turned it away without having answered anything since; null while it answers. */
  unansweredSince: number | null;
  pid: number | null;
  startedAt: number | null;
  /** How long the machine slept since the process began. */
  sleptMs: number;
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
  /** When the process was first told to end; null while it was not. */
  signalledAt: number | null;
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
  | { type: 'run.start'; allowance?: Budget; limit?: Budget; isProbe?: boolean; at: number }
  | { type: 'run.stop'; cause: StopCause; by: string; reason?: string; at: number }
  /** `silentMs`: how long the process that was found has printed nothing; 0 for one that was just started. */
  | { type: 'agent.started'; pid: number; silentMs?: number; at: number }
  | { type: 'agent.failed'; error: { message: string }; at: number }
  | ({ type: 'agent.heartbeat'; isToolAlive: boolean; at: number } & Sign)
  /** The machine, or Signalbox, has not run for so long. */
  | { type: 'agent.slept'; sleptMs: number; at: number }
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
      /** Whether there is anything in the worktree beyond the commit where it began; absent where nobody has looked. */
      isChanged?: boolean;
      at: number;
    } & ExitRecord);

/** What the task learns when the run has ended. */
export interface AgentRunOutput {
  outcome: OutcomeClass;
  reason: string;
  attempts: number;
  workedMs: number;
  usage: Usage;
  /** The agent's last words, at most 2,000 characters. */
  said?: string;
}

/** What is known of an attempt before it has begun. */
export const noAttempt = {
  pid: null,
  startedAt: null,
  sleptMs: 0,
  lastOutputAt: null,
  lastProgressAt: null,
  activity: '',
  isToolAlive: false,
  report: null,
  fingerprint: null,
  stopCause: null,
  stopBy: null,
  stoppedAt: null,
  signalledAt: null,
  exit: null,
  end: null,
  endedAt: null,
  outcome: null,
  reason: null,
};

/** The name of one attempt: of its directory, its processes and its checkpoint. */
export const attemptId = (runId: string, attempt: number) => `${runId}-${attempt}`;

/** Reported by the actor `inspect`. */
export interface Inspected {
  /** Changes with every change in the worktree. */
  fingerprint: string;
  /** Whether there is anything beyond the commit where the attempt began. */
  isChanged: boolean;
}

/** The share of its context at which a session is handed over, and at which people are told that it fills. */
export const contextFull = 0.95;
export const contextHigh = 0.8;

/** How full the context is, from 0 to 1; 0 where that is not known. */
export function contextShare(report: AgentReport | null): number {
  const context = report?.context ?? null;
  return context === null || context.windowTokens === null ? 0 : context.usedTokens / context.windowTokens;
}
