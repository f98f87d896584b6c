/** Watches what the machine has left, and says when it becomes too little for more agents, and when it is enough again. */
import { readFileSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { fromCallback } from 'xstate';
import { formatSize } from '../domain/size.ts';
import { tryTo } from '../domain/try-to.ts';
import { untilStopped } from '../runtime/index.ts';

export interface HostNeeds {
  minFreeDiskBytes: number;
  minFreeMemoryBytes: number;
}

export interface HostFree {
  diskBytes: number;
  memoryBytes: number;
}

const lookMs = 5_000;
/** How much more than the minimum has to be free before the pressure counts as gone: it does not flutter. */
const slack = 1.1;

/** What is free on the disk of a directory, and in memory (the kernel's own estimate of what programs can still get). */
export function measureHost(directory: string): HostFree {
  const { bavail, bsize } = statfsSync(directory);
  return { diskBytes: bavail * bsize, memoryBytes: availableMemory() };
}

/** What the host is short of, in words; null when there is enough. */
export function pressureOf(free: HostFree, needs: HostNeeds, before: string | null): string | null {
  const factor = before === null ? 1 : slack;
  const parts: string[] = [];
  const check = (what: string, has: number, needed: number) => {
    if (has < needed * factor) parts.push(`${formatSize(has)} of ${what} free, ${formatSize(needed)} needed`);
  };
  check('disk space', free.diskBytes, needs.minFreeDiskBytes);
  check('memory', free.memoryBytes, needs.minFreeMemoryBytes);
  return parts.length === 0 ? null : parts.join('; ');
}

/** Below this share of what has to be free, those at work would soon fill the disk. */
const shareLeft = 0.25;

/** Whether those at work have to stop, for a disk that is full breaks everything on it. */
export const isDiskFilling = ({ diskBytes }: HostFree, { minFreeDiskBytes }: HostNeeds, before: boolean): boolean =>
  diskBytes < minFreeDiskBytes * shareLeft * (before ? slack : 1);

/** The logic of the worker's gauge. It reports changes only: an event is a commit. */
export function createHostGauge(directory: string, needs: () => HostNeeds, measure = measureHost) {
  return untilStopped(
    fromCallback(({ sendBack }) => {
      // Not known: the first look is always told, for the last one may have been before a restart.
      let pressure: string | null | undefined;
      let isFilling = false;
      const look = () => {
        const free = tryTo(() => measure(directory));
        // What cannot be measured says nothing new.
        if (free === undefined) return;
        const now = pressureOf(free, needs(), pressure ?? null);
        const wasFilling = isFilling;
        isFilling = isDiskFilling(free, needs(), wasFilling);
        const hasChanged = pressure === undefined || (now === null) !== (pressure === null) || isFilling !== wasFilling;
        if (hasChanged) sendBack({ type: 'host.changed', pressure: now, isDiskFilling: isFilling });
        pressure = now;
      };
      look();
      const timer = setInterval(look, lookMs);
      timer.unref();
      return () => clearInterval(timer);
    }),
  );
}

function availableMemory(): number {
  try {
    const line = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'));
    return line === null ? freemem() : Number(line[1]) * 1024;
  } catch {
    return freemem();
  }
}
