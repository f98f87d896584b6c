/** How an agent's process ended, and what that means. Judged from structure: what an agent says decides nothing. */

/** What is known of the end of a process. `null` for both: it is gone and left no record (power cut, kill -9). */
export interface ExitRecord {
  code: number | null;
  signal: string | null;
}

/**
 * - `succeeded`: exit code 0. The gates decide what it is worth.
 * - `transient`: worth another try later (exit code 75, EX_TEMPFAIL of sysexits.h).
 * - `permanent`: the agent failed; another try may help, a later one will not.
 * - `lost`: the process vanished without a record.
 * - `timedOut`, `killed`, `cancelled`, `interrupted`: we ended it, for that reason.
 */
export type OutcomeClass =
  | 'succeeded'
  | 'transient'
  | 'permanent'
  | 'lost'
  | 'timedOut'
  | 'killed'
  | 'cancelled'
  | 'interrupted';

/** Why we end a process. */
export type StopCause = 'timedOut' | 'killed' | 'cancelled' | 'interrupted';

const tempFail = 75;

/** Classifies the end of a process; `stopped` is why we ended it, when we did. */
export function classify(exit: ExitRecord, stopped: StopCause | null): OutcomeClass {
  if (stopped !== null) return stopped;
  if (exit.code === 0) return 'succeeded';
  if (exit.code === null && exit.signal === null) return 'lost';
  return exit.code === tempFail ? 'transient' : 'permanent';
}

/** The same in words. */
export function explainOutcome(outcome: OutcomeClass, exit: ExitRecord): string {
  switch (outcome) {
    case 'succeeded':
      return 'the agent finished';
    case 'transient':
      return 'the agent could not work now (exit code 75) and asks to be tried again';
    case 'permanent':
      return exit.signal === null ? `the agent failed with exit code ${exit.code}` : `the agent died by ${exit.signal}`;
    case 'lost':
      return 'the agent vanished without an exit record (machine restarted or process killed from outside)';
    case 'timedOut':
      return 'the agent worked longer than its time limit and was stopped';
    case 'killed':
      return 'the agent was killed by an operator';
    case 'cancelled':
      return 'the task was cancelled and its agent stopped';
    case 'interrupted':
      return 'Signalbox was interrupted and stopped the agent';
  }
}
