/**
 * Bounds a log that a program writes straight to: its beginning and its end are kept, and the room of what lies between is given back
 * to the disk. The file becomes sparse (fallocate(2), FALLOC_FL_PUNCH_HOLE), so that every offset in it stays what it was: whoever
 * writes goes on writing, whoever reads skips the gap. Where that cannot be done the log stays whole, and the host's own limit of free
 * disk ends what fills it.
 */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { tryTo } from '../domain/try-to.ts';
import { writeWhole } from './write-whole.ts';

/** What is left out of a log, in bytes from its beginning: `from` counts, `to` does not. */
export interface Gap {
  from: number;
  to: number;
}

export interface KeptOfLog {
  headBytes: number;
  tailBytes: number;
}

/** At most 64 MB with what has gathered before the next cut. */
export const keptOfLog: KeptOfLog = { headBytes: 16 << 20, tailBytes: 40 << 20 };
/** How much has gathered when it is worth a cut. */
const stepBytes = 8 << 20;
/** How far apart the ends of lines are remembered at which a cut may lie. */
const markBytes = 1 << 18;
const punchLimitMs = 10_000;

const gapSchema = z.object({ from: z.int().min(0), to: z.int().min(0) });
const gapFileOf = (log: string) => `${log}.gap`;

/** What is left out of a log; null while it is whole. */
export function gapOf(log: string): Gap | null {
  try {
    const gap = gapSchema.parse(JSON.parse(readFileSync(gapFileOf(log), 'utf8')));
    return gap.to > gap.from ? gap : null;
  } catch {
    return null;
  }
}

export interface LogBound {
  /** A line ends here: a good place for a cut. */
  line(end: number): void;
  /** Everything before this place has been read by whoever needs it. */
  passed(position: number): void;
  /** Resolves when no cut is under way. */
  settled(): Promise<void>;
}

export function boundLog(log: string, kept: KeptOfLog = keptOfLog): LogBound {
  let gap = gapOf(log);
  let marks: number[] = [];
  let head: number | undefined;
  let cutting: Promise<void> | undefined;
  let canCut = true;

  const cut = async (next: Gap): Promise<void> => {
    const before = gap;
    gap = next;
    try {
      // Told first: what is told to be missing is read by nobody, whether it is gone yet or not.
      tell(next);
      await punch(log, next);
    } catch {
      canCut = false;
      gap = before;
      tryTo(() => tell(before));
    }
  };

  const tell = (told: Gap | null) => {
    if (told === null) return rmSync(gapFileOf(log), { force: true });
    writeWhole(gapFileOf(log), JSON.stringify(told));
  };

  return {
    line(end) {
      if (head === undefined && end >= kept.headBytes) head = end;
      if (end - (marks.at(-1) ?? 0) >= markBytes) marks.push(end);
    },
    passed(position) {
      const begin = gap?.to ?? kept.headBytes;
      if (!canCut || cutting !== undefined || position - begin < kept.tailBytes + stepBytes) return;
      const latest = position - kept.tailBytes;
      const mark = marks.findLast(end => end <= latest && end > begin) ?? latest;
      marks = marks.filter(end => end > mark);
      // A line without an end is cut where it is.
      const from = gap?.from ?? (head !== undefined && head < mark ? head : kept.headBytes);
      cutting = cut({ from, to: mark }).finally(() => {
        cutting = undefined;
      });
    },
    settled: async () => cutting,
  };
}

const punch = (log: string, { from, to }: Gap) =>
  new Promise<void>((resolve, reject) => {
    const args = ['--punch-hole', '--offset', String(from), '--length', String(to - from), log];
    execFile('fallocate', args, { timeout: punchLimitMs }, error => (error === null ? resolve() : reject(error)));
  });
