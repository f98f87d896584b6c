/** The gate `pullRequestReview`: people have to approve what is there now; whoever made it is not people. */
import { expect, test } from 'vitest';
import { remote } from '../forge/place.ts';
import { startStory } from './place.ts';

const review = { kind: 'pullRequestReview' };

test('waits, and says for what and where', async () => {
  const { judge, at } = await startStory();
  const looked = await judge(review);
  expect(looked).toMatchObject({ verdict: 'pending' });
  expect(looked.detail).toBe(`waits for people at ${at.pullRequest.url}: 0 of 1 approvals`);
});

test('passes with the names of who has approved', async () => {
  const { judge, review: say } = await startStory();
  await say('maria', 'APPROVED');
  expect(await judge(review)).toMatchObject({ verdict: 'pass', detail: 'approved by maria' });
});

test('as many as it says have to, and one person counts once', async () => {
  const { judge, review: say } = await startStory();
  await say('maria', 'APPROVED');
  await say('maria', 'APPROVED');
  const looked = await judge({ ...review, approvals: 2 });
  expect(looked).toMatchObject({ verdict: 'pending' });
  expect(looked.detail).toContain('1 of 2 approvals');
  await say('noor', 'APPROVED');
  expect(await judge({ ...review, approvals: 2 })).toMatchObject({ verdict: 'pass' });
});

test('a comment is no approval, and takes none back', async () => {
  const { judge, review: say } = await startStory();
  await say('maria', 'COMMENT');
  expect(await judge(review)).toMatchObject({ verdict: 'pending' });
  await say('maria', 'APPROVED');
  await say('maria', 'COMMENT');
  expect(await judge(review)).toMatchObject({ verdict: 'pass' });
});

test('changes that somebody asks for are its failure, in his words, though others approve', async () => {
  const { judge, review: say } = await startStory();
  await say('noor', 'APPROVED');
  await say('maria', 'REQUEST_CHANGES', { body: 'Name it better.' });
  const looked = await judge(review);
  expect(looked).toMatchObject({ verdict: 'fail' });
  expect(looked.detail).toBe('maria asks for changes:\nName it better.');
  await say('maria', 'APPROVED');
  expect(await judge(review)).toMatchObject({ verdict: 'pass' });
});

test('words of any length are cut', async () => {
  const { judge, review: say } = await startStory();
  await say('maria', 'REQUEST_CHANGES', { body: 'long '.repeat(20_000) });
  const looked = await judge(review);
  expect(looked).toMatchObject({ verdict: 'fail' });
  expect(looked.detail.length).toBeLessThan(5_000);
});

test('what was said before the last push counts no more, and neither does what was dismissed', async () => {
  const { judge, review: say, push, ask, number } = await startStory();
  await say('maria', 'APPROVED');
  const newer = await push();
  expect(await judge(review, { head: newer })).toMatchObject({ verdict: 'pending' });
  const { id } = await say('maria', 'REQUEST_CHANGES');
  expect(await judge(review, { head: newer })).toMatchObject({ verdict: 'fail' });
  await ask('root', 'POST', `/pulls/${number}/reviews/${id}/dismissals`, { message: 'not needed' });
  expect(await judge(review, { head: newer })).toMatchObject({ verdict: 'pending' });
});

test('our own account does not count', async () => {
  const { judge, review: say, clientOf } = await startStory();
  await say('maria', 'APPROVED');
  expect(await judge(review, {}, clientOf('maria'))).toMatchObject({ verdict: 'pending' });
  expect(await judge(review, {}, clientOf('noor'))).toMatchObject({ verdict: 'pass' });
});

test('whoever has made the pull request does not count, however it is written', async () => {
  const { judge, review: say, clientOf, forge } = await startStory();
  await say('maria', 'APPROVED');
  const of = { ...clientOf('noor'), pullRequest: forge.pullRequest };
  const byMaria = async (...args: Parameters<typeof of.pullRequest>) => {
    const pull = await of.pullRequest(...args);
    return pull && { ...pull, author: 'MARIA' };
  };
  expect(await judge(review, {}, { ...of, pullRequest: byMaria })).toMatchObject({ verdict: 'pending' });
});

