/** The files that differ between two commits. */
import { SignalboxError } from '../../domain/errors.ts';
import type { Git, GitOptions, GitResult } from '../git.ts';
import { shownName } from './path-names.ts';
import type { Range } from './range.ts';

export const fileStatuses = ['added', 'modified', 'deleted', 'renamed'] as const;

export interface ChangedFile {
  /** As text: see `shownName`. */
  path: string;
  /** What it was renamed from; null for the same name. */
  before: string | null;
  status: (typeof fileStatuses)[number];
  /** Lines; 0 for what is binary. */
  additions: number;
  deletions: number;
  isBinary: boolean;
  /** The same names as git has them: a character for each byte. */
  raw: { path: string; before: string | null };
}

/**
 * Compares as plumbing does, which heeds nobody's taste (git-diff-tree), and says what is left of that: no program of the
 * configuration or of attributes is run, and nothing is coloured or quoted without need.
 */
export async function compare(
  git: Git,
  { base, head }: Range,
  what: readonly string[],
  { paths = [], ...options }: GitOptions & { paths?: readonly string[] } = {},
): Promise<GitResult> {
  const settings = ['-c', 'core.quotePath=false', '-c', 'diff.suppressBlankEmpty=false'];
  const plainly = ['--no-ext-diff', '--no-textconv', '--no-color', '--find-renames', '--submodule=short'];
  const args = [...settings, 'diff-tree', '-r', ...plainly, ...what, base, head, '--', ...paths];
  const result = await git.result(args, { ...options, isBinary: true });
  if (result.code === 0) return result;
  throw new SignalboxError('unavailable', 'gitFailed', `git diff-tree failed: ${result.stderr.trim()}`);
}

/** In the order of their names. Throws what git throws. */
export async function changedFiles(git: Git, range: Range, options: GitOptions = {}): Promise<ChangedFile[]> {
  const { stdout } = await compare(git, range, ['-z', '--raw', '--numstat'], options);
  const fields = stdout.split('\0').values();
  const next = () => fields.next().value ?? '';
  const files: Pick<ChangedFile, 'status' | 'raw'>[] = [];
  const counts = new Map<string, [added: string, deleted: string]>();
  for (const field of fields) {
    if (field.startsWith(':')) {
      const letter = field.slice(field.lastIndexOf(' ') + 1)[0]!;
      const first = next();
      const raw = letter === 'R' ? { before: first, path: next() } : { before: null, path: first };
      files.push({ status: statusFor(letter), raw });
    } else if (field !== '') {
      const [added = '', deleted = '', ...name] = field.split('\t');
      // Where the name has changed, both come in fields of their own: the old one, and the new one.
      const isRenamed = name.join('') === '';
      if (isRenamed) next();
      counts.set(isRenamed ? next() : name.join('\t'), [added, deleted]);
    }
  }
  return files.map(({ status, raw }) => {
    const [added = '-', deleted = '-'] = counts.get(raw.path) ?? [];
    return {
      path: shownName(raw.path),
      before: raw.before === null ? null : shownName(raw.before),
      status,
      ...{ additions: Number(added) || 0, deletions: Number(deleted) || 0, isBinary: added === '-' },
      raw,
    };
  });
}

function statusFor(letter: string): ChangedFile['status'] {
  if (letter === 'A') return 'added';
  if (letter === 'D') return 'deleted';
  // One that became a link, or a link that became a file, is still the same name.
  return letter === 'R' ? 'renamed' : 'modified';
}
