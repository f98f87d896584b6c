/** Time that goes on when it is told to: from one thing that happens to the next, however far apart they are. */
import type { Clock } from '../runtime/index.ts';

export interface Calendar extends Clock {
  /** Something happens in the world after so many milliseconds. Answers how to call it off. */
  after(ms: number, happen: () => void): () => void;
  /** The same for what goes on for ever, and for which nobody waits. */
  meanwhile(ms: number, happen: () => void): void;
  /** When something happens next, of the world or of a process that wants to be woken; undefined when nothing does. */
  readonly next: number | undefined;
  /** Whether something is still to happen in the world. */
  readonly isOver: boolean;
  /** Goes on to the next instant at which something happens, and lets it. */
  goOn(): void;
}

interface Entry {
  at: number;
  happen(): void;
  isOfWorld: boolean;
}

export function createCalendar(start: number): Calendar {
  let now = start;
  /** Sorted; what was entered first comes first among those of one instant. */
  const entries: Entry[] = [];
  const enter = (ms: number, happen: () => void, isOfWorld: boolean) => {
    const entry = { at: now + Math.max(0, Math.round(ms)), happen, isOfWorld };
    const place = entries.findLastIndex(({ at }) => at <= entry.at) + 1;
    entries.splice(place, 0, entry);
    return () => {
      const index = entries.indexOf(entry);
      if (index >= 0) entries.splice(index, 1);
    };
  };
  return {
    now: () => now,
    wake: (delayMs, callback) => enter(delayMs, callback, false),
    after: (ms, happen) => enter(ms, happen, true),
    meanwhile: (ms, happen) => void enter(ms, happen, false),
    get next() {
      return entries[0]?.at;
    },
    get isOver() {
      return !entries.some(({ isOfWorld }) => isOfWorld);
    },
    goOn() {
      const [first] = entries;
      if (first === undefined) return;
      now = first.at;
      while (entries[0] !== undefined && entries[0].at <= now) entries.shift()!.happen();
    },
  };
}
