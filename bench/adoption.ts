/** From the start of an orchestrator to the moment in which it has taken over the agents of one that was killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endMarked, markedProcesses, pause } from './agent-runs.ts';
import { median } from './statistics.ts';

const agents = 50;
const rounds = 3;
const child = fileURLToPath(new URL('agents-child.ts', import.meta.url));

export interface Adoption {
  agents: number;
  /** Milliseconds until all were adopted, median and worst: since the process was spawned, and since `openApp` was called. */
  fromSpawn: { median: number; worst: number };
  fromOpen: { median: number; worst: number };
  /** Agents that were not there afterwards, or that came back with another process. */
  lost: number;
  /** Processes of agents that were there afterwards and not before. */
  doubled: number;
  /** Numbers that are missing from, or repeated in, what an agent printed; all agents together. */
  gaps: number;
  /** Lines that the new orchestrator's last report does not know of, or counts twice. */
  misread: number;
  /** The longest time between two lines of one agent around the kill, milliseconds. They come every 50 ms or so. */
  longestPause: number;
  /** Lines that were read altogether. */
  lines: number;
}

/** Starts the agents, kills their orchestrator, starts another one, and lets the agents finish under that. */
export async function measureAdoption(): Promise<Adoption> {
  const results: Round[] = [];
  for (let round = 0; round < rounds; round++) results.push(await adoptOnce());
  const times = (key: 'fromSpawn' | 'fromOpen') => {
    const values = results.map(result => result[key]);
    return { median: median(values), worst: Math.max(...values) };
  };
  const sum = (key: 'lost' | 'doubled' | 'gaps' | 'misread' | 'lines') =>
    results.reduce((total, result) => total + result[key], 0);
  return {
    agents,
    fromSpawn: times('fromSpawn'),
    fromOpen: times('fromOpen'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    gaps: sum('gaps'),
    misread: sum('misread'),
    lines: sum('lines'),
    longestPause: Math.max(...results.map(result => result.longestPause)),
  };
}

type Round = Pick<Adoption, 'lost' | 'doubled' | 'gaps' | 'misread' | 'longestPause' | 'lines'> & {
  fromSpawn: number;
  fromOpen: number;
};

async function adoptOnce(): Promise<Round> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const stop = join(directory, 'stop');
  const data = join(directory, 'data');
  const children: ChildProcess[] = [];
  const orchestrator = (order: 'start' | 'adopt') => {
    const process = spawn('node', [child, order, data, String(agents)], {
      env: { ...globalThis.process.env, STOP: stop },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(process);
    const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    return { process, next: async <T>() => JSON.parse((await lines.next()).value ?? '{}') as T };
  };
  try {
    const first = orchestrator('start');
    const { pids } = await first.next<{ pids: Record<string, number> }>();
    await pause(2_000);
    const before = markedProcesses(data);
    first.process.kill('SIGKILL');
    await new Promise(resolve => first.process.once('exit', resolve));
    const killedAt = Date.now();

    const spawned = performance.timeOrigin + performance.now();
    const second = orchestrator('adopt');
    const adopted = await second.next<{ pids: Record<string, number>; fromOpenMs: number; wall: number }>();
    await pause(2_000);
    const after = markedProcesses(data);

    writeFileSync(stop, '');
    const { ends } = await second.next<{ ends: Record<string, { events: number; lastText: string }> }>();
    const runs = Object.keys(pids);
    const outputs = runs.map(run => ({ run, ...readOutput(join(data, 'runs', `${run}-1`, 'output.log')) }));
    const known = new Set([...before.values()].flat());
    return {
      fromSpawn: adopted.wall - spawned,
      fromOpen: adopted.fromOpenMs,
      lost: runs.filter(run => adopted.pids[run] !== pids[run] || !after.get(`${run}-1`)?.includes(pids[run]!)).length,
      doubled: [...after.values()].flat().filter(pid => !known.has(pid)).length,
      gaps: outputs.reduce((total, { gaps }) => total + gaps, 0),
      misread: outputs.reduce((total, { run, lines }) => total + Math.abs(lines - (ends[run]?.events ?? 0)), 0),
      longestPause: Math.max(...outputs.map(({ times }) => longestPause(times, killedAt))),
      lines: outputs.reduce((total, { lines }) => total + lines, 0),
    };
  } finally {
    for (const process of children) process.kill('SIGKILL');
    endMarked(data);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What an agent really printed: its lines, and the numbers among them that do not follow on the one before. */
function readOutput(path: string): { lines: number; gaps: number; times: number[] } {
  const text = readFileSync(path, 'utf8');
  const numbers = [...text.matchAll(/"text":"(\d+)"/g)].map(([, number]) => Number(number));
  const times = [...text.matchAll(/"at":(\d+)/g)].map(([, at]) => Number(at) / 1_000);
  const gaps = numbers.filter((number, index) => number !== index + 1).length;
  return { lines: text.split('\n').length - 1, gaps, times };
}

/** Between two lines that follow each other, of those within a second of the kill. */
function longestPause(times: readonly number[], killedAt: number): number {
  const around = times.filter(at => Math.abs(at - killedAt) < 1_000);
  return Math.max(...around.slice(1).map((at, index) => at - around[index]!));
}
