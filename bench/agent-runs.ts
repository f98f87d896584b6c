/** Runs of fake agents under the real application, and an independent look at their processes. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, openApp } from '../src/app/open.ts';
import { ensureServices } from '../src/app/services.ts';
import { defaultSettings, type Settings } from '../src/app/settings.ts';
import { type AgentSpec, plainAgent } from '../src/domain/agent-spec.ts';
import { noBudget } from '../src/domain/budget.ts';
import type { AgentRunInput, RunPolicy } from '../src/machines/agent-run-context.ts';
import type { TransitionListener } from '../src/runtime/index.ts';

/** Room for all of them at once. */
const places = 64;
const settings: Settings = {
  ...defaultSettings,
  limits: {
    ...defaultSettings.limits,
    total: places,
    perProject: places,
    perStage: places,
    perAgent: places,
    perProvider: places,
  },
};

export const openBench = (dataDir: string, listener: TransitionListener = () => {}): Promise<App> =>
  openApp({ dataDir, mode: 'work', settings, listeners: [listener] });

const fakeAgent = fileURLToPath(new URL('fake-agent.sh', import.meta.url));

/** Claude Code's adapter with a script behind it. */
export function fakeClaude(manner: 'silent' | 'counting'): AgentSpec {
  return { ...plainAgent('fake', ['bash', fakeAgent, manner], ['STOP']), kind: 'claude', provider: 'anthropic' };
}

/** Three generations that ignore SIGTERM, each in a session of its own. */
export const stubborn = plainAgent('stubborn', [
  'setsid',
  'bash',
  fileURLToPath(new URL('stubborn.sh', import.meta.url)),
  '1',
]);

/** Limits as they are by default; none of them is reached in a measurement. */
const policy: RunPolicy = {
  timeLimitMs: 3_600_000,
  graceMs: 10_000,
  permanentAttempts: 1,
  transientAttempts: 0,
  patienceMs: 12 * 3_600_000,
  backoff: { baseMs: 1_000, capMs: 10_000 },
  silenceMs: 900_000,
  noProgressMs: 1_800_000,
  handovers: 0,
  access: 'write',
  mustChange: false,
};

export interface RunOptions {
  agent: AgentSpec;
  policy?: Partial<RunPolicy>;
  /** A git repository, when there is anything to checkpoint. */
  worktree?: string;
  head?: string;
}

/** Brings a run of an agent into the world, as a task would. */
export async function createRun(app: App, id: string, { agent, head = '', ...options }: RunOptions): Promise<void> {
  const worktree = options.worktree ?? join(app.paths.worktreesDir, id);
  mkdirSync(worktree, { recursive: true });
  await ensureServices(app, { agents: [agent], repository: worktree, target: 'main' });
  const input: Omit<AgentRunInput, 'actor'> = {
    assignment: {
      taskId: id,
      project: 'bench',
      workItem: id,
      title: 'A measurement',
      body: '',
      stage: 'build',
      role: 'developer',
      attempt: 1,
      worktree,
      repository: worktree,
      branch: 'main',
      target: 'main',
      hasPrompts: false,
      documents: 'docs',
      head,
      leaves: [],
      stale: [],
      questionsFile: null,
      objectionFile: null,
      objectionTo: null,
      atForge: false,
      feedback: null,
    },
    agent,
    policy: { ...policy, ...options.policy },
    budget: noBudget,
    hooks: { beforeRun: null, afterRun: null },
    priority: 5,
  };
  await app.runtime.create('agentRun', id, input as never);
}

/** Living processes that carry the mark of a run below this directory, by run. Looks at nothing but /proc. */
export function markedProcesses(directory: string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let environment: string;
    let state: string | undefined;
    try {
      environment = readFileSync(`/proc/${name}/environ`, 'utf8');
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      state = stat.slice(stat.lastIndexOf(')') + 2)[0];
    } catch {
      continue;
    }
    if (state === 'Z' || state === 'X' || !environment.includes(`SIGNALBOX_WORKTREE=${directory}`)) continue;
    const run = /(?:^|\0)SIGNALBOX_RUN_ID=([^\0]*)/.exec(environment)?.[1] ?? '';
    found.set(run, [...(found.get(run) ?? []), Number(name)]);
  }
  return found;
}

/** Ends whatever of a measurement is left. */
export function endMarked(directory: string): void {
  for (const pid of [...markedProcesses(directory).values()].flat()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

export const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));
