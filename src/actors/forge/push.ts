/** Brings the task's branch to its forge, and makes sure that a pull request asks for it. */
import type { Forge } from '../../integrations/forge.ts';
import type { AtForge, Pushed } from '../../machines/task/context.ts';
import { askForge } from './answer.ts';
import { harmless, harmlessTitle } from './harmless.ts';
import { fetchBranch, holds, pushBranch, type RelayPlace } from './relay.ts';

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
    const relay = relayOf(input, around);
    await pushBranch(relay, branch, head);
    const tip = await fetchBranch(relay, target);
    // A stage may have added nothing to what is merged already, and others may have merged since: nothing to ask for.
    if (tip !== undefined && (await holds(relay, { commit: head, tip })))
      return { result: 'pushed', pullRequest: null };
    const body = `${quoted(input.body)}\n\n_${workItem}, worked on by Signalbox._\n`.trimStart();
    // One that is open is found again, under the title that it has; what comes after one that was merged is told apart.
    const earlier = input.forge.pullRequest;
    const { number, url } = await forge.openPullRequest(remote, {
      head: branch,
      base: target,
      title: harmlessTitle(`${workItem}: ${title}`) + (earlier === null ? '' : ` (after #${earlier.number})`),
      body,
    });
    return { result: 'pushed', pullRequest: { number, url } };
  });
}

const longestBody = 10_000;

/** The work item as a quotation, so that it is not taken for ours. */
function quoted(body: string): string {
  if (body.trim() === '') return '';
  const lines = harmless(body.slice(0, longestBody)).split(/\r\n|[\r\n]/);
  return lines.map(line => `> ${line}`).join('\n');
}
