/** Brings the task's branch to its forge, and makes sure that a pull request asks for it. */
import type { Forge } from '../../integrations/forge.ts';
import type { AtForge, Pushed } from '../../machines/task/context.ts';
import { askForge } from './answer.ts';
import { pushBranch, type RelayPlace } from './relay.ts';

export interface PushInput {
  taskId: string;
  workItem: string;
  title: string;
  body: string;
  repository: string;
  branch: string;
  target: string;
  /** The commit that was published. */
  head: string;
  forge: AtForge;
}

/** What a forge and its repository are found by. */
export interface ForgeSurroundings {
  forge: Forge;
  /** The directory of all relays. */
  relays: string;
}

export const relayOf = (
  { repository, forge: at }: Pick<PushInput, 'repository' | 'forge'>,
  { forge, relays }: ForgeSurroundings,
): RelayPlace => ({ directory: relays, forge, remote: at.repository, repository });

/** Can be repeated: what is there already stays as it is. */
export async function pushToForge(input: PushInput, around: ForgeSurroundings): Promise<Pushed> {
  const { forge } = around;
  const { branch, target, head, workItem, title } = input;
  const remote = input.forge.repository;
  return askForge(forge.name, async () => {
    await pushBranch(relayOf(input, around), branch, head);
    const base = await forge.branch(remote, target);
    // A stage may have added nothing to what is merged already: then there is nothing to ask for.
    if (base?.sha === head) return { result: 'pushed', pullRequest: null };
    const body = `${quoted(input.body)}\n\n_${workItem}, worked on by Signalbox._\n`.trimStart();
    const { number, url } = await forge.openPullRequest(remote, {
      head: branch,
      base: target,
      title: `${workItem}: ${title}`,
      body,
    });
    return { result: 'pushed', pullRequest: { number, url } };
  });
}

const longestBody = 10_000;

/** The work item as a quotation, so that nothing in it closes issues or mentions people by itself. */
function quoted(body: string): string {
  if (body.trim() === '') return '';
  const lines = body.slice(0, longestBody).replaceAll('@', '@\u200b').replaceAll('#', '#\u200b').split('\n');
  return lines.map(line => `> ${line}`).join('\n');
}
