/** Has the forge merge a pull request: only the commit that was judged, and once. */
import type { MergeAnswer } from '../../integrations/forge.ts';
import { documentsOf, type Merged, type Updated } from '../../machines/task/context.ts';
import { gitIn, isAncestor } from '../git.ts';
import { codeTreeOf } from '../listing.ts';
import { follow, type MergeInput } from '../merge.ts';
import { update } from '../update.ts';
import { askForge } from './answer.ts';
import { harmlessTitle } from './harmless.ts';
import { type ForgeSurroundings, type PushInput, relayOf } from './push.ts';
import { fetchBranch, holds, pushBranch } from './relay.ts';

export type ForgeMergeInput = MergeInput & Pick<PushInput, 'forge'>;

/** Looks before it acts: what the target holds already was merged before, by us or by a person. */
export async function mergeAtForge(input: ForgeMergeInput, around: ForgeSurroundings): Promise<Merged> {
  const { forge } = around;
  const { target, head, taskId, workItem, title } = input;
  const relay = relayOf(input, around);
  return askForge(forge.name, async (): Promise<Merged> => {
    const before = await fetchBranch(relay, target);
    if (before !== undefined && (await holds(relay, { commit: head, tip: before }))) return landed(input, before);
    const { pullRequest } = input.forge;
    if (pullRequest === null) return { result: 'refused', detail: 'there is no pull request to merge' };
    const isMoved = before !== undefined && !(await holds(relay, { commit: before, tip: head }));
    // What has come to the target since is part of nothing that was judged; a person may have squashed this very work, though.
    if (isMoved) {
      const { state: word } = (await forge.pullRequest(input.forge.repository, pullRequest.number)) ?? { state: null };
      if (word !== 'merged') return { result: 'moved' };
    }
    const answer = await forge.merge(input.forge.repository, pullRequest.number, {
      sha: head,
      title: `Merge ${harmlessTitle(`${workItem}: ${title}`)} (#${pullRequest.number})`,
      message: `Signalbox-Merge: ${taskId}:${head}`,
    });
    if (answer.result !== 'merged') return refusal(answer, forge.name);
    const after = await fetchBranch(relay, target);
    // A person may have squashed or rebased it: then the target holds the commit that the forge names, and not ours.
    if (after !== undefined && (await holds(relay, { commit: answer.commit, tip: after }))) return landed(input, after);
    return { result: 'away', why: `${forge.name} has merged it, and ${target} does not show it yet`, retryAt: null };
  });
}

/** What was squashed is in the target too, but nothing follows from there: the branch stays where it is. */
async function landed(input: ForgeMergeInput, commit: string): Promise<Merged> {
  const local = gitIn(input.repository);
  if (await isAncestor(local, input.head, commit)) await follow(input, commit);
  const codeTree = await codeTreeOf(local, commit, documentsOf(input.workItem));
  return { result: 'merged', commit, codeTree };
}

function refusal(answer: Exclude<MergeAnswer, { result: 'merged' }>, forge: string): Merged {
  const detail = `${forge}: ${answer.detail}`;
  switch (answer.result) {
    // It has all that the target had a moment ago: somebody was faster.
    case 'conflict':
      return { result: 'moved' };
    case 'notYet':
      return { result: 'away', why: detail, retryAt: null };
    case 'headMoved':
      return { result: 'refused', detail: `the branch is no longer at the commit that was judged; ${detail}` };
    case 'closed':
      return { result: 'refused', detail: `the pull request was closed; ${detail}` };
    case 'refused':
      return { result: 'refused', detail };
  }
}

/** Brings into the branch what its target at the forge has by now, here and there. */
export async function updateAtForge(input: ForgeMergeInput, around: ForgeSurroundings): Promise<Updated> {
  const { forge } = around;
  const relay = relayOf(input, around);
  return askForge(forge.name, async (): Promise<Updated> => {
    await fetchBranch(relay, input.target);
    const updated = await update(input, forge.name);
    if (updated.result === 'updated') await pushBranch(relay, input.branch, updated.head);
    return updated;
  });
}
