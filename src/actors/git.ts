/** Runs git: never through a shell, never with the user's prompts, editors, hooks of ours or locale in the way. */
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { formatDuration } from '../domain/duration.ts';
import { SignalboxError } from '../domain/errors.ts';
import { tryTo } from '../domain/try-to.ts';
import { isMarkAlive } from '../host/process-tree.ts';
import { writeWhole } from '../host/write-whole.ts';
import { describeLock, lockIn } from './git-lock.ts';
import { type GitEnded, runGit } from './git-process.ts';

export interface GitResult {
  code: number;
  stdout: string;
  stderr: string;
  /** Set where it has printed more than was wanted. */
  isCut?: boolean;
}

export interface GitOptions {
  env?: Record<string, string>;
  input?: string | Buffer;
  /** Exit codes that are answers, not failures. */
  allow?: readonly number[];
  /** Every byte of the output becomes a character, whatever it stands for. */
  isBinary?: boolean;
  /** Bytes of its output that are wanted; it is ended when it prints more, which is no failure. */
  mostBytes?: number;
  /** Ends it. */
  signal?: AbortSignal;
  /** How long it may take; ten minutes without it. */
  limitMs?: number;
}

export interface Git {
  /** Runs a command and answers its trimmed output. Throws `unavailable` with git's own words when it fails. */
  (args: readonly string[], options?: GitOptions): Promise<string>;
  /** The same with the exit code, for commands whose failure is an answer. */
  result(args: readonly string[], options?: GitOptions): Promise<GitResult>;
  /** Where it works. */
  readonly directory: string;
}

/** Where git has the settings of one worktree, beside those of the repository. */
export const worktreeSettings = 'config.worktree';

/** How long one git may take: more than any honest one needs, and no night. */
const limitMs = 600_000;
/**
 * Another git, perhaps one of our own that outlived a crash, is at work for a moment: it holds a lock, or is just making a worktree,
 * of which those who look at all of them read one half.
 */
const isOfAnother =
  /\.lock': File exists|could not lock config file \S+: File exists|failed to read .*worktrees\/[^/]+\/(?:commondir|gitdir|HEAD)/;
const busyTries = 50;
const busyWaitMs = 100;
/** From then on it is looked whether anybody is left who could hold a lock. */
const patientTries = 5;
const identity = ['-c', 'user.name=Signalbox', '-c', 'user.email=signalbox@localhost'];
/**
 * Settings that would make git run programs, or wait, whatever the repository's own configuration says: an agent can
 * write into that. Filters that it names in attributes are git's own business and are left alone.
 */
const quiet = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.pager=cat',
  'core.askPass=true',
  'core.sshCommand=false',
  'core.editor=true',
  'commit.gpgSign=false',
  'core.safecrlf=false',
  'protocol.ext.allow=never',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
  'advice.graftFileDeprecated=false',
].flatMap(setting => ['-c', setting]);

/** For a checkout that is to have every file. */
export const whole = ['-c', 'core.sparseCheckout=false'];

/**
 * A git that was killed leaves its lock behind. Where it lies in the git directory of a worktree of ours, or on the branch that is
 * checked out there, and no process works in that any more, nobody will ever take it away: it goes. Answers whether it did.
 */
function removeStaleLock(directory: string, stderr: string): boolean {
  const dirs = notedGitDirs(directory);
  const lock = lockIn(stderr);
  if (dirs === undefined || lock === undefined) return false;
  const branch = /^ref: (refs\/heads\/.+)$/.exec(textOf(join(dirs.own, 'HEAD')).trim())?.[1];
  const isOfBranch = branch !== undefined && realpathOr(lock) === realpathOr(join(dirs.common, `${branch}.lock`));
  if (dirname(realpathOr(lock)) !== realpathOr(dirs.own) && !isOfBranch) return false;
  if (isMarkAlive([`SIGNALBOX_WORKTREE=${directory}`])) return false;
  rmSync(lock, { force: true });
  return true;
}

/** What git is told to do, behind the settings for it. */
const commandIn = (args: readonly string[]) =>
  args.find((arg, index) => arg !== '-c' && args[index - 1] !== '-c') ?? '';

/** Where a path really leads; the path itself where nothing is there. */
export const realpathOr = (path: string) => (existsSync(path) ? realpathSync(path) : path);

/** A part of git, or a program that it has called, was killed. */
const hasLostPart = /(?:died of|killed by) signal (?:9|15)\b/;

const tooManyFiles = 'too many files are open (raise the limit, ulimit -n)';
/** Why a program could not be started, in words. */
const ofTheSystem: Record<string, string> = {
  ENOENT: 'git, or the directory, is not there',
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
};

