/** GitHub keeps the contract, as far as a fake can tell. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOne } from './conformance/support.ts';
import { forgeConformance } from './conformance.ts';
import { openFakeGithub } from './github-place.ts';

forgeConformance('a fake GitHub', async () => (await openFakeGithub()).place);

describe('what only GitHub has', () => {
  let opened: Awaited<ReturnType<typeof openFakeGithub>>;
  beforeAll(async () => {
    opened = await openFakeGithub();
  });
  afterAll(() => opened.place.close());

  test('counts what Actions reports beside statuses', async () => {
    const { fake, place } = opened;
    const { repository, sha } = await openOne(place);
    await place.forge.setStatus(repository, sha, { context: 'signalbox/tests', state: 'success', description: '' });
    fake.addCheckRun(repository, { sha, name: 'build', status: 'completed', conclusion: 'failure' });
    for (let number = 0; number < 105; number += 1)
      fake.addCheckRun(repository, { sha, name: `unit ${number}`, status: 'in_progress', conclusion: null });
    const { checks } = await place.forge.checks(repository, sha);
    expect(checks).toHaveLength(107);
    expect(checks.find(({ name }) => name === 'build')?.state).toBe('failure');
    expect(checks.find(({ name }) => name === 'unit 104')?.state).toBe('pending');
  });

  test('counts the threads that nobody has resolved', async () => {
    const { fake, place } = opened;
    const { repository, pull } = await openOne(place);
    for (const isResolved of [true, false, false]) fake.addThread(repository, pull.number, { isResolved });
    expect((await place.forge.reviews(repository, pull.number)).unresolved).toBe(2);
  });

  test('does not count a review that was dismissed', async () => {
    const { fake, place } = opened;
    const { repository, pull } = await openOne(place);
    await place.people.review(repository, pull.number, { verdict: 'approve', body: 'Good.' });
    const [review] = (await place.forge.reviews(repository, pull.number)).reviews;
    fake.dismissReview(repository, pull.number, Number(review!.id));
    expect((await place.forge.reviews(repository, pull.number)).reviews).toMatchObject([{ isStale: true }]);
  });

  test('waits as long as GitHub works out whether it merges', async () => {
    const { fake, place } = opened;
    const { repository, sha, pull } = await openOne(place);
    fake.holdBackMerges(1);
    const wanted = { sha, title: 'Merge it', message: '' };
    expect(await place.forge.merge(repository, pull.number, wanted)).toMatchObject({ result: 'notYet' });
    expect(await place.forge.merge(repository, pull.number, wanted)).toMatchObject({ result: 'merged' });
  });

  test('says when to ask again', async () => {
    const { fake, place } = opened;
    fake.limit({ perMinute: 1 });
    await place.forge.version();
    const error = await place.forge.version().catch((thrown: unknown) => thrown);
    fake.limit(null);
    expect(error).toMatchObject({ failure: 'limited', status: 429, retryAt: expect.any(Number) });
  });

  test('says that it is not there, and works again when it is', async () => {
    const { fake, place } = opened;
    fake.down();
    await expect(place.forge.version()).rejects.toMatchObject({ failure: 'unreachable', status: null });
    fake.up();
    expect(await place.forge.version()).toBe('3.19.0+fake');
  });
});
