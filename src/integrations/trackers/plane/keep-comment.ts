/** The one comment that we keep on an item. */
import { OutsideError } from '../../outside.ts';
import type { ItemComment, ItemRef, Tracker } from '../../tracker.ts';
import { idAnswer, madeAnswer } from './answers.ts';
import { externals } from './external.ts';
import { htmlOf } from './html.ts';
import type { Parts } from './items.ts';
import { noItem } from './people.ts';
import { readsAlike } from './text.ts';

export function createKeepComment(
  { api, people }: Parts,
  name: string,
  { item, comment }: Pick<Tracker, 'item' | 'comment'>,
): Pick<Tracker, 'keepComment'> {
  const ours = async (ref: ItemRef, id: string): Promise<ItemComment | undefined> => {
    const found = await comment(ref, id);
    return found?.by?.id === (await people.account()).id ? found : undefined;
  };
  const settle = async (ref: ItemRef, { id, createdAt, raw }: ItemComment, html: string) => {
    if (!readsAlike(raw, html)) {
      const wanted = { comment_html: html };
      await api.http.write('PATCH', `${await api.item(ref)}/comments/${id}/`, wanted, idAnswer);
    }
    return { id, createdAt };
  };

  return {
    async keepComment(ref, { marker, body, id }) {
      const html = htmlOf(body, marker);
      const known = id === undefined ? undefined : await ours(ref, id);
      if (known) return settle(ref, known, html);
      // It would take a comment on an item that is deleted, where nobody sees it.
      if (!(await item(ref))) throw noItem(name, ref.id);
      const path = `${await api.item(ref)}/comments/`;
      for (const external of externals(await people.account(), marker, ref.id)) {
        const wanted = { comment_html: html, ...external };
        const answer = await api.http.ask('POST', path, { body: wanted, expect: [409] });
        if (answer.status !== 409) {
          const made = api.http.read(answer, madeAnswer, `POST ${path}`);
          return { id: made.id, createdAt: made.created_at };
        }
        const there = await ours(ref, api.http.read(answer, idAnswer, `POST ${path}`).id);
        if (there) return settle(ref, there, html);
      }
      throw new OutsideError('conflict', `${name} has comments of others in the place of ours on item ${ref.id}.`);
    },
  };
}
