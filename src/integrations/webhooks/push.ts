/** Pushes, and branches and tags that come and go: the same with every forge, once its words are put aside. */
import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Checked } from '../webhook.ts';
import { isZero, name, storable } from './fields.ts';
import { ignored, reading, unfit } from './reading.ts';

/** What a delivery says beside its branch. */
type Said = { [key: string]: Json | undefined };

const files = z.array(z.string()).nullish();

/** A commit in the list of a push. */
export const pushedCommit = z.object({ added: files, removed: files });
export type PushedCommit = z.output<typeof pushedCommit>;

export interface Push {
  ref: string;
  before: string;
  after: string;
  /** From the oldest to the newest. */
  commits: readonly PushedCommit[];
  /** Whether no commit is missing in the list. */
  isWhole: boolean;
}

const mostFiles = 300;
const longestPath = 1_000;

/** What a push says. */
export function pushReading(push: Push, said: Said): Checked<Reading> {
  const { ref, before, after } = push;
  const [, kind, written] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
  if (kind === undefined) return ignored();
  const named = name.safeParse(written);
  if (!named.success) return unfit(['ref']);
  if (kind === 'tags') return tagReading(named.data, isZero(after) ? 'tag_deleted' : 'tag_created', after, said);
  // Nothing has moved: somebody tries whether we answer.
  if (before === after) return reading('push_test', { ...said, branch: named.data, sha: after });
  if (isZero(after)) return reading('branch_deleted', { ...said, branch: named.data });
  return reading('push', { ...said, branch: named.data, sha: after, before, ...addedBy(push) });
}

/** A branch or tag that was made or removed, by an event that is not a push. The reference may be short or whole. */
export function refReading(
  change: { ref: string; type: 'branch' | 'tag'; isNew: boolean; sha?: string | null | undefined },
  said: Said,
): Checked<Reading> {
  const short = change.ref.replace(change.type === 'branch' ? /^refs\/heads\// : /^refs\/tags\//, '');
  const named = name.safeParse(short);
  if (!named.success) return unfit(['ref']);
  if (change.type === 'tag')
    return tagReading(named.data, change.isNew ? 'tag_created' : 'tag_deleted', change.sha ?? null, said);
  const sha = change.isNew ? (change.sha ?? null) : null;
  return reading(change.isNew ? 'branch_created' : 'branch_deleted', { ...said, branch: named.data, sha });
}

const tagReading = (tag: string, kind: 'tag_created' | 'tag_deleted', sha: string | null, said: Said) =>
  reading(kind, { ...said, tag, sha: kind === 'tag_created' ? sha : null });

/**
 * The files that a push brings. With a new branch come commits that its base has had before: they are no news, and what is
 * news among them only the forge can tell.
 */
function addedBy({ before, commits, isWhole }: Push) {
  if (isZero(before)) return { files_added: [], commits_complete: false };
  const added = new Set<string>();
  for (const commit of commits) {
    for (const path of commit.added ?? []) added.add(path);
    for (const path of commit.removed ?? []) added.delete(path);
  }
  const sorted = [...added].filter(path => path.length <= longestPath).sort();
  return {
    files_added: sorted.slice(0, mostFiles).map(path => storable(path)),
    commits_complete: isWhole && sorted.length === added.size && sorted.length <= mostFiles,
  };
}
