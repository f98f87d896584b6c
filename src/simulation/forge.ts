/**
 * The forge of a simulated world: branches, builds, reviews, and deliveries that tell of them, of which some never come, come
 * twice, or late. What a look at it shows is what has happened there, whether or not anybody was told.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Check, Forge, PullRequest, Review } from '../integrations/forge.ts';
import { OutsideError } from '../integrations/outside.ts';
import type { RawDelivery } from '../integrations/webhook.ts';
import type { Gate, Pipeline } from '../machines/pipeline.ts';
import type { Calendar } from './calendar.ts';
import type { Chance } from './chance.ts';
import type { Word } from './owed.ts';
import { inTheirHours, type WorldSettings } from './settings.ts';

export const forgeName = 'forge';
export const repositoryName = 'acme/shop';
export const webhookSecret = 'the secret of the simulated forge';

export interface SimulatedForge {
  /** As gates look at it. Throws `OutsideError` while it is away. */
  client: Forge;
  isAway(): boolean;
  /** A branch has come to this commit, and has a pull request. Answers the number of that. */
  push(branch: Pushed): number;
  /** The branch was merged into the target. */
  merged(taskId: string): void;
  /** What was lost, doubled and late of all that was sent. */
  readonly deliveries: { sent: number; lost: number; doubled: number; late: number };
}

export interface Pushed {
  taskId: string;
  name: string;
  sha: string;
  tree: string;
  /** Whether the code there is the target's, and documents alone are the task's: builds of it speak of others. */
  isOfOthers?: boolean;
}

/** How the world judges. */
export interface Judgement {
  wordFor(gate: Gate, name: string): Word;
  hear(gate: string, taskId: string, tree: string, word: Word): void;
}

interface Branch {
  name: string;
  sha: string;
  tree: string;
  number: number;
  isMerged: boolean;
  isOfOthers: boolean;
}

const ourLogin = 'signalbox';
const hourMs = 3_600_000;
/** How long it is away when it is. */
const awayMs = 20 * 60_000;

