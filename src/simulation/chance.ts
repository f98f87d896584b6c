/**
 * Chance by name: under one seed a name always has the same luck, in whatever order it is asked for and how often. So what
 * has to be done twice after a crash comes out the same, and one world can be compared with the same world undisturbed.
 */
import { createHash } from 'node:crypto';

export interface Chance {
  /** From 0 up to 1, which it never is. */
  share(name: string): number;
  happens(name: string, percent: number): boolean;
  /**
   * Mostly near the median, sometimes far above it: log-normal with a sigma of one half, between a quarter and the fourfold of
   * the median. A whole number.
   */
  around(name: string, median: number): number;
  /** One of the words, by their weights. Throws when all of them are zero. */
  pick<Word extends string>(name: string, weights: Readonly<Partial<Record<Word, number>>>): Word;
}

export function createChance(seed: number): Chance {
  const share = (name: string) => createHash('sha256').update(`${seed} ${name}`).digest().readUIntBE(0, 6) / 2 ** 48;
  return {
    share,
    happens: (name, percent) => share(name) * 100 < percent,
    around(name, median) {
      // Box and Muller, "A Note on the Generation of Random Normal Deviates" (1958).
      const radius = Math.sqrt(-2 * Math.log(1 - share(`${name} a`)));
      const normal = radius * Math.cos(2 * Math.PI * share(`${name} b`));
      return Math.round(median * Math.min(4, Math.max(0.25, Math.exp(normal / 2))));
    },
    pick<Word extends string>(name: string, weights: Readonly<Partial<Record<Word, number>>>): Word {
      const all = Object.entries(weights) as [Word, number][];
      let left = share(name) * all.reduce((sum, [, weight]) => sum + weight, 0);
      const found = all.find(([, weight]) => {
        left -= weight;
        return left < 0;
      });
      if (found === undefined) throw new Error(`nothing can be picked for ${name}: every weight is zero`);
      return found[0];
    },
  };
}
