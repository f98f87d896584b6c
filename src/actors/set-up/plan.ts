/** What is to be done in a fresh checkout: as it was declared, or as the repository's files say. */
import type { SetUpRule } from '../../domain/set-up.ts';
import { candidatesAt } from '../../integrations/toolchains/index.ts';
import type { Files } from '../../integrations/toolchains/toolchain.ts';

export interface SetUpPlan {
  steps: string[][];
  /** The files that say so; empty where the user does. */
  from: string[];
  timeLimitMs: number;
  /** Null where what it makes belongs to one checkout alone. */
  keeping: Keeping | null;
}

export interface Keeping {
  keyedBy: string[];
  /** Names of folders that are kept, at any depth; null for all that is made. */
  folders: string[] | null;
  /** What is run all the same where they were copied. */
  afterCopy: string[][];
  /** Whether scripts of the repository have a hand in it. */
  runsOwnScripts: boolean;
}

const detectedLimitMs = 900_000;

/** Null where nothing is to be done. */
export function planOf(rule: SetUpRule, files: Files): SetUpPlan | null {
  if (rule === 'none') return null;
  if (rule !== 'detected') {
    const { steps, keyedBy, timeLimitMs } = rule;
    const keeping = { keyedBy, folders: null, afterCopy: [], runsOwnScripts: false };
    return { steps, from: [], timeLimitMs, keeping: keyedBy.length === 0 ? null : keeping };
  }
  const [first] = candidatesAt(files);
  if (first?.prepare == null || first.prepare.isImplied) return null;
  const { steps, keyedBy, keeps, afterCopy, runsOwnScripts } = first.prepare;
  const keeping = keeps.length === 0 ? null : { keyedBy, folders: keeps, afterCopy, runsOwnScripts };
  return { steps, from: first.from, timeLimitMs: detectedLimitMs, keeping };
}

/** `npm ci`, for people. */
export const shownSteps = (steps: readonly string[][]): string => steps.map(step => step.join(' ')).join(' && ');
