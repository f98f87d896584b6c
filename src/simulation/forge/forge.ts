/**
 * The forge of a simulated world: branches with their pull requests, builds and reviews. What a look at it shows is what has
 * happened there, whether or not anybody was told.
 */
import type { Forge, PullRequest } from '../../integrations/forge.ts';
import { OutsideError } from '../../integrations/outside.ts';
import type { RawDelivery } from '../../integrations/webhook.ts';
import type { Pipeline } from '../../machines/pipeline.ts';
import type { Calendar } from '../calendar.ts';
import type { Chance } from '../chance.ts';
import type { WorldSettings } from '../settings.ts';
import type { AtForge, Branch, Judgement, Pushed } from './at-forge.ts';
import { createBuilds } from './builds.ts';
import { createDeliveries, type Deliveries, ourLogin, pullPayload, repositoryName } from './deliveries.ts';
import { createReviews } from './reviews.ts';

export const forgeName = 'forge';

export interface SimulatedForge {
  /** As gates look at it. Throws `OutsideError` while it is away. */
  client: Forge;
  isAway(): boolean;
  /** A branch has come to this commit, and has a pull request. Answers the number of that. */
  push(branch: Pushed): number;
  /** The branch was merged into the target. */
  merged(taskId: string): void;
  /** What was lost, doubled and late of all that was sent. */
  readonly deliveries: Deliveries['counts'];
}

const hourMs = 3_600_000;
/** How long it is away when it is. */
const awayMs = 20 * 60_000;

export function createForge(
  { pipeline, ...around }: { calendar: Calendar; chance: Chance; settings: WorldSettings; pipeline: Pipeline },
  judgement: Judgement,
  deliver: (delivery: RawDelivery) => void,
): SimulatedForge {
  const { calendar, chance, settings } = around;
  const at: AtForge = { ...around, gates: pipeline.stages.flatMap(stage => stage.gates), judgement };
  const deliveries = createDeliveries(around, deliver);
  const builds = createBuilds(at, deliveries.tell);
  const reviews = createReviews(at, deliveries.tell);
  const branches = new Map<string, Branch>();
  let pulls = 0;

  function isAway(): boolean {
    const now = calendar.now();
    const hour = Math.floor(now / hourMs);
    return now - hour * hourMs < awayMs && chance.happens(`away ${hour}`, settings.forge.away);
  }

  const reached = <T>(answer: () => T) => {
    if (isAway()) throw new OutsideError('unreachable', 'the forge does not answer');
    return answer();
  };
  const branchOf = (isMeant: (branch: Branch) => boolean) => [...branches].find(([, branch]) => isMeant(branch));

  function reviewsOf(number: number) {
    const [taskId, branch] = branchOf(one => one.number === number) ?? [];
    if (taskId !== undefined && branch !== undefined)
      reviews.invite(taskId, branch, () => branches.get(taskId) ?? branch);
    const given = reviews.of(number).map(one => ({ ...one, isStale: one.sha !== branch?.sha }));
    return { reviews: given, unresolved: 0 };
  }

  const client: Partial<Forge> = {
    ...{ kind: 'gitea', name: forgeName },
    account: async () => reached(() => ({ id: 1, login: ourLogin })),
    branch: async (_, name) =>
      reached(() => {
        const [, branch] = branchOf(one => one.name === name) ?? [];
        return branch && { name, sha: branch.sha };
      }),
    checks: async (_, sha) => reached(() => ({ sha, checks: builds.of(sha) })),
    pullRequest: async (_, number) => reached(() => pullRequestOf(branchOf(one => one.number === number)?.[1])),
    reviews: async (_, number) => reached(() => reviewsOf(number)),
  };

  return {
    client: client as Forge,
    isAway,
    deliveries: deliveries.counts,
    push({ taskId, name, sha, tree, isOfOthers = false }) {
      const known = branches.get(taskId);
      if (known?.sha === sha) return known.number;
      // What follows a merge needs a pull request of its own.
      const isOpen = known !== undefined && !known.isMerged;
      if (!isOpen) pulls += 1;
      const branch = { name, sha, tree, number: isOpen ? known.number : pulls, isMerged: false, isOfOthers };
      branches.set(taskId, branch);
      builds.begin(taskId, branch);
      return branch.number;
    },
    merged(taskId) {
      const branch = branches.get(taskId);
      if (branch === undefined || branch.isMerged) return;
      branch.isMerged = true;
      const pull = { ...pullPayload(branch), merged: true, state: 'closed' };
      const { number } = branch;
      deliveries.tell('pull_request', {
        ...{ action: 'closed', number, sender: { id: 1, login: ourLogin }, pull_request: pull },
      });
    },
  };
}

function pullRequestOf(branch: Branch | undefined): PullRequest | undefined {
  if (branch === undefined) return undefined;
  const { number, isMerged, name, sha } = branch;
  return {
    ...{ number, url: `https://forge.example/${repositoryName}/pulls/${number}`, title: '', body: '' },
    ...{ state: isMerged ? 'merged' : 'open', isDraft: false, author: ourLogin },
    head: { branch: name, sha, repository: repositoryName },
    ...{ base: { branch: 'main' }, mergeCommit: null },
  };
}
