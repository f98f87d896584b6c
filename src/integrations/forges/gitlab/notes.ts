/** Comments on GitLab, where they are called notes, and the one of them that we keep. */
import type { Account, Forge, ForgeComment } from '../../forge.ts';
import { at } from '../../http/path.ts';
import { sameText, withMarker } from '../marker.ts';
import type { GitlabApi } from './api.ts';
import { type Place, placesOf } from './place.ts';
import { type Note, note } from './shapes.ts';

type Wanted = Parameters<Forge['keepComment']>[2];

/** A note, and under which of several places it stands. */
interface Found<P> {
  place: P;
  note: Note;
}

/** Where something is in the API. */
type Located = Pick<Place, 'path'>;

/** A note by its id, of anybody. */
export const noteAt = ({ path }: Located, id: number, api: GitlabApi): Promise<Note | undefined> =>
  api.find(`${path}${at`/notes/${id}`}`, note);

/** Keeps one note as it should be, as `Forge.keepComment`; a new one is made under the first of the places. */
export async function keepNote<P extends Located>(
  api: GitlabApi,
  account: () => Promise<Account>,
  places: readonly [P, ...P[]],
  { marker, body, id }: Wanted,
): Promise<Found<P>> {
  const wanted = withMarker(body, marker);
  const us = await account();
  const byId = id === undefined ? undefined : await ourNote(api, places, { id, us });
  const there = byId ?? (await markedNote(api, places, { marker, us }));
  if (there && sameText(there.note.body ?? '', wanted)) return there;
  const place = there?.place ?? places[0];
  const kept = there
    ? await api.write('PUT', `${place.path}${at`/notes/${there.note.id}`}`, { body: wanted }, note)
    : await api.write('POST', `${place.path}/notes`, { body: wanted }, note);
  return { place, note: kept };
}

/** A note by its id, if it is still there and ours. */
async function ourNote<P extends Located>(
  api: GitlabApi,
  places: readonly P[],
  { id, us }: { id: number; us: Account },
): Promise<Found<P> | undefined> {
  for (const place of places) {
    const found = await noteAt(place, id, api);
    if (found?.author?.id === us.id) return { place, note: found };
  }
  return undefined;
}

async function markedNote<P extends Located>(
  api: GitlabApi,
  places: readonly P[],
  { marker, us }: { marker: string; us: Account },
): Promise<Found<P> | undefined> {
  const isOurs = ({ author, system, body }: Note) => !system && author?.id === us.id && body?.includes(marker);
  for (const place of places) {
    const query = { sort: 'asc', order_by: 'created_at', activity_filter: 'only_comments' };
    const notes = await api.list(`${place.path}/notes`, note, { query, enough: entries => entries.some(isOurs) });
    const found = notes.find(isOurs);
    if (found) return { place, note: found };
  }
  return undefined;
}

export function gitlabNotes(api: GitlabApi, account: () => Promise<Account>): Pick<Forge, 'keepComment'> {
  return {
    async keepComment(repository, number, wanted) {
      const places = await placesOf(api, repository, number, account);
      return asComment(await keepNote(api, account, places, wanted));
    },
  };
}

const asComment = ({ place, note: { id, body } }: Found<Place>): ForgeComment => ({
  id,
  url: `${place.url}#note_${id}`,
  body: body ?? '',
});