export function createForge(
  {
    calendar,
    chance,
    settings,
    pipeline,
  }: { calendar: Calendar; chance: Chance; settings: WorldSettings; pipeline: Pipeline },
  /** What a gate comes to under a name, and who hears of it. */
  { wordFor, hear }: Judgement,
  deliver: (delivery: RawDelivery) => void,
): SimulatedForge {
  const branches = new Map<string, Branch>();
  const checks = new Map<string, Check[]>();
  const reviews = new Map<number, Review[]>();
  const reviewed = new Set<string>();
  let pulls = 0;
  const deliveries = { sent: 0, lost: 0, doubled: 0, late: 0 };
  const gates = pipeline.stages.flatMap(stage => stage.gates);
  const ciGates = gates.filter(gate => gate.kind === 'ci');
  const reviewGates = gates.filter(gate => gate.kind === 'pullRequestReview');

  function isAway(): boolean {
    const now = calendar.now();
    const hour = Math.floor(now / hourMs);
    return now - hour * hourMs < awayMs && chance.happens(`away ${hour}`, settings.forge.away);
  }

  /** Says it to whoever has asked to be told, or does not. */
  function tell(event: string, payload: object): void {
    deliveries.sent += 1;
    const number = deliveries.sent;
    const body = Buffer.from(JSON.stringify({ ...ownBasis, ...payload }));
    const name = `delivery ${createHash('sha256').update(body).digest('hex')}`;
    const { lost, doubled, late } = settings.forge;
    if (chance.happens(`${name} is lost`, lost)) {
      deliveries.lost += 1;
      return;
    }
    const isLate = chance.happens(`${name} is late`, late);
    deliveries.late += isLate ? 1 : 0;
    const delayMs = isLate ? chance.around(`${name} comes`, 15 * 60_000) : 1_000;
    const raw = signed(event, `delivery-${number}`, body);
    calendar.after(delayMs, () => deliver(raw));
    if (!chance.happens(`${name} is doubled`, doubled)) return;
    deliveries.doubled += 1;
    // Under its own id, or replayed under another one.
    const again = chance.happens(`${name} is replayed`, 50) ? signed(event, `delivery-${number}-again`, body) : raw;
    calendar.after(delayMs + chance.around(`${name} comes again`, 60_000), () => deliver(again));
  }

  /** What is still open says nothing: what was said of the same code before goes on to hold. */
  function hearAll<G extends Gate>(
    of: readonly G[],
    { taskId, tree }: Pick<Pushed, 'taskId' | 'tree'>,
    wordOf: (gate: G) => Word | undefined,
  ): void {
    for (const gate of of) {
      const word = wordOf(gate);
      if (word !== undefined) hear(gate.name, taskId, tree, word);
    }
  }

  function build(taskId: string, { name, sha, tree, isOfOthers }: Branch): void {
    for (const gate of ciGates) {
      for (const check of checksOf(gate)) {
        report(sha, name, { name: check, state: 'pending', description: 'it runs', url: null });
        calendar.after(chance.around(`build ${sha} ${check}`, settings.forge.builds), () => {
          const word = wordFor(gate, tree);
          // A build that never reports is told from one that fails by the deadline alone.
          if (word === 'inconclusive') return;
          const state = word === 'pass' ? 'success' : 'failure';
          report(sha, name, { name: check, state, description: state, url: null });
          if (!isOfOthers) hearAll(ciGates, { taskId, tree }, one => wordOfChecks(one, sha));
        });
      }
    }
  }

  /** One that names no checks means all that there are. */
  function wordOfChecks(gate: CiGate, sha: string): Word | undefined {
    const all = checks.get(sha) ?? [];
    const meant = gate.checks === undefined ? all : all.filter(({ name }) => checksOf(gate).includes(name));
    const words = new Set(meant.map(check => check.state));
    if (words.has('failure')) return 'fail';
    return words.has('pending') ? undefined : 'pass';
  }

  function report(sha: string, branch: string, check: Check): void {
    const others = (checks.get(sha) ?? []).filter(({ name }) => name !== check.name);
    checks.set(sha, [...others, check]);
    const { name: context, state, description } = check;
    tell('status', { sha, state, context, description, branches: [{ name: branch }] });
  }

  /** Whoever is asked looks when he is there, at what is there by then. */
  function invite(taskId: string, branch: Branch): void {
    for (const gate of reviewGates) {
      for (const by of reviewersOf(gate)) {
        const key = `review ${branch.sha} ${by}`;
        if (reviewed.has(key)) continue;
        reviewed.add(key);
        const at = inTheirHours(settings.people, calendar.now(), chance.around(key, settings.people.answers));
        calendar.after(at - calendar.now(), () =>
          review(taskId, by, wordFor(gate, (branches.get(taskId) ?? branch).tree)),
        );
      }
    }
  }

  function review(taskId: string, by: string, word: Word): void {
    const { sha, tree, number, isMerged, name } = branches.get(taskId)!;
    const key = `review ${sha} ${by} is given`;
    // He never comes to it, or has come to it already.
    if (word === 'inconclusive' || isMerged || reviewed.has(key)) return;
    reviewed.add(key);
    const isGood = word === 'pass';
    const verdict = isGood ? 'approved' : 'changesRequested';
    const all = reviews.get(number) ?? [];
    const others = all.filter(one => one.by !== by);
    reviews.set(number, [...others, { id: all.length, by, verdict, sha, isStale: false, body: 'as it is' }]);
    hearAll(reviewGates, { taskId, tree }, gate => wordOfReviews(gate, number, sha));
    tell(`pull_request_review_${isGood ? 'approved' : 'rejected'}`, {
      action: 'reviewed',
      number,
      sender: { id: 7, login: by },
      review: { type: `pull_request_review_${isGood ? 'approved' : 'rejected'}`, content: 'as it is' },
      pull_request: pullPayload({ number, name, sha }),
    });
  }

  function wordOfReviews({ approvals, people }: ReviewGate, number: number, sha: string): Word | undefined {
    const counting = (reviews.get(number) ?? []).filter(
      ({ by, sha: of }) => of === sha && (people === undefined || people.includes(by)),
    );
    if (counting.some(({ verdict }) => verdict === 'changesRequested')) return 'fail';
    return counting.length >= approvals ? 'pass' : undefined;
  }

  const reached = <T>(answer: () => T) => {
    if (isAway()) throw new OutsideError('unreachable', 'the forge does not answer');
    return answer();
  };

  const pullOf = (number: number): PullRequest | undefined => {
    const branch = [...branches.values()].find(one => one.number === number);
    if (branch === undefined) return undefined;
    return {
      ...{ number, url: `https://forge.example/${repositoryName}/pulls/${number}`, title: '', body: '' },
      ...{ state: branch.isMerged ? 'merged' : 'open', isDraft: false, author: ourLogin },
      head: { branch: branch.name, sha: branch.sha, repository: repositoryName },
      ...{ base: { branch: 'main' }, mergeCommit: null },
    };
  };

  const client: Partial<Forge> = {
    ...{ kind: 'gitea', name: forgeName },
    account: async () => reached(() => ({ id: 1, login: ourLogin })),
    branch: async (_, name) =>
      reached(() => {
        const branch = [...branches.values()].find(one => one.name === name);
        return branch && { name, sha: branch.sha };
      }),
    checks: async (_, sha) => reached(() => ({ sha, checks: checks.get(sha) ?? [] })),
    pullRequest: async (_, number) => reached(() => pullOf(number)),
    reviews: async (_, number) =>
      reached(() => {
        const [taskId, branch] = [...branches].find(([, one]) => one.number === number) ?? [];
        if (taskId !== undefined && branch !== undefined) invite(taskId, branch);
        const given = (reviews.get(number) ?? []).map(one => ({ ...one, isStale: one.sha !== branch?.sha }));
        return { reviews: given, unresolved: 0 };
      }),
  };

  return {
    client: client as Forge,
    isAway,
    push({ taskId, name, sha, tree, isOfOthers = false }) {
      const known = branches.get(taskId);
      if (known?.sha === sha) return known.number;
      // What follows a merge needs a pull request of its own.
      const isOpen = known !== undefined && !known.isMerged;
      if (!isOpen) pulls += 1;
      const branch = { name, sha, tree, number: isOpen ? known.number : pulls, isMerged: false, isOfOthers };
      branches.set(taskId, branch);
      build(taskId, branch);
      return branch.number;
    },
    merged(taskId) {
      const branch = branches.get(taskId);
      if (branch === undefined || branch.isMerged) return;
      branch.isMerged = true;
      const { number, name, sha } = branch;
      const pull = { ...pullPayload({ number, name, sha }), merged: true, state: 'closed' };
      tell('pull_request', { action: 'closed', number, sender: { id: 1, login: ourLogin }, pull_request: pull });
    },
    deliveries,
  };
}

