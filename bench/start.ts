/** From the commit that makes a run ready to the moment in which its process has been exec'ed, against a bare spawn. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setup } from 'xstate';
import { createAgentProcess } from '../src/actors/agent-process.ts';
import { plainAgent } from '../src/domain/agent-spec.ts';
import { builtInPrices } from '../src/integrations/prices.ts';
import { pureActor } from '../src/machines/provided.ts';
import { openSqliteStore } from '../src/persistence/sqlite/store.ts';
import { startRuntime } from '../src/runtime/index.ts';
import { median } from './statistics.ts';

const runs = 60;
/** Says when it was exec'ed, in nanoseconds of the wall clock. */
const program = ['/bin/date', '+%s%N'];
const nowMs = () => performance.timeOrigin + performance.now();

function bareSpawn(): Promise<number> {
  const began = nowMs();
  const child = spawn(program[0]!, program.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
  return new Promise(resolve => {
    let text = '';
    child.stdout.on('data', chunk => {
      text += chunk;
    });
    child.on('close', () => resolve(Number(text) / 1e6 - began));
  });
}

const starter = setup({ actors: { agent: pureActor } }).createMachine({
  id: 'starter',
  context: ({ input }) => ({ input }),
  initial: 'ready',
  states: {
    ready: { on: { start: 'working' } },
    working: {
      invoke: {
        id: 'agent',
        src: 'agent',
        input: ({ context }) => (context as { input: { run: Record<string, unknown> } }).input.run,
      },
      on: { 'agent.exited': 'ended' },
    },
    ended: { type: 'final' },
  },
});

/** Milliseconds, medians. `over` is what the durable start costs beyond the bare spawn. */
export async function measureStart(): Promise<{ bare: number; durable: number; over: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  try {
    const runsDir = join(directory, 'runs');
    const worktree = join(directory, 'worktree');
    mkdirSync(runsDir);
    mkdirSync(worktree);
    const committed = new Map<string, number>();
    const ended = new Map<string, () => void>();
    const store = openSqliteStore({ file: join(directory, 'signalbox.db') });
    const runtime = await startRuntime({
      store,
      kinds: [
        {
          name: 'starter',
          definition: 1,
          build: () => starter,
          actors: { agent: createAgentProcess({ dataDir: directory, runsDir, prices: () => builtInPrices }) },
        },
      ],
      listeners: [
        ({ actorId, type, to }) => {
          if (type === 'start') committed.set(actorId, nowMs());
          if (to === 'ended') ended.get(actorId)?.();
        },
      ],
    });
    const bare: number[] = [];
    const durable: number[] = [];
    for (let run = 0; run < runs; run++) {
      bare.push(await bareSpawn());
      const id = `r${run}`;
      const assignment = {
        taskId: id,
        workItem: id,
        title: 'x',
        body: '',
        stage: 's',
        role: 'r',
        attempt: 1,
        worktree,
        repository: worktree,
        project: 'bench',
        branch: 'main',
        target: 'main',
        hasPrompts: false,
        documents: 'docs',
        head: '',
        leaves: [],
        questionsFile: null,
        objectionFile: null,
        objectionTo: null,
        feedback: null,
      };
      const input = {
        runId: id,
        attempt: 1,
        assignment,
        agent: plainAgent('date', program),
        access: 'write',
        beginning: 'fresh',
        resume: null,
        handover: null,
        maxCostUsd: null,
        watch: { silenceMs: null, noProgressMs: null },
      };
      await runtime.create('starter', id, { run: input } as never);
      const end = new Promise<void>(resolve => ended.set(id, resolve));
      await runtime.send(id, { type: 'start' });
      await end;
      durable.push(Number(readFileSync(join(runsDir, `${id}-1`, 'output.log'), 'utf8')) / 1e6 - committed.get(id)!);
    }
    await runtime.stop();
    await store.close();
    const result = { bare: median(bare.slice(10)), durable: median(durable.slice(10)) };
    return { ...result, over: result.durable - result.bare };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
