/** What somebody may have meant. */
import { distance } from 'fastest-levenshtein';

/** The names most like `name`, nearest first, at most three. */
export function nearest(name: string, known: readonly string[]): string[] {
  const short = name.slice(0, 100);
  return [...known]
    .map(candidate => ({ candidate, far: distance(short.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}
