/**
 * The agents' processes of a simulated world. They go on while the orchestrator is dead, keep a record of their end, and are
 * found again by the name of their attempt, as real ones are by their directory.
 */
import type { Calendar } from '../calendar.ts';
import type { Chance } from '../chance.ts';
import type { WorldSettings } from '../settings.ts';
import { type Attempt, planOf, turnedAway } from './plan.ts';
import { begin, type Living, type Process, type Tell } from './process.ts';

export interface Processes {
  find(key: string): Process | undefined;
  start(attempt: Attempt): Process;
  /** Whoever owns it hears of it from now on; at once of its start, and of its end if that has come. Answers how to let go. */
  watch(key: string, tell: Tell): () => void;
  signal(key: string, signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Every process that there ever was, the oldest first. */
  readonly all: readonly Process[];
}

/** After about so long an allowance is there again, in milliseconds. */
const resetMs = 2 * 3_600_000;

export function createProcesses({
  calendar,
  chance,
  settings,
  limitMs,
}: {
  calendar: Calendar;
  chance: Chance;
  settings: WorldSettings;
  /** How long a process of a stage may work. */
  limitMs(stage: string): number;
}): Processes {
  const all = new Map<string, Living>();
  /** Until when the provider turns everybody away, epoch milliseconds. */
  let barredUntil = 0;
  return {
    find: key => all.get(key),
    start(attempt) {
      const { key, stage } = attempt;
      const plan = planOf(attempt, { chance, settings, limitMs: limitMs(stage) });
      const isBarred = barredUntil > calendar.now();
      const resetAt = () => {
        // Whoever comes meanwhile is turned away until the same time.
        if (barredUntil <= calendar.now()) barredUntil = calendar.now() + chance.around(`reset ${key}`, resetMs);
        return barredUntil;
      };
      const own = { ...attempt, plan: isBarred ? turnedAway(plan) : plan, pid: all.size + 1 };
      const process = begin(own, { calendar, chance, resetAt });
      all.set(key, process);
      return process;
    },
    watch: (key, tell) => all.get(key)!.watch(tell),
    signal: (key, signal) => all.get(key)?.signal(signal),
    get all() {
      return [...all.values()];
    },
  };
}
