/** What a task has changed in its repository, by its log and by git. */
import { type ChangedFile, changedFiles, fileStatuses } from '../actors/changes/files.ts';
import { patchOfFile, wholePatch } from '../actors/changes/patch.ts';
import { type Range, rangeOf } from '../actors/changes/range.ts';
import { gitIn } from '../actors/git.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote, refOf } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { type Commits, commitsAfter, noCommits } from '../machines/task/commits.ts';
import type { TaskContext } from '../machines/task/context.ts';
import type { ActorRow } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';
import { contextOf } from './context.ts';

export { fileStatuses };

export interface ChangesAsked {
  /** Of which file the patch is wanted; all without it. */
  file: string | undefined;
  /** As of this entry of the log. */
  at: number | undefined;
  /** Whether the list alone is enough. */
  isListOnly: boolean;
  /** Of a patch. */
  mostBytes: number;
  signal: AbortSignal;
}

export interface Changes {
  /** Null before anything was prepared. */
  range: Range | null;
  files: ChangedFile[];
  /** Null where only the list is wanted. */
  patch: { text: string; isCut: boolean } | null;
}

/** Throws `beyondLog`, `commitGone`, `noChange` for a file that has not changed, and what git throws. */
export async function changesOf(runtime: Runtime, row: ActorRow, asked: ChangesAsked): Promise<Changes> {
  const { repository, target, forge } = contextOf<TaskContext>(row);
  const { file, isListOnly, mostBytes, signal } = asked;
  const git = gitIn(repository);
  const commits = await commitsIn(runtime, row, asked.at ?? row.version);
  const range = await rangeOf(git, { ...commits, targetRef: refOf(target, forge?.name) });
  const files = range === null ? [] : await changedFiles(git, range, { signal });
  if (file === undefined) {
    const nothing = { text: '', isCut: false };
    const whole = () => (range === null ? nothing : wholePatch(git, range, mostBytes, signal));
    return { range, files, patch: isListOnly ? null : await whole() };
  }
  const one = files.find(({ path }) => path === file);
  if (range === null || one === undefined) throw noChange(row.id, file, files);
  return { range, files, patch: isListOnly ? null : await patchOfFile(git, range, one, mostBytes, signal) };
}

const entriesAtOnce = 500;

/** Where the branch stood as of an entry of the log, and what has become of it since. */
async function commitsIn(runtime: Runtime, { id, version }: ActorRow, at: number) {
  if (at > version) {
    throw new SignalboxError('not_found', 'beyondLog', `The log of ${id} ends at ${version}; there is no ${at} yet.`, {
      remedy: { say: 'give an entry that there is, or none for now', field: 'at' },
    });
  }
  let now: Commits = noCommits;
  let later: Commits = noCommits;
  for (let after = 0; after < version; ) {
    const entries = await runtime.log(id, { after, limit: entriesAtOnce });
    for (const entry of entries) {
      later = commitsAfter(later, entry);
      if (entry.seq <= at) now = later;
    }
    if (entries.length < entriesAtOnce) break;
    after = entries.at(-1)!.seq;
    // Others come in between.
    await new Promise(resolve => setImmediate(resolve));
  }
  return { now, later };
}

/** Names that are compared with one that is not among them, at the most. */
const mostCompared = 5_000;

function noChange(id: string, file: string, files: readonly ChangedFile[]): SignalboxError {
  const known = files.slice(0, mostCompared).map(({ path }) => path);
  const near = nearest(file, known);
  const hint = near.length === 0 ? 'it has changed nothing' : `did you mean ${near.map(quote).join(', ')}?`;
  return new SignalboxError('not_found', 'noChange', `${id} has not changed a file ${quote(file)}; ${hint}`, {
    remedy: { say: 'look which it has changed', operation: 'task.changes', input: { taskId: id, stat: true } },
  });
}
