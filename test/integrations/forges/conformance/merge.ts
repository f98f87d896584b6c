/** Merging: only the head that was judged, and every refusal an answer. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { commitOf, pushFiles } from '../git.ts';
import { openOne } from './support.ts';

const words = { title: 'Merge the file', message: 'Reviewed-by: Maria' };

export const mergeBehaviour: Behaviour = place => {
  test('merges with a merge commit of our words', async () => {
    const { forge } = place();
    const { repository, sha, pull } = await openOne(place());
    const before = await forge.branch(repository, 'main');
    const answer = await forge.merge(repository, pull.number, { sha, ...words });
    const main = await forge.branch(repository, 'main');
    expect(answer).toEqual({ result: 'merged', commit: main!.sha });
    const commit = await commitOf(forge, repository, main!.sha);
    expect(commit.parents).toEqual([before!.sha, sha]);
    expect(commit.message).toBe(`${words.title}\n\n${words.message}`);
    expect(await forge.pullRequest(repository, pull.number)).toMatchObject({ state: 'merged', mergeCommit: main!.sha });
  });

  test('answers the same when it is merged already', async () => {
    const { forge, reviewer } = place();
    const { repository, sha, pull } = await openOne(place());
    const first = await reviewer.merge(repository, pull.number, { sha, ...words });
    expect(first.result).toBe('merged');
    expect(await forge.merge(repository, pull.number, { sha, ...words })).toEqual(first);
  });

  test('does not merge a head that nobody has judged', async () => {
    const { forge } = place();
    const { repository, sha, pull } = await openOne(place());
    await pushFiles(forge, repository, { branch: 'task/one', files: { 'more.txt': 'more\n' } });
    const answer = await forge.merge(repository, pull.number, { sha, ...words });
    expect(answer.result).toBe('headMoved');
    expect(await forge.pullRequest(repository, pull.number)).toMatchObject({ state: 'open' });
  });

  test('says that the two do not merge', async () => {
    const { forge } = place();
    const { repository, sha, pull } = await openOne(place(), { files: { 'README.md': '# Ours\n' } });
    await pushFiles(forge, repository, { branch: 'main', files: { 'README.md': '# Theirs\n' } });
    const answer = await forge.merge(repository, pull.number, { sha, ...words });
    expect(answer.result).toBe('conflict');
  });

  test('says that somebody has closed the pull request', async () => {
    const { forge, people } = place();
    const { repository, sha, pull } = await openOne(place());
    await people.closePullRequest(repository, pull.number);
    expect((await forge.merge(repository, pull.number, { sha, ...words })).result).toBe('closed');
    expect((await forge.merge(repository, 999, { sha, ...words })).result).toBe('closed');
  });

  test('says that a draft is refused', async () => {
    const { forge } = place();
    const { repository, sha, pull } = await openOne(place(), {
      title: place().kind === 'gitea' ? 'WIP: A' : 'Draft: A',
    });
    if (!pull.isDraft) return;
    const answer = await forge.merge(repository, pull.number, { sha, ...words });
    expect(answer).toMatchObject({ result: 'refused', detail: expect.stringMatching(/progress|draft/i) });
  });
};
