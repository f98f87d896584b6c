/** Wakes the runtime at the next deadline that the store has. */
import type { Store } from '../persistence/store.ts';
import type { Clock } from './clock.ts';

export interface Alarm {
  /** Whether a deadline has come, as far as is known. Never once it is off. */
  isDue(now: number): boolean;
  /** A commit has set this deadline. */
  hear(due: number): void;
  /** Deadlines were taken: the next one has to be looked up. */
  taken(): void;
  /** Looks up what is not known, and sees to it that the runtime wakes in time. Throws what the store throws. */
  look(): Promise<void>;
  /** The same; when the store does not say, it is told, and asked again after a while. */
  set(): Promise<void>;
  off(): void;
}

export interface AlarmOptions {
  store: Store;
  clock: Clock;
  /** A deadline has come, or it is time to look. */
  ring(): void;
  onFault(error: unknown): void;
}

const askAgainMs = 1_000;
/** How long those at work have, after a sleep, to say that their deadlines begin anew. */
const wakingMs = 1_000;

export function createAlarm({ store, clock, ring, onFault }: AlarmOptions): Alarm {
  let nextDue = Number.POSITIVE_INFINITY;
  /** Whether `nextDue` is the earliest deadline that the store has, and not only a time to look again. */
  let isKnown = false;
  let setFor = Number.POSITIVE_INFINITY;
  let isOff = false;
  let callOff: (() => void) | undefined;

  /** A deadline that came while nobody ran is due when all have had a word. */
  const dueAt = (): number => Math.max(nextDue, (clock.lastWake?.() ?? Number.NEGATIVE_INFINITY) + wakingMs);

  async function look(): Promise<void> {
    if (isOff) return;
    const now = clock.now();
    if (!isKnown || nextDue <= now) {
      // A commit that came meanwhile cannot have set an earlier one: turns wait for this.
      nextDue = (await store.nextTimer()) ?? Number.POSITIVE_INFINITY;
      isKnown = true;
    }
    wakeAt(dueAt(), now);
  }

  function wakeAt(due: number, now: number): void {
    callOff?.();
    callOff = undefined;
    setFor = due;
    if (isOff || due === Number.POSITIVE_INFINITY || due <= now) return;
    callOff = clock.wake(Math.min(due - now, clock.doubtMs ?? due - now), () => {
      setFor = Number.POSITIVE_INFINITY;
      // Woken too early: whoever is at work just now does not look again.
      wakeAt(dueAt(), clock.now());
      ring();
    });
  }

  return {
    isDue: now => !isOff && nextDue <= now && dueAt() <= now,
    hear(due) {
      nextDue = Math.min(nextDue, due);
    },
    taken() {
      isKnown = false;
    },
    look,
    async set() {
      if (isOff || (isKnown && dueAt() === setFor && setFor > clock.now())) return;
      try {
        await look();
      } catch (error) {
        onFault(error);
        const now = clock.now();
        nextDue = now + askAgainMs;
        isKnown = false;
        wakeAt(nextDue, now);
      }
    },
    off() {
      isOff = true;
      callOff?.();
    },
  };
}