/** Why a git has given no answer; undefined where its exit code is one. `what` names the command and the place. */
function whyUnanswered(what: string, ended: GitEnded, mostMs: number): SignalboxError | undefined {
  const { endedFor, exitCode, signal, code, stderr, isCut } = ended;
  if (endedFor === 'signal') return new SignalboxError('unavailable', 'gitUnusable', `${what} was called off.`);
  // It was done before it was told to end.
  if (isCut || exitCode === 0) return undefined;
  if (endedFor === 'hurry') {
    return new SignalboxError('unavailable', 'gitCutOff', `${what} was cut off: Signalbox is being interrupted.`);
  }
  if (endedFor === 'limit') {
    const most = formatDuration(mostMs);
    const words = `${what} did not end within ${most} and was ended; a filter, a file system or a remote of the repository may hang.`;
    return new SignalboxError('unavailable', 'gitTooSlow', words);
  }
  if (exitCode !== undefined && !hasLostPart.test(stderr)) return undefined;
  if (exitCode !== undefined || signal !== undefined) {
    const by = signal === undefined ? '' : ` by ${signal}`;
    return new SignalboxError('unavailable', 'gitKilled', `${what} was killed from outside${by}; memory may be short.`);
  }
  const why = (code !== undefined && ofTheSystem[code]) || (code ?? 'nobody knows why');
  return new SignalboxError('unavailable', 'gitUnusable', `${what} could not be run: ${why}.`);
}

/** Git in a directory. The repository's own configuration counts, its hooks and signing do not. */
export function gitIn(directory: string): Git {
  // A checkout of ours is never sparse, whatever the user's is.
  const isWhole = notedGitDirs(directory) !== undefined;
  const result = async (args: readonly string[], options: GitOptions = {}): Promise<GitResult> => {
    const dirs = notedGitDirs(directory);
    if (dirs !== undefined) disarm(dirs);
    for (let attempt = 1; ; attempt++) {
      const settings = isWhole ? [...quiet, ...whole] : quiet;
      const env = { ...environment(), ...trustedPlaces(directory, dirs), ...options.env };
      const most = options.limitMs ?? limitMs;
      const ended = await runGit(directory, [...settings, ...identity, ...args], { ...options, env, limitMs: most });
      const { exitCode, signal, stdout, stderr, isCut } = ended;
      // What it asked for a missing object had ended before it was asked: as if it had said that there is none.
      if (signal === 'SIGPIPE' && !isCut) return { code: 128, stdout, stderr };
      const failure = whyUnanswered(`git ${commandIn(args)} in ${directory}`, ended, most);
      if (failure !== undefined) throw failure;
      const isBusy = exitCode !== 0 && isOfAnother.test(stderr);
      const lock = isBusy && attempt === busyTries ? lockIn(stderr) : undefined;
      if (lock !== undefined) {
        const words = `git ${commandIn(args)} waits in ${directory}: ${describeLock(lock)}.`;
        throw new SignalboxError('unavailable', 'gitLocked', words);
      }
      if (!isBusy || attempt === busyTries) return { code: exitCode ?? 0, stdout, stderr, ...(isCut && { isCut }) };
      if (attempt >= patientTries && removeStaleLock(directory, stderr)) continue;
      await new Promise(resolve => setTimeout(resolve, busyWaitMs));
    }
  };
  const git = async (args: readonly string[], options: GitOptions = {}): Promise<string> => {
    const { code, stdout, stderr } = await result(args, options);
    if (code === 0 || options.allow?.includes(code)) return stdout.trim();
    throw new SignalboxError(
      'unavailable',
      'gitFailed',
      `git ${commandIn(args)} failed in ${directory}: ${stderr.trim() || `exit ${code}`}`,
    );
  };
  return Object.assign(git, { result, directory });
}

/** The same with variables for every command. */
export function withEnvironment(git: Git, env: Record<string, string>): Git {
  const also = (options: GitOptions = {}) => ({ ...options, env: { ...env, ...options.env } });
  const run = (args: readonly string[], options?: GitOptions) => git(args, also(options));
  return Object.assign(run, {
    result: (args: readonly string[], options?: GitOptions) => git.result(args, also(options)),
    directory: git.directory,
  });
}

/** The git directories of a worktree: its own and the repository's. Absolute. */
export interface GitDirs {
  own: string;
  common: string;
  /** Where the objects are, for a repository that has those of another. */
  borrowed?: string;
}

