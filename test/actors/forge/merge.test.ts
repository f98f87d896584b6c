/** A forge merges what was judged, once, and what it has merged is found whoever asked for it. */
import { describe, expect, test } from 'vitest';
import { type ForgeMergeInput, mergeAtForge, updateAtForge } from '../../../src/actors/forge/merge.ts';
import { pushToForge } from '../../../src/actors/forge/push.ts';
import { pushBranch } from '../../../src/actors/forge/relay.ts';
import { git, write } from '../repository.ts';
import { remote, startForge, startTask } from './place.ts';

/** A task whose pull request is open, ready to be merged. */
async function startReady(files: Record<string, string> = { 'src/new.txt': 'new\n' }, title = 'Add it') {
  const place = await startForge();
  const task = await startTask(place, { title });
  const published = await task.publish(files);
  const pushed = await pushToForge(published, place.around);
  if (pushed.result !== 'pushed' || pushed.pullRequest === null) throw new Error('it is not open');
  const input = { ...published, token: 1, forge: { ...task.at, pullRequest: pushed.pullRequest } };
  const { bare, repository, worktree } = { ...place, ...task };
  return {
    ...place,
    task,
    input,
    worktree,
    merge: (wanted: ForgeMergeInput = input) => mergeAtForge(wanted, place.around),
    mergesOnMain: () => git(bare, 'log', '--merges', '--format=%H', 'main').split('\n').filter(Boolean),
    /** What a merge here must not touch. */
    local: () => [git(repository, 'rev-parse', 'main'), git(repository, 'status', '--porcelain')],
    commitByMaria: (branch: string, more: Record<string, string>) =>
      place.fake.commit(remote, { branch, files: more, by: 'maria' }),
  };
}

const wordsIn = (answer: object) => ('detail' in answer ? String(answer.detail) : JSON.stringify(answer));

test('the judged commit is merged with a commit that names the task; nothing local moves but the worktree', async () => {
  const { merge, bare, input, tipOf, local, worktree, repository } = await startReady();
  write(repository, { 'src/code.txt': 'a person is at work here\n' });
  const before = local();
  const merged = await merge();
  expect(merged).toMatchObject({ result: 'merged', commit: tipOf('main') });
  expect(git(bare, 'log', '-1', '--format=%P', 'main').split(' ')[1]).toBe(input.head);
  const message = git(bare, 'log', '-1', '--format=%B', 'main');
  expect(message).toContain('Merge ET-1: Add it (#1)');
  expect(message).toContain(`Signalbox-Merge: task-1:${input.head}`);
  expect(local()).toEqual(before);
  expect(git(worktree, 'rev-parse', 'HEAD')).toBe(tipOf('main'));
  expect(git(worktree, 'symbolic-ref', '--short', 'HEAD')).toBe(input.branch);
});

test('again, as after a crash before it was recorded, answers the same and there is one merge commit', async () => {
  const { merge, mergesOnMain } = await startReady();
  const first = await merge();
  expect(await merge()).toEqual(first);
  expect(await merge()).toEqual(first);
  expect(mergesOnMain()).toHaveLength(1);
});

test('again after others have merged too: what is there now, and still one merge commit of ours', async () => {
  const { merge, mergesOnMain, commitByMaria, tipOf } = await startReady();
  await merge();
  await commitByMaria('main', { 'theirs.txt': 'theirs' });
  expect(await merge()).toMatchObject({ result: 'merged', commit: tipOf('main') });
  expect(mergesOnMain()).toHaveLength(1);
});

test('what a person has merged at the forge is found, once', async () => {
  const { merge, ask, mergesOnMain, tipOf } = await startReady();
  await ask('maria', 'POST', '/pulls/1/merge', { Do: 'merge' });
  const merged = await merge();
  expect(merged).toMatchObject({ result: 'merged', commit: tipOf('main') });
  expect(await merge()).toEqual(merged);
  expect(mergesOnMain()).toHaveLength(1);
});

test('what a person has squashed is merged too, and the branch stays where it is', async () => {
  const { forge, bare, input, worktree, around } = await startReady();
  const squashed = git(bare, 'commit-tree', '-p', 'main', '-m', 'Squashed', `${input.head}^{tree}`);
  git(bare, 'update-ref', 'refs/heads/main', squashed);
  // The fake cannot squash; it says what a real one says of such a pull request.
  const pullRequest = async () => ({ state: 'merged' }) as never;
  const saying = { ...forge, pullRequest, merge: async () => ({ result: 'merged' as const, commit: squashed }) };
  expect(await mergeAtForge(input, { ...around, forge: saying })).toMatchObject({
    result: 'merged',
    commit: squashed,
  });
  expect(git(worktree, 'rev-parse', 'HEAD')).toBe(input.head);
});

test('what a person has pushed to the target by hand is merged', async () => {
  const { merge, place, input, mergesOnMain } = await startReady();
  await pushBranch(place, 'main', input.head);
  expect(await merge()).toMatchObject({ result: 'merged', commit: input.head });
  expect(mergesOnMain()).toEqual([]);
});

