/** Sets up a worktree that has just been made, before an agent sees it. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { noSandbox, type SandboxSpec } from '../../domain/agent-spec.ts';
import { SignalboxError } from '../../domain/errors.ts';
import type { SetUpRule } from '../../domain/set-up.ts';
import type { ProcessJob } from '../../host/supervised-process.ts';
import { toolEnvironment } from '../environment.ts';
import { homeOf } from '../sandboxed.ts';
import type { PrepareInput } from '../workspace.ts';
import { type SetUpInput, setUp } from './set-up.ts';

export interface ReadyingInput {
  /** Absent in jobs of earlier versions, as what follows. */
  setUp?: SetUpRule;
  /** Where more than the top is set up. */
  directories?: readonly string[];
  /** That of the agent: what is set up may be its own work. */
  sandbox?: SandboxSpec;
  /** Names of variables. */
  env?: string[];
  job: ProcessJob;
}

/** What was only found, and could not be done, is told: it may not be needed. Throws `setUpFailed` for what was declared. */
export async function setUpWorktree(
  { setUp: rule = 'none', directories = [], sandbox = noSandbox, env = [], ...input }: PrepareInput & ReadyingInput,
  place: Pick<SetUpInput, 'commit' | 'isUntouched' | 'runsDir' | 'cacheDir' | 'signal'>,
): Promise<string[]> {
  const { taskId, repository, worktree: directory, branch, job } = input;
  const where = { repository, directory, branch, taskId, runId: job.ref, job };
  // What an agent has left in its home has a hand in it as well.
  const isHome = existsSync(homeOf(dirname(place.runsDir), taskId));
  const isUntouched = async () => !isHome && (await place.isUntouched());
  const how = { rule, directories, sandbox, env: toolEnvironment(env), isUntouched };
  const { wrong, isDeclared } = await setUp({ ...place, ...where, ...how });
  if (wrong === null) return [];
  if (isDeclared) throw new SignalboxError('unavailable', 'setUpFailed', `What the worktree needs: ${wrong}`);
  return [`what the worktree needs could not be set up: ${wrong}`];
}
