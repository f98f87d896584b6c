/** Looks at a repository before anybody works in it: is it one, does it have the branch, is its checkout clean. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { gitIn, resolveCommit } from '../actors/git.ts';
import { checkoutOf } from '../actors/merge.ts';
import { SignalboxError } from '../domain/errors.ts';
import { checkBranch, quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';

/** What the fields are called by which somebody has named a repository and a branch of it. */
export interface RepositoryFields {
  repository: string;
  target: string;
}

/**
 * Checks a local repository and its target branch. Answers the repository's real root and the branch. Throws
 * `badRepository`, `noCommit`, `noBranch` or `dirtyTarget`, each with the remedy.
 */
export async function checkRepository(
  path: string,
  target?: string,
  fields: RepositoryFields = { repository: 'repository', target: 'target' },
): Promise<{ repository: string; target: string }> {
  const repository = await rootOf(path, fields.repository);
  const git = gitIn(repository);
  const branches = (await git(['for-each-ref', '--format=%(refname:short)', 'refs/heads'])).split('\n').filter(Boolean);
  if (branches.length === 0) {
    const why = `${repository} has no commit yet; make a first one, for Signalbox to branch from.`;
    throw new SignalboxError('invalid', 'noCommit', why);
  }
  const current = await git(['symbolic-ref', '--short', '-q', 'HEAD'], { allow: [1] });
  if (target === undefined && current === '') {
    throw new SignalboxError('invalid', 'noBranch', `${repository} is on no branch.`, {
      remedy: { say: 'name the one to merge into', field: fields.target },
    });
  }
  const branch = checkBranch(target ?? current, 'The target branch');
  if ((await resolveCommit(git, `refs/heads/${branch}`)) === undefined) {
    const likely = nearest(branch, branches).join(', ');
    const why = `${repository} has no branch ${quote(branch)}; the nearest are ${likely}.`;
    throw new SignalboxError('invalid', 'noBranch', why, { remedy: { say: 'give one', field: fields.target } });
  }
  await refuseChanges(git, branch);
  return { repository, target: branch };
}

async function rootOf(path: string, field: string): Promise<string> {
  if (!isDirectory(path)) {
    throw new SignalboxError('invalid', 'badRepository', `${quote(path)} is no directory.`, {
      remedy: { say: 'give the path of a git repository', field },
    });
  }
  const { code, stdout } = await gitIn(path).result(['rev-parse', '--show-toplevel']);
  if (code === 0) return realpathSync(stdout.trim());
  throw new SignalboxError('invalid', 'badRepository', `${path} is not a git repository with a work tree.`, {
    remedy: { say: 'make it one with "git init", or give another path', field },
  });
}

/** Somebody at work in the target's checkout would lose what is not committed. */
async function refuseChanges(git: ReturnType<typeof gitIn>, branch: string): Promise<void> {
  const checkout = await checkoutOf(git, branch);
  if (checkout === undefined) return;
  const changes = await gitIn(checkout)(['status', '--porcelain', '--untracked-files=no']);
  if (changes === '') return;
  const lines = changes.split('\n').slice(0, 3);
  const files = lines.map(line => line.slice(2).trim()).join(', ');
  const why = `${branch} is checked out in ${checkout} with uncommitted changes (${files}). Commit or stash them first.`;
  throw new SignalboxError('invalid', 'dirtyTarget', why);
}

function isDirectory(path: string): boolean {
  return !path.includes('\0') && existsSync(path) && statSync(path).isDirectory();
}