type CiGate = Extract<Gate, { kind: 'ci' }>;
type ReviewGate = Extract<Gate, { kind: 'pullRequestReview' }>;

/** The checks that are run for a gate, by their names. */
const checksOf = ({ name, checks }: CiGate): string[] =>
  checks?.map(pattern => pattern.replaceAll('*', 'build')) ?? [`build / ${name}`];

/** As many people as have to approve. */
const reviewersOf = ({ people, approvals }: ReviewGate): string[] =>
  (people ?? Array.from({ length: approvals }, (_, index) => `reviewer${index + 1}`)).slice(0, approvals);

const ownBasis = { repository: { full_name: repositoryName }, sender: { id: 9, login: 'builder' } };
const end = (ref: string, sha: string) => ({ ref, sha, repo_id: 1, repo: { full_name: repositoryName } });

const pullPayload = ({ number, name, sha }: { number: number; name: string; sha: string }) => ({
  ...{ number, title: '', body: '', html_url: `https://forge.example/${number}`, state: 'open' },
  user: { id: 1, login: ourLogin },
  head: end(name, sha),
  base: end('main', '0'.repeat(40)),
});

/** As Gitea signs it: https://docs.gitea.com/usage/webhooks. */
function signed(event: string, id: string, body: Buffer): RawDelivery {
  const signature = createHmac('sha256', webhookSecret).update(body).digest('hex');
  return {
    headers: {
      'content-type': 'application/json',
      'x-gitea-event': event,
      'x-gitea-event-type': event,
      'x-gitea-delivery': id,
      'x-gitea-signature': signature,
    },
    body,
  };
}
