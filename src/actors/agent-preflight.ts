/** Finds out whether an agent's program can be started here, by asking it for its version: that costs no tokens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { AgentSpec } from '../domain/agent-spec.ts';
import { formatDuration } from '../domain/duration.ts';
import { messageOf } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { formatSize } from '../domain/size.ts';
import { compareVersions } from '../domain/version.ts';
import { findProgram } from '../host/find-program.ts';
import { sandboxes } from '../host/sandboxes/index.ts';
import type { Preflight } from '../integrations/agent-cli.ts';
import { agentClis } from '../integrations/agents/index.ts';
import { baseEnvironment, settingsFor } from './environment.ts';

export type PreflightCause =
  | 'missing'
  | 'notExecutable'
  | 'notStarted'
  | 'timedOut'
  | 'cancelled'
  | 'failed'
  | 'terminal'
  | 'garbage'
  | 'tooOld'
  | 'sandbox'
  | 'environment';

export type AgentPreflight =
  | { ok: true; version: string | null }
  /** `reason` is a sentence for a person: what is wrong and the remedy. `version` is known when it is `tooOld`. */
  | {
      ok: false;
      reason: string;
      problem: string;
      remedy: string | null;
      cause: PreflightCause;
      version: string | null;
    };

export interface PreflightOptions {
  timeLimitMs: number;
  signal?: AbortSignal;
}

/** Programs whose first argument is a file to run. */
const interpreters = /(?:^|\/)(?:sh|bash|dash|zsh|node|python3?|ruby|perl)$/;

/** MAX_ARG_STRLEN of Linux, with the zero at the end: execve(2), "Limits on size of arguments and environment". */
const longestVariable = 131_071;
const bytesOf = (variable: string, env: Readonly<Record<string, string>>) =>
  Buffer.byteLength(`${variable}=${env[variable]}`);

/** Whether an agent can be started here: its sandbox can be used, and its program answers. */
export async function checkAgent(agent: AgentSpec, options: PreflightOptions): Promise<AgentPreflight> {
  const problem = await sandboxes[agent.sandbox.driver].check(agent.sandbox);
  if (problem !== null) return failure('sandbox', problem);
  return checkAgentProgram(agent, options);
}

/**
 * Asks the program of an agent for its version, as an agent would start it: with the allow-listed environment, nothing on
 * standard input, in a process group of its own that is ended at the limit. Of a program that cannot be asked (kind
 * command) only that it is there counts; one in a container is the container's business.
 */
export async function checkAgentProgram(
  agent: AgentSpec,
  { timeLimitMs, signal }: PreflightOptions,
): Promise<AgentPreflight> {
  const { name, kind, program, sandbox } = agent;
  if (sandbox.driver === 'docker') return { ok: true, version: null };
  let env: Record<string, string>;
  try {
    // As the run will have it: a wrapper may need its variables to say anything.
    env = { ...baseEnvironment(agent.env), ...settingsFor(agent) };
  } catch (error) {
    return failure('environment', messageOf(error));
  }
  const tooLong = Object.keys(env).find(variable => bytesOf(variable, env) > longestVariable);
  if (tooLong !== undefined) {
    const size = formatSize(bytesOf(tooLong, env));
    const problem = `the variable ${tooLong} of the agent is ${size} long, and the system hands on no more than ${formatSize(longestVariable)} of one`;
    return failure(
      'environment',
      problem,
      `shorten it (\`set\` or \`env\` of agents.${name}), or hand it on in a file`,
    );
  }
  const [first = '', ...leading] = program;
  const found = findProgram(first, env.PATH ?? '');
  if (found.problem === 'missing') {
    const where = first.includes('/') ? `there is no file ${first}` : 'it is not on the PATH';
    const remedy = `install it, or give its place as \`program\` of agents.${name}`;
    return failure('missing', `the program ${quote(first)} was not found: ${where}`, remedy);
  }
  if (found.problem === 'notExecutable') {
    return failure('notExecutable', `${found.path} is not executable`, `run "chmod +x ${found.path}"`);
  }
  const { preflight } = agentClis[kind];
  if (preflight === null) {
    const [script = ''] = leading;
    // A relative one may be in the worktree.
    const isMissing = interpreters.test(first) && script.startsWith('/') && !existsSync(script);
    return isMissing ? failure('missing', `there is no file ${script}`) : { ok: true, version: null };
  }
  const question = [...program, ...preflight.args].join(' ');
  const answer = await ask([found.path, ...leading, ...preflight.args], env, timeLimitMs, signal);
  return judge(quote(question), answer, preflight, timeLimitMs);
}

