/**
 * Reviews on GitLab, which has approvals instead: who approves, who asks for changes (where the server knows that), who
 * opened a thread, and which threads nobody has resolved. Which commit was approved follows from when that was.
 */
import type { z } from 'zod';
import type { Forge, Review } from '../../forge.ts';
import { OutsideError } from '../../outside.ts';
import { instant } from '../newest.ts';
import { lastOfEach, type Said } from '../verdicts.ts';
import { type GitlabApi, mergeRequestOf } from './api.ts';
import { mergeRequestAt } from './merge-requests.ts';
import { approvals, discussion, type note, reviewer, version } from './shapes.ts';

type Note = z.infer<typeof note>;
type Version = z.infer<typeof version>;
type Dated = Said & { at: number };

/** What GitLab writes itself when somebody takes a button: the only record of when that was on older servers. */
const written = { approved: /^approved this merge request/, changesRequested: /^(has )?requested changes/ };

export function gitlabReviews(api: GitlabApi): Pick<Forge, 'reviews'> {
  return {
    async reviews(repository, number) {
      const path = mergeRequestOf(repository, number);
      const found = await mergeRequestAt(api, repository, number);
      if (!found) throw new OutsideError('notFound', `There is no merge request ${repository}!${number}.`);
      const [approved, reviewers, threads, versions] = await Promise.all([
        api.find(`${path}/approvals`, approvals),
        api.find(`${path}/reviewers`, reviewer.array(), { per_page: 100 }),
        api.list(`${path}/discussions`, discussion),
        api.list(`${path}/versions`, version),
      ]);
      const notes = threads.flatMap(thread => thread.notes);
      const dated = (review: Omit<Review, 'sha' | 'isStale'>, at: number, seen?: string | null): Dated => {
        const sha = seen ?? headAt(versions, at);
        const isStale = sha !== null && Boolean(found.sha) && sha !== found.sha;
        return { review: { ...review, sha, isStale }, isVerdict: review.verdict !== 'commented', at };
      };
      const said = [
        ...commentsOf(notes).map(comment => dated(...comment)),
        ...(approved?.approved_by ?? []).map(({ user, approved_at }) => {
          const at = instant(approved_at) || writtenAt(notes, user.id, written.approved);
          return dated({ id: `approval-${user.id}`, by: user.username, verdict: 'approved', body: '' }, at);
        }),
        ...(reviewers ?? [])
          .filter(({ state }) => state === 'requested_changes')
          .map(({ user }) => {
            const at = writtenAt(notes, user.id, written.changesRequested);
            return dated({ id: `changes-${user.id}`, by: user.username, verdict: 'changesRequested', body: '' }, at);
          }),
      ];
      const unresolved = threads.filter(thread =>
        thread.notes.some(({ resolvable, resolved }) => resolvable && !resolved),
      );
      return { reviews: lastOfEach(said.toSorted(byTime)), unresolved: unresolved.length };
    },
  };
}

/** Of two verdicts of one person the one that asks for changes is heard, when nothing tells which was later. */
const byTime = (one: Dated, other: Dated) =>
  one.at - other.at ||
  Number(one.review.verdict === 'changesRequested') - Number(other.review.verdict === 'changesRequested');

/** Notes in threads are what reviewers say; a note that cannot be resolved is talk. */
function commentsOf(notes: readonly Note[]): [Omit<Review, 'sha' | 'isStale'>, number, string | null | undefined][] {
  return notes
    .filter(({ system, resolvable, author }) => !system && resolvable && author)
    .map(({ id, body, author, created_at, position }) => [
      { id, by: author!.username, verdict: 'commented', body: body ?? '' },
      instant(created_at),
      position?.head_sha,
    ]);
}

/** When this person last did it; 0 when that is nowhere. */
const writtenAt = (notes: readonly Note[], who: number, words: RegExp): number =>
  Math.max(
    0,
    ...notes
      .filter(({ system, author, body }) => system && author?.id === who && words.test(body ?? ''))
      .map(({ created_at }) => instant(created_at)),
  );

/** The head at an instant; null when it cannot be known. */
function headAt(versions: readonly Version[], at: number): string | null {
  const before = versions.filter(({ created_at }) => at > 0 && instant(created_at) <= at);
  const newest = before.toSorted((one, other) => instant(other.created_at) - instant(one.created_at))[0];
  return newest?.head_commit_sha ?? null;
}
