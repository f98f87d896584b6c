/** Which command a gate runs: its own, or what the files of a commit say. */
import { below, candidatesAt, lookedFor, scriptOf } from '../../integrations/toolchains/index.ts';
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

export function nothingToRun({ script }: CommandGate): string {
  return script === undefined
    ? `no test command was found in the repository (${lookedFor})`
    : `the repository has no script ${script} (package.json, Makefile)`;
}
