/** The directories of runs whose task was removed. */
import { readdirSync, type Stats } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runsWithProcesses } from '../actors/orphans.ts';
import { inside } from '../actors/paths.ts';
import { isAlive } from '../host/process-identity.ts';
import { presentLeader } from '../host/supervised-process.ts';
import type { DataPaths } from './data-directory.ts';

export interface SweepOptions {
  /** Whether the task of this id was removed. */
  isGone(taskId: string): Promise<boolean>;
  /** Answers what would go, and removes nothing. */
  isDryRun: boolean;
  signal: AbortSignal;
}

export interface Swept {
  directories: number;
  /** Of the files in them. */
  bytes: number;
  /** Directories that stay because a process of theirs lives. */
  inUse: string[];
}

/**
 * Removes the directories of all attempts, gates and hooks of tasks that are gone. What belongs to a task that is there, or
 * is not known to have been one, stays.
 */
export async function sweepRuns(
  { runsDir, worktreesDir, checkoutsDir }: Pick<DataPaths, 'runsDir' | 'worktreesDir' | 'checkoutsDir'>,
  { isGone, isDryRun, signal }: SweepOptions,
): Promise<Swept> {
  const swept: Swept = { directories: 0, bytes: 0, inUse: [] };
  const byTask = Map.groupBy(namesIn(runsDir), taskIn);
  const busy = new Set<string>(byTask.size === 0 ? [] : runsWithProcesses([worktreesDir, checkoutsDir]).keys());
  for (const [taskId, names] of byTask) {
    if (taskId === undefined || !(await isGone(taskId))) continue;
    for (const name of names) {
      if (signal.aborted) return swept;
      const directory = inside(runsDir, name);
      const leader = presentLeader(directory);
      if (busy.has(name) || (leader !== undefined && isAlive(leader))) {
        swept.inUse.push(name);
        continue;
      }
      swept.directories += 1;
      swept.bytes += await bytesIn(directory);
      if (!isDryRun) await rm(directory, { recursive: true, force: true });
    }
  }
  return swept;
}

/** Links are not followed: they are none of ours. */
const namesIn = (directory: string) =>
  readdirSync(directory, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [entry.name] : []));

/** Everything that runs for a task is called after it: `<task>.<stage>.<n>-<attempt>`. An id of a task has no dot. */
const taskIn = (name: string): string | undefined => (/^[^.]+(?=\.)/.exec(name) ?? [])[0];

async function bytesIn(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const entry of entries) {
    const stat: Stats | undefined = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
    if (stat?.isFile()) bytes += stat.size;
  }
  return bytes;
}
