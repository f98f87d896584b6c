/** From the order to kill a run to the moment in which nothing is left of its processes, which are as stubborn as can be. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { endMarked, markedProcesses, pause } from './agent-runs.ts';
import { median } from './statistics.ts';

/** After a first one that warms up. */
export const kills = 50;
/** The shim, and three generations, each in a session of its own. */
const treeSize = 4;
const child = fileURLToPath(new URL('agents-child.ts', import.meta.url));

interface Spread {
  median: number;
  worst: number;
}

/** Milliseconds. The clock stops when the last process of the tree is gone, as seen in /proc by another process. */
export interface Killing {
  /** From the order (`run.stop` sent to the run) on; the worktree is saved first. */
  whole: Spread;
  /** From the moment in which the checkpoint was made, and the first signal is due. */
  afterCheckpoint: Spread;
  /** From the first SIGKILL on. */
  afterSignal: Spread;
  /** What a single git command takes here that does next to nothing, median: a checkpoint is five of them. */
  gitCommand: number;
}

/**
 * The orchestrator is a child that gets its orders on standard input; this process only looks. The worktree is a git
 * checkout with changes in it, so that the checkpoint before the kill has something to save.
 */
export async function measureKill(): Promise<Killing> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const orchestrator = spawn('node', [child, 'kill', directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: orchestrator.stdout })[Symbol.asyncIterator]();
  const order = async (text: string) => {
    orchestrator.stdin.write(`${text}\n`);
    return () => answers.next().then(({ value }) => JSON.parse(value ?? '{}') as Record<string, string>);
  };
  try {
    const { worktree, head } = await makeRepository(directory);
    const whole: number[] = [];
    const afterCheckpoint: number[] = [];
    const afterSignal: number[] = [];
    for (let kill = 0; kill <= kills; kill++) {
      const run = `r${kill}`;
      await (await order(`start ${run} ${head}`))();
      const tree = await completeTree(directory, `${run}-1`);
      writeFileSync(join(worktree, 'work.txt'), `the work of ${run}\n`);
      const answer = await order(`stop ${run}`);
      const goneAt = await whenGone(tree);
      const left = markedProcesses(directory).get(`${run}-1`) ?? [];
      if (left.length > 0) throw new Error(`Of ${run}, the processes ${left.join(', ')} are left.`);
      const times = await answer();
      const since = (name: string) => Number(goneAt - BigInt(times[name]!)) / 1e6;
      // The first one compiles.
      if (kill === 0) continue;
      whole.push(since('sent'));
      afterCheckpoint.push(since('working.stopping.terminating'));
      afterSignal.push(since('working.killing'));
    }
    const { stdout: saved } = await execa('git', ['for-each-ref', 'refs/signalbox/*/*-stop'], { cwd: worktree });
    if (saved.split('\n').length !== kills + 1)
      throw new Error(`Not every worktree was saved before its kill:\n${saved}`);
    const gitCommand = median(await gitTimes(worktree));
    return {
      whole: spread(whole),
      afterCheckpoint: spread(afterCheckpoint),
      afterSignal: spread(afterSignal),
      gitCommand,
    };
  } finally {
    orchestrator.kill('SIGKILL');
    endMarked(directory);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A checkout of some hundred files. */
async function makeRepository(directory: string): Promise<{ worktree: string; head: string }> {
  const worktree = join(directory, 'worktrees', 'repository');
  mkdirSync(worktree, { recursive: true });
  for (let file = 0; file < 300; file++) writeFileSync(join(worktree, `file-${file}.txt`), `${file}\n`.repeat(100));
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=bench', '-c', 'user.email=b@b', ...args], { cwd: worktree });
  await git('init', '-q', '-b', 'main');
  await git('add', '.');
  await git('commit', '-q', '-m', 'Begin');
  const { stdout: head } = await git('rev-parse', 'HEAD');
  return { worktree, head };
}

/** The processes of a run, once all generations are there, and as stubborn as they should be. */
async function completeTree(directory: string, run: string): Promise<number[]> {
  for (;;) {
    const pids = markedProcesses(directory).get(run) ?? [];
    const log = readFileSync(join(directory, 'runs', run, 'output.log'), 'utf8');
    if (log.includes('generation 3') && pids.length === treeSize) {
      const sessions = new Set(pids.map(sessionOf));
      if (sessions.size !== treeSize) throw new Error(`The tree of ${run} has ${sessions.size} sessions.`);
      return pids;
    }
    await pause(5);
  }
}

async function whenGone(pids: readonly number[]): Promise<bigint> {
  for (;;) {
    if (!pids.some(isThere)) return process.hrtime.bigint();
    await pause(1);
  }
}

function isThere(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

const sessionOf = (pid: number) => statOf(pid)?.[3];

/** The fields of /proc/<pid>/stat from the state on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

async function gitTimes(worktree: string): Promise<number[]> {
  const times: number[] = [];
  for (let command = 0; command < 20; command++) {
    const began = performance.now();
    await execa('git', ['rev-parse', 'HEAD'], { cwd: worktree });
    times.push(performance.now() - began);
  }
  return times;
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), worst: Math.max(...values) };
}
