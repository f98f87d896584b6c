/** How far a server's clock is ahead of ours. */

export interface Skew {
  readonly ms: number;
  heed(headers: Headers): void;
}

/** `Date` tells whole seconds only: in the middle of its second it is wrong by half of one at most. */
const middleMs = 500;

export function createSkew(now: () => number = Date.now): Skew {
  let ms = 0;
  return {
    get ms() {
      return ms;
    },
    heed(headers) {
      const theirs = Date.parse(headers.get('date') ?? '');
      if (Number.isFinite(theirs)) ms = theirs + middleMs - now();
    },
  };
}
