/** What only Gitea and Forgejo do, held against the fake and the real ones alike. */
import { expect, test } from 'vitest';
import { openOne } from './conformance/support.ts';
import { pushFiles } from './git.ts';
import type { GiteaPlace } from './gitea-place.ts';

const words = { title: 'Merge the file', message: '' };

export function giteaBehaviour(place: () => GiteaPlace): void {
  /** The path of a pull request in the API, and the reviewer's way to it. */
  const reviewing = async () => {
    const opened = await openOne(place(), { files: { 'new.txt': 'one\ntwo\nthree\n' } });
    const path = `/repos/${opened.repository}/pulls/${opened.pull.number}`;
    const say = <T>(method: string, rest: string, body?: unknown) =>
      place().ask<T>(place().tokens.reviewer, method, `${path}${rest}`, body);
    return { ...opened, say };
  };

  test('leaves out a review that was only asked for', async () => {
    const { forge, reviewer, ask, tokens } = place();
    const { repository, pull } = await openOne(place());
    const { login } = await reviewer.account();
    const path = `/repos/${repository}/pulls/${pull.number}/requested_reviewers`;
    await ask(tokens.admin, 'POST', path, { reviewers: [login] });
    expect((await forge.reviews(repository, pull.number)).reviews).toEqual([]);
  });

  test('marks a review as stale when somebody has dismissed it', async () => {
    const { forge, ask, tokens } = place();
    const { repository, pull, say } = await reviewing();
    const { id } = await say<{ id: number }>('POST', '/reviews', { event: 'REQUEST_CHANGES', body: 'No.' });
    const path = `/repos/${repository}/pulls/${pull.number}/reviews/${id}/dismissals`;
    await ask(tokens.admin, 'POST', path, { message: 'Not so.' });
    const { reviews } = await forge.reviews(repository, pull.number);
    expect(reviews).toMatchObject([{ verdict: 'changesRequested', isStale: true }]);
  });

  test('counts the threads that nobody has resolved', async () => {
    const { forge } = place();
    const { repository, pull, say } = await reviewing();
    const comments = [1, 3].map(line => ({ path: 'new.txt', body: `At ${line}`, new_position: line }));
    await say('POST', '/reviews', { event: 'COMMENT', body: 'Two things.', comments });
    expect((await forge.reviews(repository, pull.number)).unresolved).toBe(2);
  });

  test('says that its account may not merge', async () => {
    const { forge, ask, tokens } = place();
    const { repository, sha, pull } = await openOne(place());
    const { login } = await forge.account();
    await ask(tokens.admin, 'PUT', `/repos/${repository}/collaborators/${login}`, { permission: 'read' });
    const answer = await forge.merge(repository, pull.number, { sha, ...words });
    expect(answer).toMatchObject({ result: 'refused', detail: expect.stringContaining('not allowed') });
    expect((await forge.repository(repository)).mayPush).toBe(false);
  });

  test('says that webhooks are for others', async () => {
    const { forge, ask, tokens, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    const { login } = await forge.account();
    await ask(tokens.admin, 'PUT', `/repos/${repository}/collaborators/${login}`, { permission: 'write' });
    const wanted = { url: 'http://127.0.0.1:9/hook', secret: 'secret' };
    await expect(forge.keepHook(repository, wanted)).rejects.toMatchObject({ failure: 'forbidden' });
  });

  test('says that a protected branch wants an approval', async () => {
    const { forge, people, ask, tokens } = place();
    const { repository, sha, pull } = await openOne(place());
    const rule = { branch_name: 'main', rule_name: 'main', enable_push: true, required_approvals: 1 };
    await ask(tokens.admin, 'POST', `/repos/${repository}/branch_protections`, rule);
    const answer = await forge.merge(repository, pull.number, { sha, ...words });
    expect(answer).toMatchObject({ result: 'refused', detail: expect.stringMatching(/approval/) });
    await people.review(repository, pull.number, { verdict: 'approve', body: 'Good.' });
    expect((await forge.merge(repository, pull.number, { sha, ...words })).result).toBe('merged');
  });

  test('keeps the branch of a pull request whose branch is gone', async () => {
    const { forge, ask, tokens } = place();
    const { repository, sha, pull } = await openOne(place());
    expect((await forge.merge(repository, pull.number, { sha, ...words })).result).toBe('merged');
    await ask(tokens.admin, 'DELETE', `/repos/${repository}/branches/task%2Fone`);
    const gone = await forge.pullRequest(repository, pull.number);
    expect(gone).toMatchObject({ state: 'merged', head: { branch: 'task/one', sha } });
  });

  test('keeps the other settings of a webhook that it brings up to date', async () => {
    const { forge, ask, tokens, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    const url = 'http://127.0.0.1:9/hook';
    const body = {
      ...{ type: 'gitea', config: { url, content_type: 'json', secret: 'secret' }, events: ['push'], active: true },
      authorization_header: 'Bearer for-the-proxy',
    };
    const made = await ask<{ id: number }>(tokens.admin, 'POST', `/repos/${repository}/hooks`, body);
    expect(await forge.keepHook(repository, { url, secret: 'secret' })).toMatchObject({ id: made.id, was: 'changed' });
    const path = `/repos/${repository}/hooks/${made.id}`;
    const kept = await ask<{ authorization_header: string }>(tokens.admin, 'GET', path);
    expect(kept.authorization_header).toBe('Bearer for-the-proxy');
  });

  test('keeps one of two webhooks with the same address', async () => {
    const { forge, ask, tokens, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    const url = 'http://127.0.0.1:9/hook';
    const config = { url, content_type: 'json', secret: 'secret' };
    const make = () =>
      ask<{ id: number }>(tokens.admin, 'POST', `/repos/${repository}/hooks`, { type: 'gitea', config, active: true });
    await make();
    const second = await make();
    await forge.keepHook(repository, { url, secret: 'secret' });
    expect(await people.hooks(repository)).toEqual([{ id: second.id, url }]);
  });

  test('finds its pull request among more than one page', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    const main = (await forge.branch(repository, 'main'))!.sha;
    expect(main).not.toBe('');
    await pushFiles(forge, repository, { branch: 'task/0', files: { 'a.txt': 'a\n' } });
    const wanted = { head: 'task/0', base: 'main', title: 'The first', body: '' };
    const first = await forge.openPullRequest(repository, wanted);
    for (let number = 1; number <= 51; number += 1) await openFrom(place(), repository, `task/${number}`);
    expect(await forge.findPullRequest(repository, wanted)).toMatchObject({ number: first.number });
    // A real one takes its time over so many.
  }, 180_000);
}

/** A pull request from a new branch that is made on the server. */
async function openFrom({ ask, tokens }: GiteaPlace, repository: string, branch: string): Promise<void> {
  const path = `/repos/${repository}`;
  await ask(tokens.admin, 'POST', `${path}/branches`, { new_branch_name: branch, old_ref_name: 'task/0' });
  await ask(tokens.admin, 'POST', `${path}/pulls`, { head: branch, base: 'main', title: branch, body: '' });
}
