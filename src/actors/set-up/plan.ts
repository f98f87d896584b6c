/** What is to be done in a fresh checkout: as it was declared, or as the repository's files say. */
import { join } from 'node:path';
import type { SetUpRule } from '../../domain/set-up.ts';
import { below, candidatesAt } from '../../integrations/toolchains/index.ts';
import type { Files } from '../../integrations/toolchains/toolchain.ts';

export interface SetUpPlan {
  /** Where, from the top of the checkout. */
  cwd: string;
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
}

const detectedLimitMs = 900_000;

/** One for each directory in which something is to be done; `directories` beside the top are those that the project tests. */
export function plansOf(rule: SetUpRule, files: Files, directories: readonly string[]): SetUpPlan[] {
  if (rule === 'none') return [];
  if (rule !== 'detected')
    return rule.map(({ steps, keyedBy, timeLimitMs }) => ({
      ...{ cwd: '', steps, from: [], timeLimitMs },
      keeping: keyedBy.length === 0 ? null : { keyedBy, folders: null, afterCopy: [] },
    }));
  return [...new Set(['', ...directories])].flatMap(cwd => detectedPlan(cwd, below(files, cwd)) ?? []);
}

function detectedPlan(cwd: string, files: Files): SetUpPlan | null {
  const [first] = candidatesAt(files);
  if (first?.prepare == null || first.prepare.isImplied) return null;
  const { steps, keyedBy, keeps, afterCopy } = first.prepare;
  const here = (file: string) => join(cwd, file);
  const kept = { keyedBy: keyedBy.map(here), folders: keeps, afterCopy };
  const keeping = keeps.length === 0 ? null : kept;
  return { cwd, steps, from: first.from.map(here), timeLimitMs: detectedLimitMs, keeping };
}

/** `npm ci`, for people; `npm ci (in web)`. */
export const shownPlan = ({ steps, cwd }: SetUpPlan): string =>
  `${steps.map(step => step.join(' ')).join(' && ')}${cwd === '' ? '' : ` (in ${cwd})`}`;