test.each(['gitea-actions', 'forgejo-actions', 'github-actions[bot]', 'renovate[bot]', 'project_7_bot_x', 'Ghost'])(
  '%s is nobody: neither approval nor refusal counts, unless it is named',
  async by => {
    const { judge, review: say, forge } = await startStory();
    await say('maria', 'APPROVED');
    const bySomebody = {
      ...forge,
      async reviews(...args: Parameters<typeof forge.reviews>) {
        const { reviews, unresolved } = await forge.reviews(...args);
        return { reviews: reviews.map(found => ({ ...found, by })), unresolved };
      },
    };
    expect(await judge(review, {}, bySomebody)).toMatchObject({ verdict: 'pending' });
    expect(await judge({ ...review, people: [by] }, {}, bySomebody)).toMatchObject({ verdict: 'pass' });
    await say('maria', 'REQUEST_CHANGES');
    expect(await judge(review, {}, bySomebody)).toMatchObject({ verdict: 'pending' });
  },
);

test('waits for threads that nobody has resolved, where it is told to', async () => {
  const { judge, review: say } = await startStory();
  const comments = [{ path: 'src/new.txt', body: 'Why?', new_position: 1 }];
  await say('noor', 'COMMENT', { comments });
  await say('maria', 'APPROVED');
  const looked = await judge(review);
  expect(looked).toMatchObject({ verdict: 'pending' });
  expect(looked.detail).toContain('1 thread is not resolved');
  expect(await judge({ ...review, threads: 'any' })).toMatchObject({ verdict: 'pass' });
});

test('a forge that cannot tell of threads now is waited for', async () => {
  const { judge, review: say, forge } = await startStory();
  await say('maria', 'APPROVED');
  const silent = {
    ...forge,
    reviews: async (...args: Parameters<typeof forge.reviews>) => ({
      ...(await forge.reviews(...args)),
      unresolved: null,
    }),
  };
  const looked = await judge(review, {}, silent);
  expect(looked).toMatchObject({ verdict: 'pending' });
  expect(looked.detail).toContain('does not tell now whether threads are resolved');
  expect(await judge({ ...review, threads: 'any' }, {}, silent)).toMatchObject({ verdict: 'pass' });
});

test.each(['closed', 'merged'])('a pull request that is %s is nothing to review any more', async state => {
  const { judge, review: say, ask, number } = await startStory();
  await say('maria', 'APPROVED');
  if (state === 'closed') await ask('maria', 'PATCH', `/pulls/${number}`, { state: 'closed' });
  else await ask('maria', 'POST', `/pulls/${number}/merge`, { Do: 'merge' });
  const looked = await judge(review);
  expect(looked).toMatchObject({ verdict: 'inconclusive' });
  expect(looked.detail).toBe(`the pull request #${number} is ${state} already`);
});

test('without a pull request, or with one that is gone, it has no opinion', async () => {
  const { judge, at } = await startStory();
  expect(await judge(review, { forge: { ...at, pullRequest: null } })).toMatchObject({
    verdict: 'inconclusive',
    detail: 'there is no pull request to review',
  });
  const gone = { ...at, repository: remote, pullRequest: { number: 4_711, url: '' } };
  expect(await judge(review, { forge: gone })).toMatchObject({ verdict: 'inconclusive' });
});

test('where people are named, nobody else lets it pass or sends it back', async () => {
  const { judge, review: say } = await startStory();
  await say('noor', 'APPROVED');
  expect(await judge({ ...review, people: ['Maria'] })).toMatchObject({ verdict: 'pending' });
  await say('maria', 'APPROVED');
  expect(await judge({ ...review, people: ['Maria'] })).toMatchObject({ verdict: 'pass', detail: 'approved by maria' });
});
