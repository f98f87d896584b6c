/** The newest entries of the log, kept in memory for those who keep up with it. */
import type { FeedEntry } from './feed-entry.ts';

/** Entries that follow one another without a gap: everything behind `from`, up to and with `to`. */
export interface Page {
  from: number;
  to: number;
  entries: readonly FeedEntry[];
}

export interface Recent {
  /** A page that begins where the one before it ended. The oldest make room for it. */
  add(page: Page): void;
  /** What is kept behind a position; undefined where that begins too late or has not come yet. */
  after(position: number): readonly FeedEntry[] | undefined;
}

export interface RecentLimits {
  entries: number;
  /** Characters of the fields of events. */
  characters: number;
}

const usualLimits: RecentLimits = { entries: 4_096, characters: 4_000_000 };

/** However large the newest page is, it is kept. */
export function createRecent(limits: RecentLimits = usualLimits): Recent {
  const pages: (Page & { characters: number })[] = [];
  const kept: RecentLimits = { entries: 0, characters: 0 };
  const isTooMuch = () => kept.entries > limits.entries || kept.characters > limits.characters;

  return {
    add(page) {
      const characters = page.entries.reduce((sum, { data }) => sum + JSON.stringify(data).length, 0);
      pages.push({ ...page, characters });
      kept.entries += page.entries.length;
      kept.characters += characters;
      while (pages.length > 1 && isTooMuch()) {
        const oldest = pages.shift()!;
        kept.entries -= oldest.entries.length;
        kept.characters -= oldest.characters;
      }
    },
    after(position) {
      // Most want what has just come.
      const page = pages.findLast(({ from, to }) => from <= position && position < to);
      if (page === undefined || page.from === position) return page?.entries;
      return page.entries.filter(entry => entry.position > position);
    },
  };
}
