/** Looks at a repository before anybody works in it: is it one, does it have the branch, can work land there. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Git, gitIn, listed } from '../actors/git.ts';
import { checkoutOf } from '../actors/merge.ts';
import { refsUnder, resolveCommit } from '../actors/refs.ts';
import { remembered } from '../actors/remembered.ts';
import { SignalboxError } from '../domain/errors.ts';
import { checkBranch, quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { findProgram } from '../host/find-program.ts';

/** What the fields are called by which somebody has named a repository and a branch of it. */
export interface RepositoryFields {
  repository: string;
  target: string;
}

/**
 * Checks a local repository and its target branch. Answers the repository's real root and the branch. Throws
 * `badRepository`, `noCommit`, `noBranch` or `unfitRepository`, each with the remedy: what can be known before an agent is paid
 * is said before.
 */
export async function checkRepository(
  path: string,
  target?: string,
  fields: RepositoryFields = { repository: 'repository', target: 'target' },
): Promise<{ repository: string; target: string }> {
  const repository = await rootOf(path, fields.repository);
  if (/[\n\r]/.test(repository)) {
    // Git writes paths into files of lines, and finds its own directories no more.
    throw new SignalboxError(
      'invalid',
      'badInput',
      `The path of the repository holds a line break: ${quote(repository)}.`,
      {
        remedy: { say: 'give the directory another name', field: fields.repository },
      },
    );
  }
  const git = gitIn(repository);
  const branches = Object.keys(await refsUnder(git, ['refs/heads'])).map(name => name.slice('refs/heads/'.length));
  if (branches.length === 0) {
    const why = `${repository} has no commit yet; make a first one, for Signalbox to branch from.`;
    throw new SignalboxError('invalid', 'noCommit', why);
  }
  const branch = checkBranch(target ?? (await currentBranch(git, fields)), 'The target branch');
  const commit = await resolveCommit(git, `refs/heads/${branch}`);
  if (commit === undefined) {
    const likely = nearest(branch, branches).join(', ');
    const why = `${repository} has no branch ${quote(branch)}; the nearest are ${likely}.`;
    throw new SignalboxError('invalid', 'noBranch', why, { remedy: { say: 'give one', field: fields.target } });
  }
  const at: At = { branch, commit };
  const switches = await switchesOf(git);
  const unfit =
    (await whyNoDocuments(git, at)) ?? (await whyNoFilter(git, at, switches)) ?? whyNoUnsignedMerge(switches);
  if (unfit !== undefined) throw new SignalboxError('invalid', 'unfitRepository', `${repository}: ${unfit}`);
  return { repository, target: branch };
}

async function currentBranch(git: Git, { target }: RepositoryFields): Promise<string> {
  const current = await git(['symbolic-ref', '--short', '-q', 'HEAD'], { allow: [1] });
  if (current !== '') return current;
  throw new SignalboxError('invalid', 'noBranch', `${git.directory} is on no branch.`, {
    remedy: { say: 'name the one to merge into', field: target },
  });
}

interface At {
  branch: string;
  commit: string;
}

const mostKept = 64;
const roots = remembered<string>(mostKept);

/** The same as long as the directory is the same one, which is no repository of another user's. */
function rootOf(path: string, field: string): Promise<string> {
  const about = (place: string) => {
    const { ino, uid, ctimeMs } = statSync(place, { throwIfNoEntry: false }) ?? {};
    return `${ino} ${uid} ${place === path ? '' : ctimeMs}`;
  };
  const which = path.includes('\0') ? path : [path, about(path), about(join(path, '.git'))].join('\0');
  return roots(which, () => askForRoot(path, field));
}

async function askForRoot(path: string, field: string): Promise<string> {
  if (!isDirectory(path)) {
    throw new SignalboxError('invalid', 'badRepository', `${quote(path)} is no directory.`, {
      remedy: { say: 'give the path of a git repository', field },
    });
  }
  const git = gitIn(path);
  const { code, stdout, stderr } = await git.result(['rev-parse', '--show-toplevel']);
  if (code === 0) return realpathSync(stdout.trim());
  if (/dubious ownership/.test(stderr)) {
    const why = `${path} belongs to another user, and git works in no repository of others.`;
    const remedy = `If you trust it: git config --global --add safe.directory ${quote(realpathSync(path))}`;
    throw new SignalboxError('invalid', 'badRepository', `${why} ${remedy}`);
  }
  const bare = await git.result(['rev-parse', '--is-bare-repository', '--absolute-git-dir']);
  const [isBare, gitDir] = bare.stdout.trim().split('\n');
  // One without a checkout is as good as any: what lands moves the branch, and no files.
  if (bare.code === 0 && isBare === 'true' && gitDir !== undefined) return realpathSync(gitDir);
  throw new SignalboxError('invalid', 'badRepository', `${path} is not a git repository with a work tree.`, {
    remedy: { say: 'make it one with "git init", or give another path', field },
  });
}

