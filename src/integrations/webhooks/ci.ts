/** What the words of all builders mean. */
import type { CiMeaning } from '../../domain/reading.ts';

const meanings: Readonly<Record<CiMeaning, string>> = {
  pending:
    'pending queued requested in_progress created waiting waiting_for_resource preparing running manual scheduled blocked',
  // A warning, and what did not have to run, does not stand against a commit: the forges' own sums say so.
  success: 'success neutral skipped warning',
  failure: 'failure failed error cancelled canceled canceling timed_out action_required stale startup_failure killed',
};

const meaningByWord = new Map(
  Object.entries(meanings).flatMap(([meaning, words]) =>
    words.split(' ').map(word => [word, meaning as CiMeaning] as const),
  ),
);

/** What a builder's word means; null when it is none that is known. */
export const ciMeaning = (word: string | null): CiMeaning | null =>
  word === null ? null : (meaningByWord.get(word.toLowerCase()) ?? null);
