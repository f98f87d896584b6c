/** Lets others come in between, where much is to be read. */

/** How long the event loop is held at a stretch, in milliseconds; what is read at once comes on top. */
const longestHoldMs = 8;

export type Pause = () => Promise<void>;

/** Waits for the next round of the event loop whenever this one has been held for long enough. */
export function createPause(): Pause {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < longestHoldMs) return;
    await new Promise(resolve => setImmediate(resolve));
    since = performance.now();
  };
}
