/**
 * A clean checkout of what was published, for one gate: nothing is in it that is not committed, and it lies beside every other
 * checkout. It is a repository of its own that borrows the objects of the user's: what a gate does there with git changes no
 * branch, stash or configuration of anybody's. Kept between rounds, so that a second look writes no more than what has changed.
 */
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gitIn, noteOwnGitDir } from '../git.ts';
import { refsUnder } from '../refs.ts';
import { repositoryOf, settingsOf } from '../repository.ts';
import { writeSubmodules } from '../submodules.ts';
import type { Target } from './place.ts';

export interface CheckoutInput {
  repository: string;
  directory: string;
  commit: string;
  /** The target of the task, which tools compare with. */
  target: Pick<Target, 'name' | 'commit'>;
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
  const gitDir = gitDirAt(directory);
  const isNew = !existsSync(join(gitDir, 'signalbox-made'));
  if (isNew) await make(input, gitDir);
  // Whatever lies in its `.git`, or was written there meanwhile, git is told where its own is; else it would find the user's above.
  noteOwnGitDir(directory, gitDir, (await repositoryOf(gitIn(repository))).objects);
  // Whatever was at work here is over, killed or not: nobody else uses it.
  for (const lock of ['index.lock', 'HEAD.lock', 'config.lock']) rmSync(join(gitDir, lock), { force: true });
  mkdirSync(directory, { recursive: true });
  writeAnew(join(gitDir, 'HEAD'), `${commit}\n`);
  const git = gitIn(directory);
  await git(['reset', '--quiet', '--hard', commit]);
  if (!isNew) await git(['clean', '-ffdxq']);
  // Tools that look for a repository find this one, and never one above.
  writeAnew(join(directory, '.git'), `gitdir: ${gitDir}\n`);
  await writeSubmodules({ repository, directory, commit, indexes: gitDir });
}

/** Where git keeps its own, which no command of a gate has to write. */
const gitDirAt = (directory: string) => `${directory}.git`;

/** Whatever stands there, and wherever it leads. */
function writeAnew(file: string, text: string): void {
  rmSync(file, { recursive: true, force: true });
  writeFileSync(file, text, { flag: 'wx' });
}

/** What a repository is made of: gitrepository-layout(5). */
async function make({ repository, directory, target }: CheckoutInput, gitDir: string): Promise<void> {
  removeTree(gitDir);
  removeTree(directory);
  const theirs = gitIn(repository);
  const [{ format, objects, shallow }, settings, tags] = await Promise.all([
    repositoryOf(theirs),
    settingsOf(theirs),
    refsUnder(theirs, ['refs/tags']),
  ]);
  for (const folder of ['objects/info', 'objects/pack', 'refs']) {
    mkdirSync(join(gitDir, folder), { recursive: true, mode: 0o700 });
  }
  writeFileSync(join(gitDir, 'config'), configurationOf(format, !settings.includes('core.filemode\nfalse')));
  writeFileSync(join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
  writeFileSync(join(gitDir, 'objects/info/alternates'), `${objects}\n`);
  const refs = [...refsFor(target), ...Object.entries(tags).map(([name, object]) => `${object} ${name}`)];
  writeFileSync(join(gitDir, 'packed-refs'), refs.map(line => `${line}\n`).join(''));
  if (existsSync(shallow)) cpSync(shallow, join(gitDir, 'shallow'));
  const git = gitIn(gitDir);
  for (const [key = '', ...value] of settings.map(setting => setting.split('\n'))) {
    if (copied.test(key)) await git(['config', '--add', key, value.join('\n')]);
  }
  writeFileSync(join(gitDir, 'signalbox-made'), '');
}

function configurationOf(format: string, hasModes: boolean): string {
  const version = format === 'sha1' ? 0 : 1;
  const core = `[core]\n\trepositoryformatversion = ${version}\n\tfilemode = ${hasModes}\n\tbare = false\n`;
  return version === 0 ? core : `${core}[extensions]\n\tobjectFormat = ${format}\n`;
}

/** The target, with which tools compare; from tags they make versions. */
const refsFor = ({ name, commit }: CheckoutInput['target']) =>
  commit === undefined ? [] : [`${commit} refs/heads/${name}`, `${commit} refs/remotes/origin/${name}`];