function failure(
  cause: PreflightCause,
  problem: string,
  remedy: string | null = null,
  version: string | null = null,
): AgentPreflight {
  const reason = remedy === null ? problem : `${problem}; ${remedy}`;
  return { ok: false, reason, problem, remedy, cause, version };
}

function judge(question: string, answer: Answer, preflight: Preflight, timeLimitMs: number): AgentPreflight {
  const { end, stdout, stderr } = answer;
  if (end.kind === 'notStarted') {
    const remedy = 'is it a program for this machine, and is the interpreter in its first line there?';
    return failure('notStarted', `${question} could not be started (${end.why})`, remedy);
  }
  if (end.kind === 'cancelled') return failure('cancelled', `${question} was cut short`);
  const wantsTerminal = /\b(?:tty|terminal|isatty|ioctl for device)\b/i.test(stderr);
  if (end.kind === 'timedOut') {
    const limit = formatDuration(timeLimitMs);
    return wantsTerminal
      ? needsTerminal(question, stderr)
      : failure(
          'timedOut',
          `${question} did not answer within ${limit}`,
          'run it by hand, or raise preflight.timeLimit',
        );
  }
  if (end.code !== 0) {
    if (wantsTerminal) return needsTerminal(question, stderr);
    const how = end.code === null ? `died by ${end.signal}` : `failed with exit code ${end.code}`;
    return failure('failed', `${question} ${how}: ${firstLine(stderr) || firstLine(stdout) || 'it said nothing'}`);
  }
  const version = preflight.version.exec(stdout)?.[1] ?? preflight.version.exec(stderr)?.[1];
  if (version === undefined) {
    const said = firstLine(stdout) || firstLine(stderr);
    const told = said === '' ? 'nothing' : quote(said);
    return failure('garbage', `${question} answered ${told}, which is no version`, 'is it the right program?');
  }
  if (compareVersions(version, preflight.minimum) < 0) {
    return failure('tooOld', `its version ${version} is older than ${preflight.minimum}`, 'update it', version);
  }
  return { ok: true, version };
}

function needsTerminal(question: string, stderr: string): AgentPreflight {
  const remedy = 'agents work without one, so give a program that does';
  return failure('terminal', `${question} wants a terminal (${firstLine(stderr)})`, remedy);
}

/** The first line that says something, without what would steer a terminal. */
function firstLine(text: string): string {
  const lines = text.split('\n').map(line => line.replace(/\p{Cc}(?:\[[0-9;?]*[A-Za-z])?/gu, '').trim());
  // A stack trace of Node begins with a place and the code there; what went wrong follows.
  const line = lines.find(one => /^\w*Error\b.*:/.test(one)) ?? lines.find(one => one !== '') ?? '';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

type End =
  | { kind: 'exited'; code: number | null; signal: NodeJS.Signals | null }
  | { kind: 'timedOut' }
  | { kind: 'cancelled' }
  | { kind: 'notStarted'; why: string };

interface Answer {
  end: End;
  stdout: string;
  stderr: string;
}

const mostOutput = 64 * 1024;
/** After the exit: how long something that it left behind may hold its output open. */
const drainMs = 500;

function ask(
  [program = '', ...args]: string[],
  env: Record<string, string>,
  timeLimitMs: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return new Promise(resolve => {
    const output = { stdout: '', stderr: '' };
    let child: ChildProcess | undefined;
    let limit: NodeJS.Timeout | undefined;
    let drain: NodeJS.Timeout | undefined;
    let isOver = false;
    const finish = (end: End) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(limit);
      clearTimeout(drain);
      signal?.removeEventListener('abort', cancel);
      endGroup(child?.pid);
      child?.stdout?.destroy();
      child?.stderr?.destroy();
      resolve({ end, ...output });
    };
    const cancel = () => finish({ kind: 'cancelled' });
    if (signal?.aborted) return cancel();
    try {
      // Away from the project: some programs read settings where they start.
      child = spawn(program, args, { cwd: tmpdir(), env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    } catch (error) {
      return finish({ kind: 'notStarted', why: messageOf(error) });
    }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        if (output[name].length < mostOutput) output[name] += text.slice(0, mostOutput);
      });
    }
    limit = setTimeout(() => finish({ kind: 'timedOut' }), timeLimitMs);
    signal?.addEventListener('abort', cancel, { once: true });
    child.once('error', error => finish({ kind: 'notStarted', why: messageOf(error) }));
    child.once('exit', (code, by) => {
      const end: End = { kind: 'exited', code, signal: by };
      clearTimeout(limit);
      child?.once('close', () => finish(end));
      drain = setTimeout(() => finish(end), drainMs);
    });
  });
}

/** Everything that it started and that did not leave its process group. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}
