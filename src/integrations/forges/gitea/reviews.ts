/** Reviews on Gitea and Forgejo: what each person says, and which threads are open. */
import type { z } from 'zod';
import type { Forge, Review } from '../../forge.ts';
import type { Http } from '../../http/client.ts';
import { at } from '../../http/path.ts';
import { codeCommentAnswer, reviewAnswer } from './answers.ts';
import { pathOf } from './repositories.ts';

type ReviewAnswer = z.infer<typeof reviewAnswer>;

/** Reviews that are asked for, or not sent yet, have other states. */
const verdicts: Readonly<Record<string, Review['verdict']>> = {
  APPROVED: 'approved',
  REQUEST_CHANGES: 'changesRequested',
  COMMENT: 'commented',
};

export function createReviews(http: Http): Pick<Forge, 'reviews'> {
  /** Threads of one review that nobody has resolved. */
  async function openThreads(path: string, review: ReviewAnswer): Promise<number> {
    if (!review.comments_count) return 0;
    const comments = await http.get(`${path}/${review.id}/comments`, codeCommentAnswer.array().nullable());
    // A thread is what stands at one line; resolving marks one of its comments.
    const threads = Map.groupBy(comments ?? [], comment =>
      [comment.path, comment.position, comment.original_position].join('\n'),
    );
    return [...threads.values()].filter(thread => thread.every(comment => !comment.resolver)).length;
  }

  return {
    async reviews(repository, number) {
      const path = pathOf(repository) + at`/pulls/${number}/reviews`;
      const answers = await http.list(path, reviewAnswer);
      const sent = answers
        .filter(review => review.state in verdicts && review.user)
        .sort((one, two) => one.id - two.id);
      let unresolved = 0;
      for (const review of sent) unresolved += await openThreads(path, review);
      return { reviews: lastOfEach(sent.map(toReview)), unresolved };
    },
  };
}

function toReview(review: ReviewAnswer): Review {
  return {
    id: review.id,
    by: review.user?.login ?? '',
    verdict: verdicts[review.state]!,
    sha: review.commit_id || null,
    isStale: review.stale || review.dismissed,
    body: review.body,
  };
}

/** The last of each person, oldest first: a comment does not take back what was said before it. */
function lastOfEach(reviews: readonly Review[]): Review[] {
  const last = new Map<string, Review>();
  for (const review of reviews) {
    const before = last.get(review.by);
    if (!before || before.verdict === 'commented' || review.verdict !== 'commented') last.set(review.by, review);
  }
  return [...last.values()];
}
