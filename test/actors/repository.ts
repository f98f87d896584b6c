/** Real git repositories, and a task at work in one. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type PublishInput, publish } from '../../src/actors/publish.ts';
import type { Published } from '../../src/machines/task/context.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Runs git as a person of the project would. Throws when it fails. */
export function git(directory: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Person', '-c', 'user.email=person@example.org'];
  return execFileSync('git', [...identity, ...args], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trimEnd();
}

export function write(directory: string, files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
}

/** Writes files and commits everything. Answers the commit. */
export function commitFiles(directory: string, files: Record<string, string>, message = 'change'): string {
  write(directory, files);
  git(directory, 'add', '--all');
  git(directory, 'commit', '--quiet', '--allow-empty', '--message', message);
  return git(directory, 'rev-parse', 'HEAD');
}

/** Makes a directory a repository whose `main` has what lies in it, and goes on from there on a branch. */
export function beginRepository(directory: string): void {
  git(directory, 'init', '--quiet', '--initial-branch=main');
  commitFiles(directory, {}, 'Begin');
  git(directory, 'checkout', '--quiet', '-b', 'work');
}

export const read = (directory: string, file: string) =>
  existsSync(join(directory, file)) ? readFileSync(join(directory, file), 'utf8') : undefined;

/** Files of a commit, with what is in them. */
export function filesOf(directory: string, commit: string): Record<string, string> {
  const names = git(directory, 'ls-tree', '-r', '--name-only', '-z', commit).split('\0').filter(Boolean);
  return Object.fromEntries(names.map(name => [name, git(directory, 'cat-file', '-p', `${commit}:${name}`)]));
}

/** Hidden refs of a task with the commits behind them. */
export function hiddenRefs(directory: string, taskId = 'task-1'): { ref: string; commit: string }[] {
  const lines = git(directory, 'for-each-ref', '--format=%(refname) %(objectname)', `refs/signalbox/${taskId}/`);
  return lines
    .split('\n')
    .filter(Boolean)
    .map(line => ({ ref: line.split(' ')[0]!, commit: line.split(' ')[1]! }));
}

/** A repository with one commit on `main`, somewhere else checked out than `main` unless asked, and a place for a task. */
export function createProject({ isTargetCheckedOut = true } = {}) {
  const directory = temporaryDirectory();
  const repository = join(directory, 'project');
  mkdirSync(repository);
  git(repository, 'init', '--quiet', '--initial-branch=main');
  const first = commitFiles(repository, { 'README.md': 'A project.\n', 'src/code.txt': 'one\ntwo\nthree\n' }, 'Begin');
  if (!isTargetCheckedOut) git(repository, 'checkout', '--quiet', '--detach');
  const task = {
    taskId: 'task-1',
    project: 'project',
    hook: null,
    repository,
    worktree: join(directory, 'worktrees', 'task-1'),
    branch: 'signalbox/ET-1',
    target: 'main',
    workItem: 'ET-1',
  };
  return { directory, repository, first, task, prepare: { ...task, base: '', head: '', stale: [] as string[] } };
}

/** Publishes what lies in a worktree, which has to go well; on what its branch has, unless it is said otherwise. */
export async function published(input: Omit<PublishInput, 'head'> & { head?: string }): Promise<Published> {
  const { head = git(input.worktree, 'rev-parse', `refs/heads/${input.branch}`) } = input;
  const answer = await publish({ ...input, head });
  if ('result' in answer) throw new Error(answer.detail);
  return answer;
}
