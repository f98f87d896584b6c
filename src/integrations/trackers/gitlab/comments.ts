/** Notes of GitLab as comments, and what people answer to them with an emoji. */
import type { Account } from '../../forge.ts';
import type { GitlabApi } from '../../forges/gitlab/api.ts';
import { keepNote, noteAt } from '../../forges/gitlab/notes.ts';
import { type Note, note } from '../../forges/gitlab/shapes.ts';
import { instant } from '../../forges/newest.ts';
import { at } from '../../http/path.ts';
import type { Tracker } from '../../tracker.ts';
import { reactionsOf } from '../issues/comments.ts';
import { numberIn } from '../issues/numbers.ts';
import { placeOf } from './place.ts';
import { asComment, asPerson, award } from './shapes.ts';

type Comments = Pick<Tracker, 'comments' | 'comment' | 'reactions' | 'keepComment'>;

export function createComments(api: GitlabApi, account: () => Promise<Account>): Comments {
  return {
    async comments(ref, since) {
      // There is no asking for those since an instant: the ones that changed last are read until there are older ones.
      const isOlder = (found: Note) => instant(found.updated_at ?? found.created_at) < (since ?? 0);
      const notes = await api.list(`${placeOf(ref).path}/notes`, note, {
        query: { sort: 'desc', order_by: 'updated_at', activity_filter: 'only_comments' },
        enough: entries => entries.some(isOlder),
      });
      const each = new Map(notes.map(found => [found.id, found]));
      return [...each.values()]
        .filter(found => !found.system && !isOlder(found))
        .sort((one, other) => instant(one.created_at) - instant(other.created_at) || one.id - other.id)
        .map(asComment);
    },
    async comment(ref, id) {
      const number = numberIn(id);
      const found = number === undefined ? undefined : await noteAt(placeOf(ref), number, api);
      return found && !found.system ? asComment(found) : undefined;
    },
    async reactions(ref, commentId) {
      if (numberIn(commentId) === undefined) return [];
      const path = `${placeOf(ref).path}${at`/notes/${commentId}/award_emoji`}`;
      const given = await api.list(path, award);
      return reactionsOf(
        given.map(({ id, name, user, created_at }) => ({
          id: String(id),
          ...{ by: asPerson(user), word: wordOf(name), at: instant(created_at) || null },
        })),
      );
    },
    async keepComment(ref, { id, ...wanted }) {
      const number = id === undefined ? undefined : numberIn(id);
      const kept = await keepNote(api, account, [placeOf(ref)], { ...wanted, id: number });
      return { id: String(kept.note.id), createdAt: instant(kept.note.created_at) };
    },
  };
}

const words: Readonly<Record<string, string>> = { thumbsup: '+1', thumbsdown: '-1', tada: 'hooray' };

/** Hands have a colour of skin: `thumbsup_tone3`. */
function wordOf(name: string): string {
  const plain = name.replace(/_tone\d$/, '');
  return words[plain] ?? plain;
}
