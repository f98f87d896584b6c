/** What only Gitea and Forgejo do, held against the fake and the real ones alike. */
import { expect, test } from 'vitest';
import { openOne } from './conformance/support.ts';
import type { GiteaTrackerPlace } from './gitea-place.ts';

export function giteaTrackerBehaviour(place: () => GiteaTrackerPlace): void {
  test('believes nothing about rights where only administrators are told', async () => {
    const { tracker, maria, stranger, people, ask, tokens } = place();
    const project = await people.makeProject();
    // Somebody else goes by her name now.
    expect(await tracker.mayWrite(project, { ...(await maria.account()), id: '999999' })).toBe(false);
    const { login } = await tracker.account();
    await ask(tokens.admin, 'PUT', `/repos/${project}/collaborators/${login}`, { permission: 'write' });
    expect(await tracker.mayWrite(project, await stranger.account())).toBe(false);
    const asked = tracker.mayWrite(project, await maria.account());
    await expect(asked).rejects.toMatchObject({ failure: 'forbidden' });
  });

  test('tells the whole of a long history', async () => {
    const { tracker, people, ask, tokens } = place();
    const { ref } = await openOne(place());
    const path = `/repos/${ref.project}/issues/${ref.id}`;
    for (let index = 0; index < 60; index += 1) {
      await ask(tokens.maria, 'PATCH', path, { state: index % 2 === 0 ? 'closed' : 'open' });
    }
    await people.label(ref, ['bug']);
    const changes = (await tracker.history(ref, null))!;
    expect(changes).toHaveLength(61);
    expect(changes.at(-1)).toMatchObject({ field: 'label', to: 'bug' });
  });

  test('shows and comments on pull requests by the number that they share with issues', async () => {
    const { tracker, people, ask, tokens } = place();
    const project = await people.makeProject();
    const file = { operation: 'create', path: 'new.txt', content: Buffer.from('new\n').toString('base64') };
    await ask(tokens.maria, 'POST', `/repos/${project}/branches`, {
      new_branch_name: 'task/one',
      old_ref_name: 'main',
    });
    const onBranch = { message: 'Add a file', branch: 'task/one', files: [file] };
    await ask(tokens.maria, 'POST', `/repos/${project}/contents`, onBranch);
    const wanted = { head: 'task/one', base: 'main', title: 'Add a file', body: '' };
    const { number } = await ask<{ number: number }>(tokens.maria, 'POST', `/repos/${project}/pulls`, wanted);
    const ref = { project, id: String(number) };
    expect(await tracker.show(ref, { addLabels: ['bug'] })).toEqual({ isChanged: true, unknown: [] });
    const { id } = await tracker.keepComment(ref, { marker: '<!-- one -->', body: 'Working.' });
    expect((await tracker.comment(ref, id))?.text).toContain('Working.');
    expect(await tracker.history(ref, null)).toEqual(
      expect.arrayContaining([expect.objectContaining({ field: 'label', to: 'bug' })]),
    );
    const changed = [];
    for await (const item of tracker.changed(project, null)) changed.push(item.id);
    expect(changed).toEqual([]);
    await ask(tokens.maria, 'PATCH', `/repos/${project}/pulls/${number}`, { state: 'closed' });
    expect((await tracker.item(ref))?.state).toMatchObject({ name: 'closed', group: 'cancelled' });
  });
}
