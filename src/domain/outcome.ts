/** How an agent's process ended, and what that means. Judged from structure: what an agent says decides nothing. */
import type { Usage } from './usage.ts';

/** What is known of the end of a process. `null` for both: it is gone and left no record (power cut, kill -9). */
export interface ExitRecord {
  code: number | null;
  signal: string | null;
}

/**
 * - `succeeded`: the CLI finished and says so in its final event. The gates decide what it is worth.
 * - `transient`: worth another try later (rate limit, overload, network; exit code 75, EX_TEMPFAIL of sysexits.h).
 * - `quota`: the allowance or the money at the provider is used up, until a reset time if one is known.
 * - `authentication`: the provider does not accept the credentials; a person has to fix that.
 * - `contextExhausted`: the session no longer fits into the model's context; a fresh one may go on.
 * - `budget`: it reached the budget that it was given.
 * - `refused`: the model declined the work, or the CLI was not permitted to do it.
 * - `permanent`: it failed; another try may help, a later one will not.
 * - `lost`: the process vanished without a record.
 * - `interrupted`: ended from outside, by Signalbox for a restart or by somebody's signal.
 * - `timedOut`, `stalled`, `killed`, `cancelled`: Signalbox ended it, for that reason.
 */
export type OutcomeClass =
  | 'succeeded'
  | 'transient'
  | 'quota'
  | 'authentication'
  | 'contextExhausted'
  | 'budget'
  | 'refused'
  | 'permanent'
  | 'lost'
  | 'interrupted'
  | 'timedOut'
  | 'stalled'
  | 'killed'
  | 'cancelled';

/** The classes that the end of a process has by itself, without anybody here having ended it. */
export type NaturalEnd = Exclude<OutcomeClass, 'timedOut' | 'stalled' | 'killed' | 'cancelled'>;

/** The end of a process as its adapter understands it. */
export interface AgentEnd {
  class: NaturalEnd;
  /** One sentence for a person: what happened and, where it is known, the remedy. */
  message: string;
  /** The signature that was recognised, such as `rate_limit` or `unknownSession`; for programs. */
  code: string;
  /** The model whose allowance is used up, by the name that the provider gives; absent where it is that of the account. */
  limitedModel?: string;
  /** When a used-up allowance comes back, epoch milliseconds. */
  resetAt: number | null;
  /** How long the provider asked to wait, milliseconds; honoured in full. */
  retryAfterMs: number | null;
}

/** The code of an end that is none: the model was not done. */
export const answerCutOff = 'answerCutOff';

/** What the output of an agent has told so far. Small and plain: it travels in events and is kept in snapshots. */
export interface AgentReport {
  /** The session to resume, once the CLI has named it. */
  session: string | null;
  model: string | null;
  usage: Usage;
  /** How full the model's context is. `windowTokens` is null where the CLI does not say and no table knows. */
  context: { usedTokens: number; windowTokens: number | null } | null;
  /** The CLI's own last word; null while it works and when it went without one. */
  conclusion: 'success' | 'failure' | null;
  /** Tools that it was not permitted to use, at most ten names. */
  denials: string[];
  turns: number;
  /** Events understood, events of unknown types, and lines that were no events at all. */
  events: number;
  unknownEvents: number;
  garbageLines: number;
  /** The agent's last words, at most 2,000 characters. */
  lastText: string;
}

/**
 * Why we end a process. `finished`: it said its last word and did not leave. `doomed`: it retries what cannot succeed,
 * such as a login that is refused. `handedOver`: its context is nearly full and a fresh session takes over. `unanswered`: it waits for
 * an answer of its provider that does not come.
 */
export type StopCause =
  | 'timedOut'
  | 'stalled'
  | 'unanswered'
  | 'killed'
  | 'cancelled'
  | 'interrupted'
  | 'budget'
  | 'finished'
  | 'doomed'
  | 'handedOver';

/** Classifies the end of a process; `stopped` is why we ended it, when we did. */
export function classify(end: AgentEnd, stopped: StopCause | null): OutcomeClass {
  switch (stopped) {
    case null:
    case 'finished':
    case 'doomed':
      return end.class;
    case 'handedOver':
      return 'contextExhausted';
    case 'unanswered':
      return 'transient';
    default:
      return stopped;
  }
}

/** The same in words. */
export function explainOutcome(stopped: StopCause | null, end: AgentEnd): string {
  switch (stopped) {
    case null:
    case 'finished':
    case 'doomed':
      return end.message;
    case 'timedOut':
      return 'the agent worked longer than its time limit and was stopped';
    case 'stalled':
      return 'the agent made no sign of progress for too long and was stopped';
    case 'unanswered':
      return 'the provider of the agent did not answer for too long, and the agent was stopped';
    case 'killed':
      return 'the agent was killed by an operator';
    case 'cancelled':
      return 'the task was cancelled and its agent stopped';
    case 'interrupted':
      return 'Signalbox was interrupted and stopped the agent';
    case 'budget':
      return 'the agent reached its budget and was stopped';
    case 'handedOver':
      return "the agent's context was nearly full; a fresh session takes over";
  }
}

const tempFail = 75;
/** Signals by which somebody else ends a process; all others are crashes of its own. */
const fromOutside = ['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGHUP'];

/** What an exit record alone says, for programs whose output says nothing. */
export function endOf({ code, signal }: ExitRecord): AgentEnd {
  const end = (kind: NaturalEnd, message: string, name: string): AgentEnd => ({
    class: kind,
    message,
    code: name,
    resetAt: null,
    retryAfterMs: null,
  });
  if (code === 0) return end('succeeded', 'the agent finished', 'exit0');
  if (code === tempFail) {
    return end('transient', 'the agent could not work now (exit code 75) and asks to be tried again', 'tempFail');
  }
  if (code === 126) return end('permanent', 'the agent program is not executable (exit code 126)', 'notExecutable');
  if (code === 127) return end('permanent', 'the agent program was not found (exit code 127)', 'notFound');
  if (code !== null) return end('permanent', `the agent failed with exit code ${code}`, 'exitCode');
  if (signal === null) {
    return end(
      'lost',
      'the agent vanished without an exit record (machine restarted or process killed from outside)',
      'lost',
    );
  }
  if (fromOutside.includes(signal)) return end('interrupted', `somebody ended the agent with ${signal}`, 'signal');
  return end('permanent', `the agent died by ${signal}`, 'crash');
}
