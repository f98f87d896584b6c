/** Reviews at the forge of a simulated world: by people who look when they are there, at what is there by then. */
import type { Review } from '../../integrations/forge.ts';
import type { Gate } from '../../machines/pipeline.ts';
import type { Word } from '../owed.ts';
import { inTheirHours } from '../settings.ts';
import { type AtForge, type Branch, hearAll } from './at-forge.ts';
import { type Deliveries, pullPayload } from './deliveries.ts';

type ReviewGate = Extract<Gate, { kind: 'pullRequestReview' }>;

export interface Reviews {
  /** Whoever is meant by a gate is asked, once for each commit. `current` answers where the branch is when he looks. */
  invite(taskId: string, branch: Branch, current: () => Branch): void;
  of(number: number): Review[];
}

export function createReviews(
  { calendar, chance, settings: { people }, gates, judgement: { wordFor, hear } }: AtForge,
  tell: Deliveries['tell'],
): Reviews {
  const given = new Map<number, Review[]>();
  const seen = new Set<string>();
  const reviewGates = gates.filter(gate => gate.kind === 'pullRequestReview');
  const of = (number: number) => given.get(number) ?? [];
  const isFirst = (what: string) => !seen.has(what) && seen.add(what) !== undefined;

  function wordOf({ approvals, people: meant }: ReviewGate, { number, sha }: Branch): Word | undefined {
    const counting = of(number).filter(one => one.sha === sha && (meant === undefined || meant.includes(one.by)));
    if (counting.some(({ verdict }) => verdict === 'changesRequested')) return 'fail';
    return counting.length >= approvals ? 'pass' : undefined;
  }

  function give(taskId: string, by: string, branch: Branch, word: Word): void {
    const { sha, tree, number, isMerged, name } = branch;
    // He never comes to it, or has come to it already.
    if (word === 'inconclusive' || isMerged || !isFirst(`${by} reviews ${sha}`)) return;
    const isGood = word === 'pass';
    const review: Review = {
      ...{ id: of(number).length, by, sha, isStale: false, body: 'as it is' },
      verdict: isGood ? 'approved' : 'changesRequested',
    };
    given.set(number, [...of(number).filter(one => one.by !== by), review]);
    hearAll(hear, reviewGates, { taskId, tree }, gate => wordOf(gate, branch));
    const event = `pull_request_review_${isGood ? 'approved' : 'rejected'}`;
    tell(event, {
      ...{ action: 'reviewed', number, sender: { id: 7, login: by } },
      review: { type: event, content: 'as it is' },
      pull_request: pullPayload({ number, name, sha }),
    });
  }

  return {
    of,
    invite(taskId, { sha }, current) {
      for (const gate of reviewGates) {
        for (const by of reviewersOf(gate)) {
          const key = `review ${sha} ${by}`;
          if (!isFirst(key)) continue;
          const at = inTheirHours(people, calendar.now(), chance.around(key, people.answers));
          calendar.after(at - calendar.now(), () => {
            const branch = current();
            give(taskId, by, branch, wordFor(gate, branch.tree));
          });
        }
      }
    },
  };
}

/** As many people as have to approve. */
const reviewersOf = ({ people, approvals }: ReviewGate): string[] =>
  (people ?? Array.from({ length: approvals }, (_, index) => `reviewer${index + 1}`)).slice(0, approvals);
