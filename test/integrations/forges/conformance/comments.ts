/** The one comment that we keep. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { marker, openOne } from './support.ts';

export const commentBehaviour: Behaviour = place => {
  test('keeps one comment, by its marker and by its id', async () => {
    const { forge, people } = place();
    const { repository, pull } = await openOne(place());
    const first = await forge.keepComment(repository, pull.number, { marker, body: 'Working.' });
    const second = await forge.keepComment(repository, pull.number, { marker, body: 'Still working.' });
    const third = await forge.keepComment(repository, pull.number, { marker, body: 'Done.', id: first.id });
    expect([second.id, third.id]).toEqual([first.id, first.id]);
    expect(third.body).toContain('Done.');
    expect(third.body).toContain(marker);
    expect(third.url).toMatch(/^https?:/);
    const comments = await people.comments(repository, pull.number);
    expect(comments.filter(body => body.includes(marker))).toHaveLength(1);
  });

  test('writes it anew when somebody has deleted it', async () => {
    const { forge, people } = place();
    const { repository, pull } = await openOne(place());
    const first = await forge.keepComment(repository, pull.number, { marker, body: 'Working.' });
    await people.deleteComment(repository, first.id);
    const second = await forge.keepComment(repository, pull.number, { marker, body: 'Working.', id: first.id });
    expect(second.id).not.toBe(first.id);
    expect(await people.comments(repository, pull.number)).toHaveLength(1);
  });

  test('leaves the comment of somebody else alone, whatever it holds', async () => {
    const { forge, reviewer, people } = place();
    const { repository, pull } = await openOne(place());
    const theirs = await reviewer.keepComment(repository, pull.number, { marker, body: 'Mine.' });
    const ours = await forge.keepComment(repository, pull.number, { marker, body: 'Ours.', id: theirs.id });
    expect(ours.id).not.toBe(theirs.id);
    expect((await people.comments(repository, pull.number)).join('\n')).toContain('Mine.');
  });

  test('finds its comment behind many others', async () => {
    const { forge, people } = place();
    const { repository, pull } = await openOne(place());
    const first = await forge.keepComment(repository, pull.number, { marker, body: 'Working.' });
    for (let number = 0; number < 55; number += 1) await people.comment(repository, pull.number, `Comment ${number}`);
    const again = await forge.keepComment(repository, pull.number, { marker, body: 'Done.' });
    expect(again.id).toBe(first.id);
  });

  test('says that there is nothing to comment on', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    const wanted = { marker, body: 'Working.' };
    await expect(forge.keepComment(repository, 999, wanted)).rejects.toMatchObject({ failure: 'notFound' });
  });
};
