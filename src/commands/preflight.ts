/** Everything that is checked before anything is created: the repository, the branch, the program that plays the agent. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgsStringToArgv } from 'string-argv';
import { gitIn, resolveCommit } from '../actors/git.ts';
import { checkoutOf } from '../actors/merge.ts';
import { type AgentSpec, plainAgent } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import { checkBranch, quote, slugOf } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { findProgram } from '../host/find-program.ts';

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

/**
 * Turns a command line into an agent: words are split as a shell would, nothing is expanded, and files that are there
 * now are named by their absolute path, because the agent starts in its worktree. Throws `invalid` when the program
 * cannot be found or run.
 */
export function checkAgent(commandLine: string, env: readonly string[], cwd = process.cwd()): AgentSpec {
  if (commandLine.includes('\0'))
    throw new SignalboxError('invalid', 'badAgent', 'The agent command holds a NUL character.');
  const [program, ...rest] = parseArgsStringToArgv(commandLine);
  if (program === undefined) {
    throw new SignalboxError(
      'invalid',
      'badAgent',
      `--agent is empty; give a command such as --agent 'sh my-agent.sh'.`,
    );
  }
  for (const name of env) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new SignalboxError(
        'invalid',
        'badAgent',
        `--agent-env ${quote(name)} is not the name of an environment variable.`,
      );
    }
  }
  const path = runnable(program, cwd);
  const args = rest.map(word => (isFile(resolve(cwd, word)) ? resolve(cwd, word) : word));
  // `sh my-agent.sh` is the agent my-agent.sh, not the agent sh: each has a breaker of its own.
  const script = rest.find(word => isFile(resolve(cwd, word))) ?? program;
  return plainAgent(slugOf(basename(script)) || 'command', [path, ...args], [...env]);
}

function runnable(program: string, cwd: string): string {
  const { path, problem } = findProgram(program, process.env.PATH ?? '', cwd);
  if (problem === null) return path;
  if (problem === 'notExecutable') {
    throw new SignalboxError(
      'invalid',
      'badAgent',
      `The agent program ${path} is not executable; run "chmod +x ${path}".`,
    );
  }
  const where = program.includes('/') ? `there is no file ${resolve(cwd, program)}` : 'it is not on the PATH';
  throw new SignalboxError('invalid', 'badAgent', `The agent program ${quote(program)} was not found: ${where}.`);
}

const longestBody = 1_000_000;

/** The body of a work item from a file. Throws `invalid` when it cannot be read as text. */
export function readBody(file: string): string {
  if (!existsSync(file))
    throw new SignalboxError('invalid', 'badBody', `There is no file ${quote(file)}; --body-file needs one.`);
  if (!isFile(file))
    throw new SignalboxError('invalid', 'badBody', `${quote(file)} is not a file; --body-file needs one.`);
  const text = readFileSync(file, 'utf8');
  if (text.includes('\0')) throw new SignalboxError('invalid', 'badBody', `${file} is not a text file.`);
  if (text.length > longestBody)
    throw new SignalboxError('invalid', 'badBody', `${file} is longer than ${longestBody} characters.`);
  return text;
}

function isDirectory(path: string): boolean {
  return !path.includes('\0') && existsSync(path) && statSync(path).isDirectory();
}

function isFile(path: string): boolean {
  return !path.includes('\0') && existsSync(path) && statSync(path).isFile();
}
