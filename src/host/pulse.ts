/** One timer for everything that is looked at from time to time, however many look. */

const pulseMs = 250;
const watchers = new Set<() => void>();
let timer: NodeJS.Timeout | undefined;

/** Calls `look` about four times a second until the answered function is called. Looks must be quick. */
export function onPulse(look: () => void): () => void {
  watchers.add(look);
  timer ??= setInterval(() => {
    for (const watcher of [...watchers]) {
      try {
        watcher();
      } catch {
        // A file that cannot be read now (too many open, a disk that fails) is looked at again; the others have their turn.
      }
    }
  }, pulseMs);
  return () => {
    watchers.delete(look);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
