/** Which command a gate runs: its own, or what the files of a commit say. */
import { someOf } from '../../domain/some-of.ts';
import { below, candidatesAt, candidatesIn, lookedFor, scriptOf } from '../../integrations/toolchains/index.ts';
import type { Files } from '../../integrations/toolchains/toolchain.ts';
import type { CommandGate } from '../../machines/pipeline.ts';
import { type Git, gitIn } from '../git.ts';
import { filesOf } from './files.ts';
import { type ChangedJudges, changedJudges } from './judges.ts';
import type { CommandPlace } from './place.ts';

/** The command of the target and that of the branch, and what the branch has changed of the judging. */
export async function commandsFor(
  gate: CommandGate,
  { repository, head, target }: CommandPlace,
): Promise<{ theirs: string[] | undefined; own: string[] | undefined; judges: ChangedJudges }> {
  const git = gitIn(repository);
  const find = (commit: string) => commandIn(git, gate, commit);
  const [own, theirs] = await Promise.all([find(head), find(target.commit ?? head)]);
  if (target.base === undefined) return { theirs, own, judges: { files: [], shown: [] } };
  const named = [...(theirs ?? []), ...(own ?? [])].map(word => word.replace(/^\.\//, ''));
  return { theirs, own, judges: await changedJudges(git, { base: target.base, head, named }) };
}

/** What a gate runs on a commit: program and arguments. */
export async function commandIn(git: Git, gate: CommandGate, commit: string): Promise<string[] | undefined> {
  if (gate.run !== undefined) return gate.run;
  const files = below(await filesOf(git, commit), gate.cwd ?? '');
  return gate.script === undefined ? candidatesAt(files)[0]?.test : scriptOf(files, gate.script)?.argv;
}

/** Why there is nothing to run on a commit, and what may be meant. */
export async function nothingToRun(git: Git, { script, cwd = '' }: CommandGate, commit: string): Promise<string> {
  if (script !== undefined) return `the repository has no script ${script} (package.json, Makefile)`;
  const others = cwd === '' ? testsBelow(await filesOf(git, commit)) : null;
  return `no test command was found in the repository (${lookedFor})${others === null ? '' : `; ${others}`}`;
}

/** What is tested in directories below the top, which is not guessed from; null for nothing. */
export function testsBelow(files: Files): string | null {
  const chosen = new Map(
    candidatesIn(files)
      .map(({ directory, test }) => [directory, test] as const)
      .reverse(),
  );
  if (chosen.size === 0) return null;
  const shown = [...chosen].reverse().map(([directory, test]) => `${test.join(' ')} in ${directory}`);
  return `there is ${someOf(shown, mostShown)}: once "gates detect" has written it into the configuration, it is run`;
}

const mostShown = 4;
