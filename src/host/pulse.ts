/** One timer for everything that is looked at from time to time, however many look; and whether this process has slept. */

const pulseMs = 250;
/** A pulse that is later by so much was not late: the machine was asleep, or this process was stopped. */
const pauseMs = 2_000;

/** `sleptMs`: the time since the look before in which this process did not run, by the wall clock; 0 as a rule. */
type Look = (sleptMs: number) => void;

const watchers = new Set<Look>();
let timer: NodeJS.Timeout | undefined;
let lastPulse = 0;
let wokeAt = 0;

/** Calls `look` about four times a second until the answered function is called. Looks must be quick. */
export function onPulse(look: Look): () => void {
  watchers.add(look);
  if (timer === undefined) {
    lastPulse = Date.now();
    timer = setInterval(beat, pulseMs);
  }
  return () => {
    watchers.delete(look);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** When this process last went on after it had not run for a while, epoch milliseconds; 0 while nobody has looked, or never. */
export function lastWake(): number {
  const now = Date.now();
  // A clock that was set back since knows nothing of it.
  if (wokeAt > now) wokeAt = 0;
  if (sleptBy(now) > 0) wokeAt = now;
  return wokeAt;
}

function sleptBy(now: number): number {
  const late = timer === undefined ? 0 : now - lastPulse - pulseMs;
  return late >= pauseMs ? late : 0;
}

function beat(): void {
  const now = Date.now();
  const sleptMs = sleptBy(now);
  if (sleptMs > 0) wokeAt = now;
  lastPulse = now;
  for (const watcher of [...watchers]) {
    try {
      watcher(sleptMs);
    } catch {
      // A file that cannot be read now (too many open, a disk that fails) is looked at again; the others have their turn.
    }
  }
}
