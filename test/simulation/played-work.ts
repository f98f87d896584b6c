/**
 * One piece of work at a tracker and a forge, as its recorded deliveries tell it: what has happened there so far decides what
 * a look at the forge shows, whether or not anybody has been told of it.
 */
import { judgeCi } from '../../src/actors/gates/ci.ts';
import { judgePullRequestReview } from '../../src/actors/gates/pull-request-review.ts';
import type { Check, Forge, Review } from '../../src/integrations/forge.ts';
import type { Looked } from '../../src/machines/gate.ts';
import { files, type Recorded, recorded } from '../integrations/webhooks/deliveries.ts';
import type { GateLook, PlayedOutside } from '../support/forge-tasks.ts';

interface Payload {
  sha?: string;
  after?: string;
  state?: 'pending' | 'success' | 'failure';
  context?: string;
  review?: { type: string };
  /** Of a delivery of the forge. */
  sender?: { login: string };
  pull_request?: { head: { sha: string }; merge_commit_sha: string | null };
}

/** What happened at the forge, in its order, and the delivery that tells it. */
export interface Step {
  name: string;
  payload: Payload;
  delivery: Recorded;
}

export const steps: readonly Step[] = files
  .filter(file => /^scenario\/\d+_/.test(file))
  .map(file => {
    const delivery = recorded(file);
    return {
      name: file.replace(/^scenario\/|\.json$/g, ''),
      payload: JSON.parse(delivery.body.toString()) as Payload,
      delivery,
    };
  });

const step = (name: string) => steps.find(one => one.name.endsWith(name))!.payload;

export const base = step('push_new_branch').after!;
/** The commits that the agent makes, each after the refusal of the one before. */
export const heads = ['push_src', 'push_fix', 'push_tests'].map(name => step(name).after!);
export const mergeCommit = step('push_main_merge').after!;

export interface PlayedWork {
  outside: PlayedOutside;
  /** Whether the step can have happened by now: nobody judges what was not pushed. */
  isPossible(step: Step): boolean;
  happens(step: Step): void;
  /** Every verdict that a look has come to, once for each commit. */
  readonly verdicts: readonly string[];
}

export function playWork(): PlayedWork {
  const published: string[] = [];
  const checks = new Map<string, Check[]>();
  const reviews: Review[] = [];
  const verdicts = new Set<string>();
  let isMerged = false;
  const tip = () => (isMerged ? mergeCommit : (published.at(-1) ?? base));

  const forge = {
    name: 'home',
    branch: async (_: string, name: string) => ({ name, sha: tip() }),
    checks: async (_: string, sha: string) => ({ sha, checks: checks.get(sha) ?? [] }),
    account: async () => ({ id: 31, login: 'dev-bot' }),
    pullRequest: async (_: string, number: number) => ({
      ...{ number, url: 'u', title: '', body: '', state: isMerged ? 'merged' : 'open', isDraft: false },
      ...{ author: 'dev-bot', head: { branch: 'b', sha: tip(), repository: 'acme/shop' }, base: { branch: 'main' } },
      mergeCommit: null,
    }),
    reviews: async () => ({
      reviews: reviews.map(review => ({ ...review, isStale: review.sha !== tip() })),
      unresolved: 0,
    }),
  } as unknown as Forge;

  async function judge({ gate, branch, head, forge: at }: GateLook): Promise<Looked> {
    const looked = await lookAt({ gate, branch, head, forge: at });
    if (looked.verdict !== 'pending') verdicts.add(`${gate.name} ${looked.verdict} ${head.slice(0, 7)}`);
    return looked;
  }

  function lookAt({ gate, branch, head, forge: at }: GateLook): Looked | Promise<Looked> {
    if (gate.kind === 'ci') return judgeCi(gate, { at, branch, head }, forge);
    if (gate.kind === 'pullRequestReview') return judgePullRequestReview(gate, { at, branch, head }, forge);
    return { gate: gate.name, verdict: 'pass', detail: 'shipped' };
  }

  return {
    get verdicts() {
      return [...verdicts];
    },
    outside: {
      prepare: () => ({ base, head: tip(), codeTree: `tree of ${tip()}` }),
      // Each refusal leads to the next commit; who reviews and ships changes nothing.
      publish({ stage }) {
        const refusals = [...verdicts].filter(verdict => verdict.includes(' fail ')).length;
        const head = stage === 'build' ? heads[refusals]! : tip();
        return { head, codeTree: `tree of ${head}`, questions: null, objection: null };
      },
      push({ head }) {
        if (tip() !== head) published.push(head);
        return { result: 'pushed', pullRequest: { number: 42, url: 'u' } };
      },
      judge,
      merge({ head }) {
        // Once more for what is added after the merge, which is nothing.
        if (head !== heads.at(-1) && head !== mergeCommit)
          return { result: 'refused', detail: 'that is not what was approved' };
        isMerged = true;
        return { result: 'merged', commit: mergeCommit, codeTree: `tree of ${mergeCommit}` };
      },
    },
    isPossible({ name, payload }) {
      const sha = payload.sha ?? payload.after ?? payload.pull_request?.head.sha;
      if (/_(?:status|review|push_(?:src|fix|tests)|pull_request_sync)/.test(`_${name.split('.')[1]}`))
        return published.includes(sha!);
      return Number(name.slice(0, 2)) < 19 || isMerged;
    },
    happens({ payload }) {
      const { sha, state, context, review, pull_request: pull, sender } = payload;
      if (sender === undefined) return;
      if (context !== undefined) {
        const others = (checks.get(sha!) ?? []).filter(({ name }) => name !== context);
        checks.set(sha!, [...others, { name: context, state: state!, description: '', url: null }]);
      }
      if (review) {
        const verdict = review.type.endsWith('approved') ? 'approved' : 'changesRequested';
        const id = reviews.length;
        reviews.push({ id, by: sender.login, verdict, sha: pull!.head.sha, isStale: false, body: '' });
      }
    },
  };
}
