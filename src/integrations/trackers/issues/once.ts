/** Lists move while they are read: what changes comes to the front, and what stood there is seen again. */

/** The entries of all pages, each of them once. */
export async function* once<T>(pages: AsyncIterable<readonly T[]>, keyOf: (entry: T) => number): AsyncIterable<T> {
  const seen = new Set<number>();
  for await (const page of pages) {
    for (const entry of page) {
      if (!seen.has(keyOf(entry))) yield entry;
      seen.add(keyOf(entry));
    }
  }
}
