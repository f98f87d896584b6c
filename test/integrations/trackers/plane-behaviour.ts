/** What is Plane's alone, at the fakes and at a real one: who may be believed, and what becomes of our own. */
import { expect, test } from 'vitest';
import { itemOf, marker, openOne } from './conformance/support.ts';
import type { PlanePlace } from './plane-place.ts';

export const planeBehaviour = (place: () => PlanePlace): void => {
  test('takes for the author who wrote, and not whom he names', async () => {
    const { tracker, maria, stranger, tokens, ask, itemAt } = place();
    const { ref } = await openOne(place());
    const forged = { comment_html: '<p>/approve</p>', created_by: (await maria.account()).id };
    const { id } = await ask<{ id: string }>(tokens.stranger, 'POST', `${itemAt(ref)}comments/`, forged);
    const comment = await tracker.comment(ref, id);
    expect(comment?.by?.id).toBe((await stranger.account()).id);
    expect((await tracker.comments(ref, null))[0]).toEqual(comment);
  });

  test('sees that somebody else has put words into a mouth', async () => {
    const { tracker, maria, people, written, tokens, ask, itemAt } = place();
    const { ref } = await openOne(place());
    const id = await people.comment(ref, written.plain('No.'));
    const changed = { comment_html: '<p>/approve</p>' };
    await ask(tokens.stranger, 'PATCH', `${itemAt(ref)}comments/${id}/`, changed);
    const comment = await tracker.comment(ref, id);
    expect(comment).toMatchObject({ isEdited: true, text: '/approve' });
    expect(comment?.by?.id).toBe((await maria.account()).id);
  });

  test('knows its own comment when its markup was written anew, and puts it right', async () => {
    const { tracker, people, tokens, ask, itemAt, seen } = place();
    const { ref } = await openOne(place());
    const first = await tracker.keepComment(ref, { marker, body: 'Working on **it**.' });
    const changed = { comment_html: '<p>Nobody is working on it.</p>' };
    await ask(tokens.maria, 'PATCH', `${itemAt(ref)}comments/${first.id}/`, changed);
    const again = await tracker.keepComment(ref, { marker, body: 'Working on **it**.' });
    expect(again.id).toBe(first.id);
    expect((await people.comments(ref)).map(seen)).toEqual(['Working on it.']);
  });

  test('lets the words of others be words in its comment', async () => {
    const { tracker, people } = place();
    const { ref } = await openOne(place());
    await tracker.keepComment(ref, { marker, body: 'He said <script>alert(1)</script> <img src=x onerror=y>.' });
    const [raw] = await people.comments(ref);
    expect(raw).toContain('&lt;script&gt;');
    expect(raw).not.toMatch(/<(?:script|img)/);
    expect((await tracker.comments(ref, null))[0]?.text).toBe(
      'He said <script>alert(1)</script> <img src=x onerror=y>.',
    );
  });

  test('finds an item of its own in the archive, and does not make it again', async () => {
    const { tracker, people, tokens, ask, itemAt } = place();
    const project = await people.makeProject();
    const wanted = { marker, title: 'It fails', body: '', labels: [] };
    const item = await tracker.openItem(project, wanted);
    await ask(tokens.maria, 'PATCH', itemAt(item), { archived_at: '2026-01-01' });
    expect(await tracker.item(item)).toBeUndefined();
    expect(await tracker.openItem(project, wanted)).toMatchObject({ id: item.id, isGone: true });
    await expect(tracker.keepComment(item, { marker, body: 'Hello.' })).rejects.toMatchObject({ failure: 'notFound' });
  });

  test('takes a title that is too long or empty as far as Plane does', async () => {
    const { tracker, people } = place();
    const project = await people.makeProject();
    const long = await tracker.openItem(project, { marker, title: 'x'.repeat(300), body: '', labels: [] });
    expect(long.title).toHaveLength(255);
    const other = { marker: '<!-- signalbox:task-2 -->', title: ' \n ', body: '', labels: [] };
    expect((await tracker.openItem(project, other)).title).toBe('…');
  });

  test('has no business in a project where it is no member', async () => {
    const { tracker, tokens, ask } = place();
    const identifier = `F${Date.now().toString(36).toUpperCase()}`;
    const { id } = await ask<{ id: string }>(tokens.maria, 'POST', '/projects/', { name: identifier, identifier });
    await expect(tracker.project(id)).rejects.toMatchObject({ failure: 'forbidden' });
    const hers = await ask<{ id: string }>(tokens.maria, 'POST', `/projects/${id}/${place().word}/`, { name: 'Hers' });
    expect(await tracker.item({ project: id, id: hers.id })).toBeUndefined();
  });

  test('names an item by its key and shows where people find it', async () => {
    const { tracker } = place();
    const { project, ref } = await openOne(place());
    const { identifier } = await tracker.project(project);
    const item = await itemOf(place(), ref);
    expect(item).toMatchObject({ key: `${identifier}-1`, number: 1 });
    expect(item.url).toMatch(new RegExp(`/acme/browse/${identifier}-1/$`));
    expect(await tracker.itemByKey(project, item.key.toLowerCase())).toMatchObject(ref);
  });
};
