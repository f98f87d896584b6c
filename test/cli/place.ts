/** A place to run the real binary in: a repository, a data directory, and an agent that keeps a journal. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';
import { gitIn } from '../../src/actors/git.ts';
import { makeDemoRepository } from '../../src/demo/repository.ts';
import type { PipelineSource } from '../../src/machines/pipeline.ts';
import { temporaryDirectory } from '../support/temporary.ts';

// Each command is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 60_000 });

const binary = fileURLToPath(new URL('../../bin/signalbox.js', import.meta.url));
const allRoles = fileURLToPath(new URL('../fixtures/agent-all-roles.sh', import.meta.url));

/** Who acts here, as the record has it. */
export const person = `ann@${hostname()}`;

export interface Said {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

interface CallOptions {
  cwd?: string;
  env?: Record<string, string>;
}

/** One start of the agent, from its journal. */
export interface Call {
  stage: string;
  attempt: number;
  pid: number;
}

type Task = { id: string; state: string; why: string } & Record<string, unknown>;

export type Place = Awaited<ReturnType<typeof makePlace>>;

export async function makePlace({ name = 'shop' }: { name?: string } = {}) {
  const directory = temporaryDirectory();
  const repository = join(directory, name);
  const data = join(directory, 'data');
  const journal = join(directory, 'journal');
  mkdirSync(repository, { recursive: true });
  await makeDemoRepository(repository);
  onTestFinished(() => {
    for (const pid of processesOf(data)) kill(pid);
  });

  const begin = (args: readonly string[], { cwd = directory, env = {} }: CallOptions = {}) => {
    const { PATH = '', HOME = '' } = process.env;
    const child = execa(process.execPath, [binary, ...args], {
      cwd,
      env: { PATH, HOME, USER: 'ann', SIGNALBOX_DATA: data, ...env },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      stripFinalNewline: false,
      // Whoever does not stop when he is asked to is to be seen not to.
      forceKillAfterDelay: false,
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const said: Promise<Said> = child.then(({ exitCode, stdout, stderr }) => ({ code: exitCode, stdout, stderr }));
    const kill = (signal: NodeJS.Signals) => void child.kill(signal);
    return Object.assign(said, { kill, pid: child.pid, stdout: child.stdout! });
  };

  /** Runs the binary to its end. */
  const signalbox = (...args: string[]): Promise<Said> => begin(args);

  const agent = (...twists: string[]) => ['--agent', ['sh', allRoles, journal, ...twists].join(' ')];

  const newTask = (...twists: string[]) => [
    ...['run', '--repo', repository, '--id', 'ET-1', '--title', 'Fix the totals'],
    ...agent(...twists),
  ];

  const task = async (id = 'ET-1'): Promise<Task> => {
    const { stdout } = await signalbox('task', 'show', id, '--json');
    return JSON.parse(stdout) as Task;
  };

  const calls = (): Call[] => {
    const file = join(journal, 'calls');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return lines.map(line => {
      const [stage = '', attempt, pid] = line.split(' ');
      return { stage, attempt: Number(attempt), pid: Number(pid) };
    });
  };

  return {
    binary,
    directory,
    repository,
    data,
    journal,
    git: gitIn(repository),
    worktree: join(data, 'worktrees', name, 'ET-1'),
    documents: 'docs/work-items/ET-1',
    signalbox,
    /** The same with an environment or a directory of its own; it can be sent signals while it runs. */
    begin,
    /** `--agent` and the agent that plays all roles, with what it does otherwise: `review.1=refuses`. */
    agent,
    /** `run` for the task ET-1. */
    newTask,
    run: (...twists: string[]) => signalbox(...newTask(...twists), '--approve-all'),
    runWith: (pipeline: string, ...twists: string[]) =>
      signalbox(...newTask(...twists), '--approve-all', '--pipeline', pipeline),
    /** `run` for the task that exists already. */
    resume: (...args: string[]) => signalbox('run', '--repo', repository, '--id', 'ET-1', ...args),
    task,
    calls,
    /** `analysis.1`, `architecture.1`, … in the order in which the agent was started. */
    visits: () => calls().map(({ stage, attempt }) => `${stage}.${attempt}`),
    prompt: (visit: string) => readFileSync(join(journal, `${visit}.prompt`), 'utf8'),
    environment: (visit: string) => parseEnvironment(readFileSync(join(journal, `${visit}.env`), 'utf8')),
    /** Lets agents with the twist `waits` go on. */
    letGo: () => writeFileSync(join(journal, 'go'), ''),
    /** Writes a pipeline to a file and answers its path. */
    pipeline: (source: PipelineSource | string): string => {
      const file = join(directory, 'pipeline.yaml');
      writeFileSync(file, typeof source === 'string' ? source : stringify(source));
      return file;
    },
    /** Living processes that belong to an agent of this data directory. */
    processes: () => processesOf(data),
  };
}

/** A pipeline of one stage: an agent develops, the tests judge, nothing is merged. */
export function oneStage(run: Record<string, unknown> = {}): PipelineSource {
  return {
    name: 'quick',
    stages: [
      {
        name: 'development',
        role: 'developer',
        run,
        gates: [{ kind: 'command', name: 'tests' }],
        rework: { limit: 0 },
      },
    ],
  };
}

function parseEnvironment(text: string): Record<string, string> {
  const entries = text.trim().split('\n');
  return Object.fromEntries(
    entries.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
}

/** Looks at the whole machine: whoever was started for a worktree of the data directory carries it in its environment. */
function processesOf(data: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => {
      try {
        const isZombie = / Z /.test(readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\)/, ''));
        return !isZombie && readFileSync(`/proc/${name}/environ`, 'utf8').includes(`SIGNALBOX_WORKTREE=${data}/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
