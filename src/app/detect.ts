/** Finds how a repository is tested, from what its target branch holds, and proves it there. Nothing of the user's is touched. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../actors/gates/checkout.ts';
import { judgeTarget } from '../actors/gates/command.ts';
import { filesOf } from '../actors/gates/files.ts';
import type { CommandPlace } from '../actors/gates/place.ts';
import { runOnce } from '../actors/gates/running.ts';
import { gitIn, listed } from '../actors/git.ts';
import { plansOf, shownPlan } from '../actors/set-up/plan.ts';
import type { SetUpRule } from '../domain/set-up.ts';
import type { TestCommand } from '../domain/test-command.ts';
import type { VerdictWord } from '../domain/verdict.ts';
import { type CiCommand, ciCommands } from '../integrations/toolchains/ci.ts';
import { candidatesIn, type Placed } from '../integrations/toolchains/index.ts';
import type { CommandGate } from '../machines/pipeline.ts';

/** A way to test a part of the repository. */
export interface DetectedTests extends TestCommand {
  toolchain: string;
  /** Files that say so, from the top of the repository. */
  from: string[];
  /** What a fresh checkout needs before; null for nothing. */
  setUp: string | null;
  /** Whether it is the likeliest of its directory: others are there to be chosen by a person. */
  isChosen: boolean;
  /** What it comes to on the target; null where it was not run. */
  baseline: { verdict: VerdictWord; isFlaky: boolean; isOfMachine: boolean; detail: string; durationMs: number } | null;
}

export interface Detected {
  target: string;
  commit: string;
  tests: DetectedTests[];
  /** What workflows of the repository run that looks like tests. */
  ci: CiCommand[];
  /** How many files of the repository no commit has yet: of them nothing is known. */
  uncommitted: number;
}

export interface DetectOptions {
  repository: string;
  target: string;
  setUp: SetUpRule;
  /** Names of variables. */
  env: readonly string[];
  sandbox: CommandPlace['sandbox'];
  cacheDir: string;
  /** How long one command may take, in milliseconds. */
  timeLimitMs: number;
  isRun: boolean;
  /** Told what is about to run. */
  onProgress(found: { run: string[]; cwd: string; setUp: string | null }): void;
  signal: AbortSignal;
}

export async function detectTests(options: DetectOptions): Promise<Detected> {
  const { repository, target, isRun, onProgress } = options;
  const git = gitIn(repository);
  const commit = (await git(['rev-parse', '--verify', `refs/heads/${target}^{commit}`])).trim();
  const files = await filesOf(git, commit);
  const tests: DetectedTests[] = [];
  const spoken = new Set<string>();
  for (const candidate of candidatesIn(files)) {
    const { directory: cwd, test: run, toolchain, from } = candidate;
    const isChosen = !spoken.has(cwd);
    spoken.add(cwd);
    const setUp = setUpOf(options.setUp, candidate, () => plansOf(options.setUp, files, [cwd]).map(shownPlan));
    const found = { run, cwd, toolchain, from: from.map(file => join(cwd, file)), setUp, isChosen };
    if (isRun && isChosen) onProgress(found);
    tests.push({ ...found, baseline: isRun && isChosen ? await proved(found, commit, options) : null });
    options.signal.throwIfAborted();
  }
  const changed = await listed(git, ['status', '--porcelain', '-z', '--no-renames']).catch(() => []);
  return { target, commit, tests, ci: ciCommands(files), uncommitted: changed.length };
}

function setUpOf(rule: SetUpRule, { prepare }: Placed, declared: () => string[]): string | null {
  if (rule !== 'detected') return declared().join('; ') || null;
  return prepare === null || prepare.isImplied ? null : prepare.steps.map(step => step.join(' ')).join(' && ');
}

/** Runs it on the target, in a checkout that is gone afterwards; a failure twice. */
async function proved(
  { run, cwd }: TestCommand,
  commit: string,
  { repository, target, setUp, env, sandbox, cacheDir, timeLimitMs, signal }: DetectOptions,
): Promise<NonNullable<DetectedTests['baseline']>> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-detect-'));
  const gate: CommandGate = { kind: 'command', name: 'tests', run, cwd, timeout: timeLimitMs, flaky: 'pass' };
  const place: CommandPlace = {
    ...{
      repository,
      directory: join(directory, 'checkout'),
      head: commit,
      target: { name: target, commit, base: commit },
    },
    ...{ runId: 'detect', taskId: 'detect', job: { ref: 'detect' }, branch: target, sandbox, env, setUp, hook: null },
    ...{ tests: [{ run, cwd }], runsDir: join(directory, 'runs'), cacheDir, signal },
  };
  const began = performance.now();
  try {
    const { verdict, isOfMachine, detail } = await judgeTarget(gate, place, true);
    const durationMs = Math.round(performance.now() - began);
    const again = verdict === 'fail' ? await runOnce(gate, { ...place, runId: 'detect-again' }, run) : undefined;
    return { verdict, isOfMachine, isFlaky: again?.verdict === 'pass', detail, durationMs };
  } finally {
    removeTree(directory);
  }
}
