/**
 * A clean checkout of what was published, for one gate: nothing is in it that is not committed, and it lies beside every other
 * checkout. It is a repository of its own that borrows the objects of the user's: what a gate does there with git changes no
 * branch, stash or configuration of anybody's. Kept between rounds, so that a second look writes no more than what has changed.
 */
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Git, gitIn, listed, noteOwnGitDir } from '../git.ts';
import { writeSubmodules } from '../submodules.ts';

export interface Checkout {
  /** Where the files are. */
  directory: string;
  /** Where git keeps its own, which no command of a gate has to write. */
  gitDir: string;
  /** Where the objects are that it borrows. */
  objects: string;
}

export interface CheckoutInput {
  repository: string;
  directory: string;
  commit: string;
  /** The target of the task, which tools compare with. */
  target: { name: string; commit: string | undefined };
}

/** What decides how files look in a checkout, and which programs filter them. */
const copied = /^(?:core\.(?:autocrlf|eol|symlinks|ignorecase|precomposeunicode|protectntfs)|filter\..+)$/;

/** Makes it, or brings it to the commit. Throws `unavailable` when git fails. */
export async function checkOut(input: CheckoutInput): Promise<void> {
  try {
    await bring(input);
  } catch {
    // Whatever was run there may have left anything: what cannot be put in order is made anew.
    removeTree(`${input.directory}.git`);
    removeTree(input.directory);
    await bring(input);
  }
}

/** Removes a directory, whatever rights those who wrote into it have left. */
export function removeTree(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    openUp(directory);
    rmSync(directory, { recursive: true, force: true });
  }
}

function openUp(directory: string): void {
  if (!lstatSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  chmodSync(directory, 0o700);
  for (const name of readdirSync(directory)) openUp(join(directory, name));
}

async function bring(input: CheckoutInput): Promise<void> {
  const { repository, directory, commit } = input;
  const place = await placeFor(repository, directory);
  if (!existsSync(join(place.gitDir, 'signalbox-made'))) await make(input, place);
  // Whatever lies in its `.git`, git is told where its own is.
  noteOwnGitDir(directory, place.gitDir, place.objects);
  // Whatever was at work here is over, killed or not: nobody else uses it.
  for (const lock of ['index.lock', 'HEAD.lock', 'config.lock']) rmSync(join(place.gitDir, lock), { force: true });
  mkdirSync(directory, { recursive: true });
  const git = gitIn(directory);
  await git(['update-ref', '--no-deref', 'HEAD', commit]);
  await git(['reset', '--quiet', '--hard', commit]);
  await git(['clean', '-ffdxq']);
  // Tools that look for a repository find this one, and never one above.
  rmSync(join(directory, '.git'), { recursive: true, force: true });
  writeFileSync(join(directory, '.git'), `gitdir: ${place.gitDir}\n`);
  await writeSubmodules({ repository, directory, commit, indexes: place.gitDir });
}

async function placeFor(repository: string, directory: string): Promise<Checkout> {
  const objects = await gitIn(repository)(['rev-parse', '--path-format=absolute', '--git-path', 'objects']);
  return { directory, gitDir: `${directory}.git`, objects };
}

async function make({ repository, target }: CheckoutInput, place: Checkout): Promise<void> {
  const { gitDir, directory, objects } = place;
  rmSync(gitDir, { recursive: true, force: true });
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(dirname(gitDir), { recursive: true, mode: 0o700 });
  const theirs = gitIn(repository);
  const asked = ['--show-object-format', '--path-format=absolute', '--git-path', 'shallow'];
  const [format = 'sha1', shallow = ''] = (await theirs(['rev-parse', ...asked])).split('\n');
  await gitIn(dirname(gitDir))(['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, gitDir]);
  writeFileSync(join(gitDir, 'objects', 'info', 'alternates'), `${objects}\n`, { flag: 'w' });
  if (existsSync(shallow)) cpSync(shallow, join(gitDir, 'shallow'));
  const git = gitIn(gitDir);
  await git(['config', 'core.bare', 'false']);
  // Only the second writes refs, only the first the configuration.
  await Promise.all([copyConfiguration(theirs, git), copyRefs(theirs, git, target)]);
  writeFileSync(join(gitDir, 'signalbox-made'), '');
}

async function copyConfiguration(from: Git, to: Git): Promise<void> {
  for (const entry of await listed(from, ['config', '--local', '--list', '-z'])) {
    const [key = '', ...value] = entry.split('\n');
    if (copied.test(key)) await to(['config', '--add', key, value.join('\n')]);
  }
}

/** Tags, from which versions are made, and the target, with which tools compare. */
async function copyRefs(from: Git, to: Git, { name, commit }: CheckoutInput['target']): Promise<void> {
  const tags = (await from(['for-each-ref', '--format=create %(refname) %(objectname)', 'refs/tags'])).split('\n');
  const targets =
    commit === undefined ? [] : [`create refs/heads/${name} ${commit}`, `create refs/remotes/origin/${name} ${commit}`];
  const lines = [...tags, ...targets].filter(line => line !== '');
  if (lines.length > 0) await to(['update-ref', '--stdin'], { input: `${lines.join('\n')}\n` });
}