/** Signalbox's own note of where the git directories of a worktree are, beside it and out of the agent's reach. */
const noteAt = (worktree: string) => `${worktree}.git.json`;

/**
 * Notes the git directories of a worktree that has just been made. From then on git is told where they are: what an agent
 * writes into `.git` or `commondir` could lead to a configuration of its own, and git runs programs that one names.
 */
export async function noteGitDirs(worktree: string): Promise<void> {
  forgetGitDirs(worktree);
  const { own, common } = writtenGitDirs(worktree) ?? (await askForGitDirs(worktree));
  writeWhole(noteAt(worktree), `${JSON.stringify({ own, common } satisfies GitDirs)}\n`);
}

/** As `git worktree add` writes them: gitrepository-layout(5), "gitfile" and "commondir". */
function writtenGitDirs(worktree: string): GitDirs | undefined {
  const own = /^gitdir: (\/.+)\n$/.exec(textOf(join(worktree, '.git')))?.[1];
  const common = own && /^(.+)\n$/.exec(textOf(join(own, 'commondir')))?.[1];
  return common ? { own, common: resolve(own, common) } : undefined;
}

const textOf = (file: string) => tryTo(() => readFileSync(file, 'utf8')) ?? '';

async function askForGitDirs(worktree: string): Promise<GitDirs> {
  const answer = await gitIn(worktree)(['rev-parse', '--path-format=absolute', '--git-dir', '--git-common-dir']);
  const [own = '', common = ''] = answer.split('\n');
  return { own, common };
}

/** Notes the git directory of a checkout that is a repository of its own, with the objects that it borrows. */
export function noteOwnGitDir(directory: string, gitDir: string, borrowed: string): void {
  writeWhole(noteAt(directory), `${JSON.stringify({ own: gitDir, common: gitDir, borrowed } satisfies GitDirs)}\n`);
}

export function forgetGitDirs(worktree: string): void {
  rmSync(noteAt(worktree), { force: true });
}

/** What was noted; undefined for a directory that is no worktree of ours. */
export function notedGitDirs(worktree: string): GitDirs | undefined {
  try {
    return JSON.parse(readFileSync(noteAt(worktree), 'utf8')) as GitDirs;
  } catch {
    return undefined;
  }
}

/**
 * An agent may write in the git directory of its worktree. A link there would have git, or us, write wherever it leads; and
 * `config.worktree` names programs that git runs. We have neither; an empty one is what keeps a sandboxed agent from making any.
 */
function disarm(dirs: GitDirs): void {
  if (dirs.borrowed !== undefined) return;
  for (const place of [dirs.own, join(dirs.own, 'logs')]) {
    if (lstatSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      const path = join(place, entry.name);
      if (entry.isSymbolicLink() || (entry.name === worktreeSettings && isFilled(path))) rmSync(path, { force: true });
    }
  }
}

const isFilled = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.size !== 0;

const trustedPlaces = (directory: string, dirs: GitDirs | undefined): Record<string, string> =>
  dirs === undefined ? {} : { GIT_DIR: dirs.own, GIT_COMMON_DIR: dirs.common, GIT_WORK_TREE: directory };

function environment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'XDG_CONFIG_HOME'];
  const entries = kept.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]!] as const]));
  return {
    ...Object.fromEntries(entries),
    LC_ALL: 'C',
    // For an object that is missing git would ask the remote that the configuration names, by a program that it names.
    GIT_ALLOW_PROTOCOL: '',
    // And a git that knows this does not even ask.
    GIT_NO_LAZY_FETCH: '1',
    // What an agent has set in place of an object, or as parents, is nothing that anybody else gets.
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_EDITOR: 'true',
    GIT_OPTIONAL_LOCKS: '0',
  };
}

/** The git directory of a worktree's own. Absolute. */
export const gitDirOf = async (git: Git): Promise<string> =>
  notedGitDirs(git.directory)?.own ?? (await git(['rev-parse', '--absolute-git-dir']));

/** What a command with `-z` lists. Throws as the command does. */
export async function listed(git: Git, args: readonly string[], options?: GitOptions): Promise<string[]> {
  const { code, stdout, stderr } = await git.result(args, options);
  if (code !== 0) throw new SignalboxError('unavailable', 'gitFailed', `git ${args[0]} failed: ${stderr.trim()}`);
  return stdout.split('\0').filter(entry => entry !== '');
}

/** Whether `ancestor` is part of the history of `commit`. */
export async function isAncestor(git: Git, ancestor: string, commit: string): Promise<boolean> {
  const { code } = await git.result(['merge-base', '--is-ancestor', ancestor, commit]);
  return code === 0;
}
