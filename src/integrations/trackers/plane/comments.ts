/** What people say about an item. */
import type { ItemComment, Tracker } from '../../tracker.ts';
import { htmlLines } from '../../webhooks/html.ts';
import { commandIn, shownIn } from '../../webhooks/text.ts';
import { type CommentAnswer, commentAnswer, isPlaneId } from './answers.ts';
import type { Parts } from './items.ts';

export const withActor = { expand: 'actor' };

/** Writing a comment takes two steps of Plane's, which give it two instants. */
const writingMs = 2_000;

const idOf = (who: string | { id: string } | null | undefined) => (typeof who === 'object' ? who?.id : who);

/**
 * Plane lets every member change the comment of every other through its API, guests too, and marks it as edited only
 * where its own pages did it. What was touched later, or by somebody else, is not what its author wrote.
 */
const isEdited = ({ actor, updated_by: by, edited_at: at, ...comment }: CommentAnswer): boolean =>
  Boolean(at) || comment.updated_at > comment.created_at + writingMs || (Boolean(by) && idOf(by) !== idOf(actor));

export function createComments({ api, people }: Parts): Pick<Tracker, 'comments' | 'comment'> {
  const read = async (project: string, comment: CommentAnswer): Promise<ItemComment> => {
    const lines = htmlLines(comment.comment_html ?? '');
    return {
      id: comment.id,
      by: comment.actor ? await people.named(project, comment.actor) : null,
      createdAt: comment.created_at,
      isEdited: isEdited(comment),
      text: shownIn(lines),
      command: commandIn(lines),
      raw: comment.comment_html ?? '',
    };
  };
  return {
    async comments(ref, since) {
      const found: CommentAnswer[] = [];
      for await (const page of api.pages(`${await api.item(ref)}/comments/`, commentAnswer, { query: withActor })) {
        // Whoever writes by the API says himself when he did; when it was last touched Plane says.
        const wanted = page.filter(comment => Math.max(comment.created_at, comment.updated_at) >= (since ?? 0));
        found.push(...wanted);
        // Newest first; a page of which nothing is wanted has nothing behind it either.
        if (wanted.length === 0) break;
      }
      found.sort((one, other) => one.created_at - other.created_at);
      return Promise.all(found.map(comment => read(ref.project, comment)));
    },
    async comment(ref, id) {
      if (!isPlaneId(id)) return undefined;
      const comment = await api.find(`${await api.item(ref)}/comments/${id}/`, commentAnswer, withActor);
      return comment && read(ref.project, comment);
    },
  };
}
