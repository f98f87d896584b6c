/** Which of many reviews is heard: one of each person. */
import type { Review } from '../forge.ts';

export interface Said {
  review: Review;
  /** A verdict says more than a comment, a dismissed one too: it takes the place of what the person said before it. */
  isVerdict: boolean;
}

/** The last verdict of each person, else the last comment. `said` comes oldest first. */
export function lastOfEach(said: readonly Said[]): Review[] {
  const heard = new Map<string, Said>();
  for (const next of said) {
    const earlier = heard.get(next.review.by);
    if (!earlier?.isVerdict || next.isVerdict) heard.set(next.review.by, next);
  }
  return [...heard.values()].map(({ review }) => review);
}
