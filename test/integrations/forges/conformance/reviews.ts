/** Reviews: the last word of each person, and whether it still counts. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { pushFiles } from '../git.ts';
import { openOne } from './support.ts';

export const reviewBehaviour: Behaviour = place => {
  test('has no reviews where nobody has said anything', async () => {
    const { repository, pull } = await openOne(place());
    expect((await place().forge.reviews(repository, pull.number)).reviews).toEqual([]);
  });

  test('gives the last word of each person, which a comment does not take back', async () => {
    const { forge, reviewer, people } = place();
    const { repository, sha, pull } = await openOne(place());
    await people.review(repository, pull.number, { verdict: 'reject', body: 'Not like this.' });
    await people.review(repository, pull.number, { verdict: 'approve', body: 'Good now.' });
    await people.review(repository, pull.number, { verdict: 'comment', body: 'By the way.' });
    const { reviews } = await forge.reviews(repository, pull.number);
    const { login } = await reviewer.account();
    expect(reviews).toMatchObject([{ by: login, verdict: 'approved', isStale: false, sha }]);
  });

  test('gives a comment where nothing more was said', async () => {
    const { forge, people } = place();
    const { repository, pull } = await openOne(place());
    await people.review(repository, pull.number, { verdict: 'comment', body: 'What for?' });
    const { reviews } = await forge.reviews(repository, pull.number);
    expect(reviews).toMatchObject([{ verdict: 'commented', body: 'What for?' }]);
  });

  test('marks a review as stale when the code has changed since', async () => {
    const { forge, people } = place();
    const { repository, sha, pull } = await openOne(place());
    await people.review(repository, pull.number, { verdict: 'approve', body: 'Good.' });
    await pushFiles(forge, repository, { branch: 'task/one', files: { 'new.txt': 'other\n' } });
    await expect
      .poll(async () => (await forge.reviews(repository, pull.number)).reviews, { timeout: 10_000 })
      .toMatchObject([{ verdict: 'approved', isStale: true, sha }]);
  });
};
