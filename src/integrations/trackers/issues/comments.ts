/** Comments that are kept in Markdown, and reactions to them. */
import type { ItemComment, Person, Reaction } from '../../tracker.ts';
import { markdownLines } from '../../webhooks/markdown.ts';
import { commandIn, shownIn } from '../../webhooks/text.ts';

/** Two stamps of one moment may be this far apart. */
const sameMomentMs = 1_000;

/** A comment by what its forge keeps of it. */
export function commentOf(kept: {
  id: number;
  by: Person | null;
  createdAt: number;
  updatedAt: number;
  raw: string;
}): ItemComment {
  const { id, by, createdAt, updatedAt, raw } = kept;
  const lines = markdownLines(raw);
  const isEdited = updatedAt - createdAt > sameMomentMs;
  return { id: String(id), by, createdAt, isEdited, text: shownIn(lines), command: commandIn(lines), raw };
}

/** The words of GitHub and Gitea for reactions; those of GitLab are put into them. */
const verbs: Readonly<Record<string, Reaction['verb']>> = {
  '+1': 'approve',
  heart: 'approve',
  rocket: 'approve',
  hooray: 'approve',
  '-1': 'reject',
};

/** Reactions that say yes or no; of accounts that are gone there are none. */
export function reactionsOf(
  given: readonly { id: string; by: Person | null; word: string; at: number | null }[],
): Reaction[] {
  return given.flatMap(({ id, by, word, at }) => {
    const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined;
    return verb && by ? [{ id, by, verb, at }] : [];
  });
}
