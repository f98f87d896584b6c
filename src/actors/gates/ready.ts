/** Makes a gate's checkout ready: clean, with what a fresh one needs, and in a sandbox with a home of its own. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readStart } from '../../host/supervised-process.ts';
import { toolEnvironment } from '../environment.ts';
import { gitIn, isAncestor } from '../git.ts';
import { tailOf } from '../log-file.ts';
import { inside } from '../paths.ts';
import { homeOf } from '../sandboxed.ts';
import { setUp } from '../set-up/set-up.ts';
import { runToEnd, whyFailed } from '../supervised-command.ts';
import { checkOut, removeTree } from './checkout.ts';
import { type ChangedJudges, putBack } from './judges.ts';
import type { CommandPlace } from './place.ts';

const tailBytes = 3_000;

export const environmentOf = ({ env }: Pick<CommandPlace, 'env'>) => toolEnvironment(env);

/** In a sandbox each run has a home of its own: what an agent, or an earlier run, has left in another decides nothing. */
export const homeFor = ({ taskId, runId }: Pick<CommandPlace, 'taskId' | 'runId'>) => `${taskId}.gates/${runId}`;

export const forgetHome = (place: CommandPlace) => removeTree(homeOf(dirname(place.runsDir), homeFor(place)));

/**
 * Makes the checkout, with what a fresh one needs. What was only found, and could not be done, may not be needed: the command is
 * run all the same, and what it comes to is told with the reason.
 */
export async function makeReady(
  place: CommandPlace,
  cwd: string,
  judges: ChangedJudges | undefined,
): Promise<{ isUsable: boolean; wrong: string }> {
  const { repository, directory, head, target, runId, runsDir, hook } = place;
  const git = gitIn(repository);
  // The set-up of this run, in one directory or several, by copy or not.
  const isOfReadying = (name: string) => name.startsWith(`${runId}-setup`) || name === `${runId}-hook`;
  const begun = (existsSync(runsDir) ? readdirSync(runsDir) : [])
    .filter(isOfReadying)
    .some(name => readStart(join(runsDir, name)) !== undefined);
  if (!begun) {
    forgetHome(place);
    await checkOut({ repository, directory, commit: head, target });
    if (judges !== undefined)
      await putBack(gitIn(directory), directory, { commit: target.commit!, files: judges.files });
  }
  const isUntouched = async () => target.commit !== undefined && isAncestor(git, head, target.commit);
  const env = environmentOf(place);
  const home = homeFor(place);
  const directories = [...place.tests.map(test => test.cwd), cwd];
  const ready = await setUp({ ...place, rule: place.setUp, directories, commit: head, isUntouched, env, home });
  const failed = 'what a fresh checkout needs could not be set up';
  const wrong = ready.wrong === null ? '' : `${failed}: ${ready.wrong}`;
  if (wrong !== '' && ready.isDeclared) return { isUsable: false, wrong };
  if (hook === null) return { isUsable: true, wrong };
  const hookId = `${runId}-hook`;
  const ended = await runToEnd({
    ...{ ...place, argv: hook.run, worktree: directory, timeLimitMs: hook.timeLimitMs, home },
    ...{ runDir: inside(runsDir, hookId), runId: hookId, env: { ...env, SIGNALBOX_HOOK: 'afterCreate' } },
  });
  const how = whyFailed(ended, hook.timeLimitMs);
  if (how === null) return { isUsable: true, wrong };
  const output = tailOf(join(inside(runsDir, hookId), 'output.log'), tailBytes);
  return { isUsable: false, wrong: `${failed}: ${hook.run.join(' ')} ${how}\n${output}` };
}
