/**
 * The commit on which the branch of a fork begins: what another task had published, and a copy of that one's documents under the
 * fork's own name. A copy, because the documents themselves are the other one's: moved or written on, they would be in its way when
 * both land.
 *
 * It is computed beside every checkout and made of nothing but that, with a fixed date: doing it again gives the same commit.
 */
import { SignalboxError } from '../domain/errors.ts';
import { documentsOf, type ForkedFrom } from '../machines/task/context.ts';
import { type Git, listed } from './git.ts';
import { resolveCommit } from './refs.ts';

export interface ForkInput {
  taskId: string;
  workItem: string;
  /** On which the other task's branch began. */
  base: string;
  forkedFrom: ForkedFrom;
}

/** Answers the commit. Throws `commitGone`. */
export async function firstCommitOfFork(git: Git, input: ForkInput): Promise<string> {
  const { base, workItem, forkedFrom } = input;
  const { commit } = forkedFrom;
  await requireCommit(git, forkedFrom);
  const whole = await git(['rev-parse', `${commit}^{tree}`]);
  const documents = await folderAt(git, commit, documentsOf(forkedFrom.workItem));
  const tree =
    documents === undefined ? whole : await withFolder(git, whole, documentsOf(workItem).split('/'), documents);
  // What belongs to everybody who began there needs no commit of its own to be told from the other task's.
  if (commit === base && tree === whole) return commit;
  const date = await git(['log', '-1', '--format=%cd', '--date=raw', commit]);
  const env = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  return git(['commit-tree', tree, '-p', commit, '-F', '-'], { env, input: messageOf(input) });
}

/** Throws `commitGone` where a fork could not begin. */
export async function requireCommit(git: Git, { taskId, seq, commit }: ForkedFrom): Promise<void> {
  if ((await resolveCommit(git, commit)) !== undefined) return;
  const why = `${git.directory} does not have the commit ${commit.slice(0, 9)} any more, which ${taskId} stood at after ${seq} of its log.`;
  throw new SignalboxError('not_found', 'commitGone', why, { remedy: { say: 'name another entry', field: 'at' } });
}

function messageOf({ taskId, workItem, forkedFrom }: ForkInput): string {
  const { taskId: other, seq } = forkedFrom;
  return `${workItem}: begin as ${other} was\n\nSignalbox-Task: ${taskId}\nSignalbox-Fork: ${other}:${seq}\n`;
}

/** The tree of a folder; undefined where there is none. */
async function folderAt(git: Git, commit: string, path: string): Promise<string | undefined> {
  const [entry = ''] = await listed(git, ['ls-tree', '-z', '--full-tree', commit, '--', path]);
  return /^040000 tree (\w+)\t/.exec(entry)?.[1];
}

/** The tree with a folder at a path, of which all but the last part is there; what has its name goes. */
async function withFolder(git: Git, tree: string, [name = '', ...below]: string[], folder: string): Promise<string> {
  // Names are bytes: what is no text has to come out as it went in.
  const entries = await listed(git, ['ls-tree', '-z', '--full-tree', tree], { isBinary: true });
  const isThere = (entry: string) => entry.slice(entry.indexOf('\t') + 1) === name;
  const inner = () => /^040000 tree (\w+)\t/.exec(entries.find(isThere)!)![1]!;
  const object = below.length === 0 ? folder : await withFolder(git, inner(), below, folder);
  const lines = [...entries.filter(entry => !isThere(entry)), `040000 tree ${object}\t${name}`];
  const input = Buffer.from(lines.map(line => `${line}\0`).join(''), 'latin1');
  // Of a partial clone not every object is here.
  return git(['mktree', '-z', '--missing'], { input });
}
