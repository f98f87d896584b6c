/** Makes a fresh checkout ready for whatever runs in it: by what was kept of another one, or by the commands themselves. */
import { join } from 'node:path';
import type { SandboxSpec } from '../../domain/agent-spec.ts';
import { messageOf } from '../../domain/errors.ts';
import type { SetUpRule } from '../../domain/set-up.ts';
import { type ProcessJob, readStart } from '../../host/supervised-process.ts';
import type { Files } from '../../integrations/toolchains/toolchain.ts';
import { filesOf } from '../gates/files.ts';
import { gitIn } from '../git.ts';
import { inTurn } from '../in-turn.ts';
import { endsOf } from '../log-file.ts';
import { inside, readPlain } from '../paths.ts';
import { runToEnd, whyFailed } from '../supervised-command.ts';
import { copyKept, keep, keyOf } from './kept.ts';
import { type Keeping, plansOf, type SetUpPlan } from './plan.ts';

export interface SetUpInput {
  rule: SetUpRule;
  /** Where more than the top is set up. */
  directories: readonly string[];
  repository: string;
  /** The checkout, and the commit that it holds. */
  directory: string;
  commit: string;
  /** Whether all of it is the target's, and nobody has worked in it: what agents have written may have a hand in no other checkout. */
  isUntouched(): Promise<boolean>;
  /** Where what was made is kept. */
  cacheDir: string;
  runsDir: string;
  /** Begins the names of its runs. */
  runId: string;
  taskId: string;
  branch: string;
  sandbox: SandboxSpec;
  /** Its home in a sandbox, where it is not that of the task. */
  home?: string;
  env: Record<string, string>;
  job: ProcessJob;
  signal: AbortSignal;
}

export interface SetUpReport {
  /** Why it could not be done; null where it was. */
  wrong: string | null;
  isDeclared: boolean;
}

const shownBytes = 2_000;
const noFiles: Files = { paths: [], has: () => false, read: () => undefined };

/** Never throws: what cannot be set up is told, and whoever asked decides what that means. */
export async function setUp(input: SetUpInput): Promise<SetUpReport> {
  const { rule, repository, commit, directory, directories } = input;
  const isDeclared = typeof rule !== 'string';
  const wrong: string[] = [];
  try {
    const files = rule === 'none' ? noFiles : asTheyLie(await filesOf(gitIn(repository), commit), directory);
    const plans = plansOf(rule, files, directories);
    for (const [index, plan] of plans.entries()) {
      const runId = `${input.runId}-setup${index === 0 ? '' : `-${index + 1}`}`;
      const problem = await carryOut(plan, { ...input, runId });
      if (problem !== null) wrong.push(problem);
    }
  } catch (error) {
    wrong.push(messageOf(error));
  }
  return { wrong: wrong.length === 0 ? null : wrong.join('\n'), isDeclared };
}

/** A gate puts what judges back to how the target has it: then that is what is set up. */
const asTheyLie = (files: Files, directory: string): Files => ({
  ...files,
  read: file => (files.read(file) === undefined ? undefined : readPlain(inside(directory, file))?.toString('utf8')),
});

async function carryOut(plan: SetUpPlan, input: SetUpInput): Promise<string | null> {
  const { keeping } = plan;
  if (keeping === null) return runSteps(plan.steps, plan, input);
  const { repository, directory, sandbox, env } = input;
  const key = await keyOf({ plan: { ...plan, keeping }, repository, directory, sandbox, env });
  // Several gates ask for the same at once: one of them makes it.
  return inTurn(`set-up ${key}`, () => copyOrRun(key, { ...plan, keeping }, input));
}

async function copyOrRun(
  key: string,
  plan: SetUpPlan & { keeping: Keeping },
  input: SetUpInput,
): Promise<string | null> {
  const { directory, isUntouched } = input;
  const cacheDir = join(input.cacheDir, 'set-ups');
  const { afterCopy } = plan.keeping;
  const copied = { ...input, runId: `${input.runId}-copied` };
  const isAtWork = ({ runId }: SetUpInput) => readStart(inside(input.runsDir, `${runId}-1`)) !== undefined;
  // After a crash it may be at work there still: nothing is copied under its feet.
  if (isAtWork(copied)) return runSteps(afterCopy, plan, copied);
  const isCopied = !isAtWork(input) && (await copyKept(cacheDir, key, directory).catch(() => false));
  if (isCopied) return runSteps(afterCopy, plan, copied);
  const wrong = await runSteps(plan.steps, plan, input);
  if (wrong !== null || !(await isUntouched())) return wrong;
  // A full disk is no reason to do without what is there.
  await keep(cacheDir, key, { git: gitIn(directory), directory, plan }).catch(() => {});
  return null;
}

/** Runs commands one after another; answers why one of them failed. */
async function runSteps(
  steps: readonly string[][],
  { timeLimitMs, cwd }: SetUpPlan,
  input: SetUpInput,
): Promise<string | null> {
  const { directory, runsDir } = input;
  for (const [index, argv] of steps.entries()) {
    const runId = `${input.runId}-${index + 1}`;
    const runDir = inside(runsDir, runId);
    const ended = await runToEnd({
      ...{ ...input, argv, worktree: directory, cwd: inside(directory, cwd), runDir, runId, timeLimitMs },
    });
    const how = whyFailed(ended, timeLimitMs);
    if (how === null) continue;
    return `${argv.join(' ')} ${how}\n${endsOf(join(runDir, 'output.log'), shownBytes)}`.trim();
  }
  return null;
}
