/** A command line that somebody names as agent. */
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgsStringToArgv } from 'string-argv';
import { type AgentSpec, plainAgent } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote, slugOf } from '../domain/names.ts';
import { findProgram } from '../host/find-program.ts';

/**
 * Turns a command line into an agent: words are split as a shell would, nothing is expanded, and files that are there
 * now are named by their absolute path, because the agent starts in its worktree. Throws `invalid` when the program
 * cannot be found or run.
 */
export function agentOfCommand(commandLine: string, env: readonly string[], cwd: string): AgentSpec {
  if (commandLine.includes('\0'))
    throw new SignalboxError('invalid', 'badAgent', 'The agent command holds a NUL character.');
  const [program, ...rest] = parseArgsStringToArgv(commandLine);
  if (program === undefined) {
    throw new SignalboxError('invalid', 'badAgent', "The agent is empty; a command is such as 'sh my-agent.sh'.", {
      remedy: { say: 'give one', field: 'agent' },
    });
  }
  for (const name of env) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) continue;
    const why = `${quote(name)} is not the name of an environment variable.`;
    throw new SignalboxError('invalid', 'badAgent', why, { remedy: { say: 'give a name', field: 'agentEnv' } });
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

function isFile(path: string): boolean {
  return !path.includes('\0') && existsSync(path) && statSync(path).isFile();
}
