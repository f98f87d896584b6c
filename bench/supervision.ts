/** What watching agents takes that say nothing: processor time and memory of the orchestrator. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { endMarked } from './agent-runs.ts';

const agents = 50;
const seconds = 30;
const child = fileURLToPath(new URL('agents-child.ts', import.meta.url));

interface Watched {
  /** Of one core. */
  share: number;
  rss: number;
  heap: number;
}

export interface Supervision {
  agents: number;
  seconds: number;
  /** The application without agents, with agents that it has started, and with agents that it has adopted. */
  idle: Watched;
  started: Watched;
  adopted: Watched;
  /** Bytes of RSS for each agent, against the application without any. */
  rssPerAgent: number;
}

export async function measureSupervision(): Promise<Supervision> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const watch = async (name: string, count: number) => {
    const args = ['--expose-gc', child, 'supervise', join(directory, name), String(count), String(seconds)];
    const { stdout } = await execa('node', args, { reject: false });
    return JSON.parse(stdout) as Watched;
  };
  try {
    const idle = await watch('idle', 0);
    const started = await watch('busy', agents);
    // The one before has died without a word, and its agents live on.
    const adopted = await watch('busy', agents);
    return { agents, seconds, idle, started, adopted, rssPerAgent: (started.rss - idle.rss) / agents };
  } finally {
    endMarked(directory);
    rmSync(directory, { recursive: true, force: true });
  }
}
