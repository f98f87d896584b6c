/** How far a server's clock is ahead of ours, as far as an answer proves it. */

export interface Skew {
  /** 0 where both may be the same. */
  readonly ms: number;
  /** `sentAt` is when the question went out, by our clock. */
  heed(headers: Headers, sentAt: number): void;
}

/** `Date` tells whole seconds. */
const secondMs = 1_000;

export function createSkew(now: () => number = Date.now): Skew {
  let ms = 0;
  return {
    get ms() {
      return ms;
    },
    heed(headers, sentAt) {
      const theirs = Date.parse(headers.get('date') ?? '');
      if (!Number.isFinite(theirs)) return;
      // It was written somewhere between the question and the answer, which may be far apart.
      const [least, most] = [theirs - now(), theirs + secondMs - sentAt];
      ms = least > 0 ? least : most < 0 ? most : 0;
    },
  };
}
