/** Finds processes of runs that nobody waits for any more and ends them, with everything that they have started. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processTree, signalProcesses } from '../host/process-tree.ts';
import { presentLeader, readJob } from '../host/supervised-process.ts';

export interface Orphan {
  runId: string;
  processes: number;
}

const rounds = 50;
const pauseMs = 10;

/**
 * Looks at every process of this machine that carries the mark of a run under these directories. A crash between the
 * commit that ends a run and the kill that follows it leaves such a process behind.
 */
export async function endOrphans(
  { runsDir, worktreesDir, checkoutsDir }: { runsDir: string; worktreesDir: string; checkoutsDir: string },
  isJobOpen: (job: string) => Promise<boolean>,
): Promise<Orphan[]> {
  const orphans: Orphan[] = [];
  for (const [runId, worktree] of runsWithProcesses([worktreesDir, checkoutsDir])) {
    const runDir = join(runsDir, runId);
    const job = readJob(runDir);
    if (job === undefined || (await isJobOpen(job))) continue;
    const leader = presentLeader(runDir) ?? { pid: -1, startTime: '' };
    const mark = [`SIGNALBOX_RUN_ID=${runId}`, `SIGNALBOX_WORKTREE=${worktree}`];
    let found = 0;
    for (let round = 0; round < rounds; round++) {
      const processes = processTree(leader, mark);
      if (processes.length === 0) break;
      found = Math.max(found, processes.length);
      signalProcesses(processes, 'SIGKILL');
      await new Promise(resolve => setTimeout(resolve, pauseMs));
    }
    if (found > 0) orphans.push({ runId, processes: found });
  }
  return orphans;
}

/** Runs whose mark some living process carries, with the worktree or checkout below one of these directories that it names. */
export function runsWithProcesses(directories: readonly string[]): Map<string, string> {
  const runs = new Map<string, string>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let environment: string[];
    try {
      environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
    } catch {
      continue;
    }
    const valueAt = (key: string) => environment.find(entry => entry.startsWith(`${key}=`))?.slice(key.length + 1);
    const runId = valueAt('SIGNALBOX_RUN_ID');
    const worktree = valueAt('SIGNALBOX_WORKTREE');
    if (runId === undefined || worktree === undefined) continue;
    if (directories.some(directory => worktree.startsWith(`${directory}/`))) runs.set(runId, worktree);
  }
  return runs;
}