test('a merge that the target does not show yet is waited for', async () => {
  const { input, forge, around } = await startReady();
  const saying = { ...forge, merge: async () => ({ result: 'merged' as const, commit: 'f'.repeat(40) }) };
  const answer = await mergeAtForge(input, { ...around, forge: saying });
  expect(answer).toMatchObject({ result: 'away' });
});

test('a title of a work item closes nothing and mentions nobody in the merge commit', async () => {
  const { merge, bare } = await startReady({ 'a.txt': 'a' }, 'Fixes #7 for @noor');
  await merge();
  const subject = git(bare, 'log', '-1', '--format=%s', 'main');
  expect(subject).not.toMatch(/fixes|#7|@noor/i);
  expect(subject).toMatch(/\(#1\)$/);
});

describe('what stands against it', () => {
  test('somebody has pushed meanwhile: refused in words, and what nobody judged is not merged', async () => {
    const { merge, commitByMaria, tipOf } = await startReady();
    const before = tipOf('main');
    await commitByMaria('signalbox/ET-1', { 'unjudged.txt': 'never seen by a gate' });
    const answer = await merge();
    expect(answer).toMatchObject({ result: 'refused' });
    expect(wordsIn(answer)).toContain('no longer at the commit that was judged');
    expect(tipOf('main')).toBe(before);
  });

  test('a conflict says what the agent has to merge, and that is here', async () => {
    const { merge, commitByMaria, input, around, worktree, local, tipOf } = await startReady({
      'src/code.txt': 'ours\n',
    });
    const theirs = await commitByMaria('main', { 'src/code.txt': 'theirs\n' });
    const before = local();
    expect(await merge()).toEqual({ result: 'moved' });
    const answer = await updateAtForge(input, around);
    expect(answer).toMatchObject({ result: 'conflict' });
    expect(wordsIn(answer)).toContain('Merge signalbox/home/main into it');
    expect(git(worktree, 'rev-parse', 'signalbox/home/main')).toBe(theirs);
    expect(local()).toEqual(before);
    expect(tipOf('main')).toBe(theirs);
  });

  test('what has come to the target is brought into the branch, here and there, and then it is merged', async () => {
    const { merge, commitByMaria, input, around, tipOf, bare } = await startReady();
    const theirs = await commitByMaria('main', { 'theirs.txt': 'theirs\n' });
    const updated = await updateAtForge(input, around);
    if (updated.result !== 'updated') throw new Error(updated.result);
    expect(tipOf(input.branch)).toBe(updated.head);
    expect(git(bare, 'log', '-1', '--format=%P', input.branch)).toBe(`${input.head} ${theirs}`);
    expect(await merge({ ...input, head: updated.head })).toMatchObject({ result: 'merged' });
    expect(git(bare, 'rev-parse', 'main^{tree}')).toBe(git(bare, 'rev-parse', `${updated.head}^{tree}`));
  });

  test('the forge is still working it out: it is waited for, and then merged', async () => {
    const { merge, fake, mergesOnMain } = await startReady();
    fake.holdBackMerges(3);
    expect(await merge()).toMatchObject({ result: 'away' });
    expect(await merge()).toMatchObject({ result: 'merged' });
    expect(mergesOnMain()).toHaveLength(1);
  });

  test('a closed pull request is refused in words', async () => {
    const { merge, ask } = await startReady();
    await ask('maria', 'PATCH', '/pulls/1', { state: 'closed' });
    const answer = await merge();
    expect(answer).toMatchObject({ result: 'refused' });
    expect(wordsIn(answer)).toContain('the pull request was closed');
  });

  test('none at all is refused in words', async () => {
    const { merge, input } = await startReady();
    const answer = await merge({ ...input, forge: { ...input.forge, pullRequest: null } });
    expect(answer).toEqual({ result: 'refused', detail: 'there is no pull request to merge' });
  });

  test('rules of the repository are refused in its words, and merged when they are kept', async () => {
    const { merge, ask } = await startReady();
    await ask('root', 'POST', '/branch_protections', { rule_name: 'main', required_approvals: 1 });
    const answer = await merge();
    expect(answer).toMatchObject({ result: 'refused' });
    expect(wordsIn(answer)).toContain('Does not have enough approvals');
    await ask('maria', 'POST', '/pulls/1/reviews', { event: 'APPROVED' });
    expect(await merge()).toMatchObject({ result: 'merged' });
  });

  test('a forge that is down is waited for; nothing is merged twice', async () => {
    const { merge, fake, mergesOnMain } = await startReady();
    fake.down();
    expect(await merge()).toMatchObject({ result: 'away', retryAt: null });
    fake.up();
    expect(await merge()).toMatchObject({ result: 'merged' });
    expect(mergesOnMain()).toHaveLength(1);
  });

  test('two who ask at once merge it once', async () => {
    const { merge, mergesOnMain } = await startReady();
    const answers = await Promise.all([merge(), merge()]);
    expect(answers[0]).toEqual(answers[1]);
    expect(mergesOnMain()).toHaveLength(1);
  });
});
