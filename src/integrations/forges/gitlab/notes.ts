/** Comments on GitLab, where they are called notes. */
import type { z } from 'zod';
import type { Account, Forge, ForgeComment } from '../../forge.ts';
import { at } from '../../http/path.ts';
import { sameText, withMarker } from '../marker.ts';
import type { GitlabApi } from './api.ts';
import { type Place, placesOf } from './place.ts';
import { note } from './shapes.ts';

interface Found {
  place: Place;
  note: z.infer<typeof note>;
}

export function gitlabNotes(api: GitlabApi, account: () => Promise<Account>): Pick<Forge, 'keepComment'> {
  /** A note by its id, if it is still there and ours. */
  async function byId(places: readonly Place[], id: number): Promise<Found | undefined> {
    for (const place of places) {
      const found = await api.find(`${place.path}${at`/notes/${id}`}`, note);
      if (found && found.author?.id === (await account()).id) return { place, note: found };
    }
    return undefined;
  }

  async function byMarker(places: readonly Place[], marker: string): Promise<Found | undefined> {
    const { id } = await account();
    const isOurs = ({ author, system, body }: z.infer<typeof note>) =>
      !system && author?.id === id && body?.includes(marker);
    for (const place of places) {
      const query = { sort: 'asc', order_by: 'created_at', activity_filter: 'only_comments' };
      const notes = await api.list(`${place.path}/notes`, note, { query, enough: entries => entries.some(isOurs) });
      const found = notes.find(isOurs);
      if (found) return { place, note: found };
    }
    return undefined;
  }

  return {
    async keepComment(repository, number, { marker, body, id }) {
      const wanted = withMarker(body, marker);
      const places = await placesOf(api, repository, number, account);
      const known = id === undefined ? undefined : await byId(places, id);
      const there = known ?? (await byMarker(places, marker));
      if (there && sameText(there.note.body ?? '', wanted)) return asComment(there);
      const place = there?.place ?? places[0];
      const kept = there
        ? await api.write('PUT', `${place.path}${at`/notes/${there.note.id}`}`, { body: wanted }, note)
        : await api.write('POST', `${place.path}/notes`, { body: wanted }, note);
      return asComment({ place, note: kept });
    },
  };
}

const asComment = ({ place, note: { id, body } }: Found): ForgeComment => ({
  id,
  url: `${place.url}#note_${id}`,
  body: body ?? '',
});
