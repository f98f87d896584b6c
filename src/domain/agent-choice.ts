/** Which agent an issue is given to: the cheapest that can do it, with twice the room that it needs. */
import { type Difficulty, difficulties } from './understanding.ts';

export interface Candidate {
  name: string;
  /** Tokens that its model keeps in mind; null where nobody knows. */
  windowTokens: number | null;
  /** The hardest that it can do. */
  difficulty: Difficulty;
  /** US dollars per million tokens; null where nobody knows. */
  costPerMTok: number | null;
}

/** What an issue asks for. What is null is not known, and every candidate counts as able to do it. */
export interface Need {
  contextTokens: number | null;
  difficulty: Difficulty | null;
}

export type Choice = { agent: string; why: string } | { none: string };

/** An estimate is met by twice as much: what is read beside it needs room, and so does the work itself. */
const roomPerToken = 2;

/**
 * Answers a candidate, and in words for people why it is that one, or why it is none. Of equally good ones the first. A
 * window that nobody knows counts only where no known one is large enough; a cost that nobody knows counts as the highest.
 */
export function chooseAgent(candidates: readonly Candidate[], need: Need): Choice {
  if (candidates.length === 0) return { none: 'There is no agent to choose from.' };
  const able = candidates.filter(({ difficulty }) => levelOf(difficulty) >= levelOf(need.difficulty));
  if (able.length === 0) return { none: `No agent can do what is ${need.difficulty}.` };
  const roomy = able.filter(candidate => hasRoom(candidate, need));
  const likely = roomy.length > 0 ? roomy : able.filter(({ windowTokens }) => windowTokens === null);
  if (likely.length === 0) return { none: tooSmall(able, need) };
  const chosen = likely.reduce((best, other) => (costOf(other) < costOf(best) ? other : best));
  return { agent: chosen.name, why: reason(chosen, { need, others: likely.length - 1 }) };
}

const levelOf = (difficulty: Difficulty | null) => (difficulty === null ? 0 : difficulties.indexOf(difficulty));

const roomFor = (contextTokens: number) => contextTokens * roomPerToken;

const hasRoom = ({ windowTokens }: Candidate, { contextTokens }: Need) =>
  contextTokens === null || (windowTokens !== null && windowTokens >= roomFor(contextTokens));

const costOf = ({ costPerMTok }: Candidate) => costPerMTok ?? Number.POSITIVE_INFINITY;

function tooSmall(able: readonly Candidate[], { contextTokens, difficulty }: Need): string {
  const largest = Math.max(...able.map(({ windowTokens }) => windowTokens ?? 0));
  const among = difficulty === null ? 'any agent' : `an agent that can do what is ${difficulty}`;
  return `It needs a window of ${roomFor(contextTokens ?? 0)} tokens; the largest of ${among} has ${largest}.`;
}

function reason(chosen: Candidate, { need, others }: { need: Need; others: number }): string {
  const { windowTokens, costPerMTok } = chosen;
  const { contextTokens, difficulty } = need;
  const room =
    contextTokens === null
      ? 'how much room it needs is not known'
      : windowTokens === null
        ? `its window is not known, and no known one holds twice the ${contextTokens} tokens`
        : `its window of ${windowTokens} tokens holds twice the ${contextTokens}`;
  const skill = difficulty === null ? 'how hard it is is not known' : `it can do what is ${difficulty}`;
  const price =
    others === 0
      ? 'no other can do it'
      : costPerMTok === null
        ? 'it is the first of those that can, none of whose costs is known'
        : `no other that can costs less than its ${costPerMTok} dollars per million tokens`;
  return `${chosen.name}: ${skill}, ${room}, and ${price}.`;
}
