/** Comments that are kept in Markdown, and reactions to them. */
import type { Forge } from '../../forge.ts';
import { instant } from '../../forges/newest.ts';
import type { ItemComment, Person, Reaction, Tracker } from '../../tracker.ts';
import { markdownLines } from '../../webhooks/markdown.ts';
import { commandIn, shownIn } from '../../webhooks/text.ts';
import { numberIn, numberOf } from './numbers.ts';
import { timeOf } from './times.ts';

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

/** Comments of a forge as its client answers them. */
interface Kept<Answer> {
  all(repository: string, number: number, since?: string): Promise<Answer[]>;
  one(repository: string, number: number, id: number): Promise<Answer | undefined>;
  keep(repository: string, number: number, wanted: Parameters<Forge['keepComment']>[2]): Promise<Answer>;
}

/** What a tracker does with comments, by those of its forge. */
export const createComments = <Answer extends { id: number; created_at?: string | null | undefined }>(
  comments: Kept<Answer>,
  asComment: (answer: Answer) => ItemComment,
): Pick<Tracker, 'comments' | 'comment' | 'keepComment'> => ({
  comments: async (ref, since) => (await comments.all(ref.project, numberOf(ref), timeOf(since))).map(asComment),
  async comment(ref, id) {
    const number = numberIn(id);
    const found = number === undefined ? undefined : await comments.one(ref.project, numberOf(ref), number);
    return found && asComment(found);
  },
  async keepComment(ref, { id, ...wanted }) {
    const number = id === undefined ? undefined : numberIn(id);
    const kept = await comments.keep(ref.project, numberOf(ref), { ...wanted, id: number });
    return { id: String(kept.id), createdAt: instant(kept.created_at) };
  },
});