const documentsAt = remembered<string[]>(mostKept);
const filtersAt = remembered<string>(mostKept);

/** Settings that are on or off, of the user's and of the repository's own, by their names. */
async function switchesOf(git: Git): Promise<ReadonlyMap<string, boolean>> {
  const names = '^(filter\\..*\\.required|merge\\.verifysignatures)$';
  const { stdout } = await git.result(['config', '-z', '--type=bool', '--get-regexp', names]);
  const entries = stdout.split('\0').filter(entry => entry !== '');
  return new Map(entries.map(entry => entry.split('\n')).map(([name = '', value]) => [name, value === 'true']));
}

/** Where agents leave their documents there has to be a folder, or nothing. */
async function whyNoDocuments(git: Git, { branch, commit }: At): Promise<string | undefined> {
  const entries = await documentsAt(`${git.directory}\0${commit}`, () =>
    listed(git, ['ls-tree', '-z', '--full-tree', commit, '--', 'docs', 'docs/work-items']),
  );
  for (const entry of entries) {
    const [words = '', path = ''] = entry.split('\t');
    const mode = words.split(' ', 1)[0];
    const what = { '120000': 'a symlink', '160000': 'a submodule', '100644': 'a file', '100755': 'a file' }[mode ?? ''];
    // Asked for two paths of which one lies in the other, git answers all that lies beside that one, too.
    if (what === undefined || !['docs', 'docs/work-items'].includes(path)) continue;
    return `${path} is ${what} in ${branch}, and agents leave their documents in docs/work-items; make it a folder.`;
  }
  return undefined;
}

/** A filter without which git writes no file: it is found missing only when a worktree is made. */
async function whyNoFilter(
  git: Git,
  { branch, commit }: At,
  switches: ReadonlyMap<string, boolean>,
): Promise<string | undefined> {
  const names = [...switches].flatMap(([name, isOn]) =>
    isOn ? (/^filter\.(.+)\.required$/s.exec(name)?.[1] ?? []) : [],
  );
  if (names.length === 0) return undefined;
  const attributes = ['grep', '-h', '-e', 'filter=', commit, '--', '.gitattributes', '*/.gitattributes'];
  const ask = async () => (await git.result(attributes)).stdout;
  const used = await filtersAt(`${git.directory}\0${commit}`, ask);
  for (const name of names) {
    if (!used.split(/\s+/).includes(`filter=${name}`)) continue;
    const { stdout: command } = await git.result(['config', '--get-regexp', `^filter\\.${name}\\.(process|smudge)$`]);
    const program = /^\S+ (\S+)/m.exec(command)?.[1];
    if (program === undefined || findProgram(program, process.env.PATH ?? '').path !== null) continue;
    return `files of ${branch} go through the filter ${name}, and its program ${program} is not on the PATH; ${remedyFor(program)}`;
  }
  return undefined;
}

const remedyFor = (program: string) =>
  program === 'git-lfs'
    ? 'install git-lfs, or have only pointers with "git lfs install --skip-smudge" or filter.lfs.required=false.'
    : 'install it, or set its `required` to false.';

/** Commits of Signalbox are not signed. */
function whyNoUnsignedMerge(switches: ReadonlyMap<string, boolean>): string | undefined {
  if (switches.get('merge.verifysignatures') !== true) return undefined;
  return 'merge.verifySignatures is set, and what Signalbox commits is not signed, so git would not merge it; unset it here (git config merge.verifySignatures false).';
}

/** What somebody has not committed in the checkout of a branch, as `git status` tells; empty where it has none. */
export async function changesIn(
  repository: string,
  branch: string,
): Promise<{ checkout: string; changes: string[] } | undefined> {
  const checkout = await checkoutOf(gitIn(repository), branch);
  if (checkout === undefined) return undefined;
  const status = await listed(gitIn(checkout), ['status', '--porcelain', '-z', '--untracked-files=no', '--no-renames']);
  return { checkout, changes: status.map(entry => entry.slice(3)) };
}

function isDirectory(path: string): boolean {
  return !path.includes('\0') && existsSync(path) && statSync(path).isDirectory();
}
