/** GitLab keeps the contract, as far as a fake can tell. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { marker, openOne } from './conformance/support.ts';
import { forgeConformance } from './conformance.ts';
import { openFakeGitlab } from './gitlab-place.ts';

forgeConformance('a fake GitLab', async () => (await openFakeGitlab()).place);

describe('what only GitLab has', () => {
  let opened: Awaited<ReturnType<typeof openFakeGitlab>>;
  beforeAll(async () => {
    opened = await openFakeGitlab();
  });
  afterAll(() => opened.place.close());

  test('hears who asks for changes, and that they approve now', async () => {
    const { fake, place } = opened;
    const { repository, sha, pull } = await openOne(place);
    await fake.requestChanges(repository, pull.number, 'maria');
    const asked = await place.forge.reviews(repository, pull.number);
    expect(asked.reviews).toMatchObject([{ by: 'maria', verdict: 'changesRequested', sha, isStale: false }]);
    await place.people.review(repository, pull.number, { verdict: 'approve', body: '' });
    const approved = await place.forge.reviews(repository, pull.number);
    expect(approved.reviews).toMatchObject([{ by: 'maria', verdict: 'approved', sha, isStale: false }]);
  });

  test('counts the threads that nobody has resolved', async () => {
    const { place } = opened;
    const { repository, pull } = await openOne(place);
    for (const body of ['One', 'Two']) await place.people.review(repository, pull.number, { verdict: 'comment', body });
    await place.people.comment(repository, pull.number, 'Only talk.');
    expect((await place.forge.reviews(repository, pull.number)).unresolved).toBe(2);
  });

  test('says by which word a merge is refused', async () => {
    const { fake, place } = opened;
    const { repository, sha, pull } = await openOne(place);
    const wanted = { sha, title: 'Merge it', message: '' };
    fake.setMergeStatus(repository, pull.number, 'ci_must_pass');
    const refused = await place.forge.merge(repository, pull.number, wanted);
    expect(refused).toEqual({ result: 'refused', detail: 'ci_must_pass' });
    fake.setMergeStatus(repository, pull.number, null);
    fake.holdBackMerges(1);
    expect(await place.forge.merge(repository, pull.number, wanted)).toMatchObject({ result: 'notYet' });
    expect(await place.forge.merge(repository, pull.number, wanted)).toMatchObject({ result: 'merged' });
  });

  test('counts jobs and statuses, and lets fail what may', async () => {
    const { fake, place } = opened;
    const { repository, sha } = await openOne(place);
    await place.forge.setStatus(repository, sha, { context: 'signalbox/tests', state: 'success', description: '' });
    fake.addPipeline(repository, { sha, status: 'failed', source: 'push' }, [
      { name: 'build', status: 'failed', mayFail: false },
      { name: 'lint', status: 'failed', mayFail: true },
    ]);
    fake.addPipeline(repository, { sha, status: 'success', source: 'push' }, [
      { name: 'build', status: 'success', mayFail: false },
    ]);
    const { checks } = await place.forge.checks(repository, sha);
    expect(Object.fromEntries(checks.map(({ name, state }) => [name, state]))).toEqual({
      'signalbox/tests': 'success',
      build: 'success',
      lint: 'success',
    });
  });

  test('keeps the comments of an issue and of our merge request of one number apart', async () => {
    const { place } = opened;
    const { repository, pull } = await openOne(place);
    const issue = await place.reviewer.openIssue(repository, { marker, title: 'One', body: '', labels: [] });
    expect(issue.number).toBe(pull.number);
    const ours = await place.forge.keepComment(repository, pull.number, { marker, body: 'Working.' });
    expect(ours.url).toContain(`/merge_requests/${pull.number}#note_`);
    const theirs = await place.reviewer.keepComment(repository, issue.number, { marker, body: 'And I?' });
    expect(theirs.url).toContain(`/issues/${issue.number}#note_`);
  });
});
