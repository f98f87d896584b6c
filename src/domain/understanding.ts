/**
 * What is understood of an issue before anybody works on it: how much it asks for, and what it waits for. All of it comes
 * from a text that anybody may have written, so every field has a bound.
 */

/** From what nearly every agent can do to what only the best can. */
export const difficulties = ['easy', 'medium', 'hard'] as const;
export type Difficulty = (typeof difficulties)[number];

export interface Understanding {
  /** How many tokens somebody must have in mind at once to do it; null where nobody says. */
  contextTokens: number | null;
  difficulty: Difficulty | null;
  /** The agent that is asked for. Whether there is one of that name has been looked at by nobody. */
  agent: string | null;
  /** From 1, the most urgent, to 10. */
  priority: number | null;
  /** The pipeline that is asked for, by name. */
  pipeline: string | null;
  estimateMs: number | null;
  /** References as they are written: `#12`, `ET-3`, `acme/shop#4`, the address of an item. The issue itself may be one. */
  blockedBy: string[];
  blocks: string[];
  /** `model`: a model has read it as well. What is written by a convention counts all the same. */
  by: 'rules' | 'model';
  /** What could not be read, for people. */
  notes: string[];
}

/** What is there to be understood. */
export interface IssueText {
  title: string;
  body: string;
  /** They are put on by people who may write, so they count more than the body. */
  labels: readonly string[];
  /**
   * False where the author is nobody who may write: his text then gives no orders. It chooses no agent and no pipeline, is
   * not made urgent, and holds up nobody else. Default true.
   */
  mayDirect?: boolean | undefined;
}

/** References, of both lists together. */
export const mostReferences = 50;
export const mostContextTokens = 10_000_000;
export const longestEstimateMs = 365 * 24 * 60 * 60_000;
const mostNotes = 20;
const longestNote = 200;

export const nothingUnderstood: Understanding = {
  contextTokens: null,
  difficulty: null,
  agent: null,
  priority: null,
  pipeline: null,
  estimateMs: null,
  blockedBy: [],
  blocks: [],
  by: 'rules',
  notes: [],
};

/** The same, with every reference once, and no more references and notes than there may be. */
export function bounded(understanding: Understanding): Understanding {
  const blockers = [...new Set(understanding.blockedBy)];
  const blocked = [...new Set(understanding.blocks)];
  const blockedBy = blockers.slice(0, mostReferences);
  const blocks = blocked.slice(0, mostReferences - blockedBy.length);
  const leftOut = blockers.length + blocked.length - blockedBy.length - blocks.length;
  const notes = [
    ...(leftOut > 0 ? [`It names more than ${mostReferences} other items; ${leftOut} of them are left out.`] : []),
    ...new Set(understanding.notes),
  ];
  return { ...understanding, blockedBy, blocks, notes: notes.slice(0, mostNotes).map(shortened) };
}

const shortened = (note: string) =>
  note.length <= longestNote ? note : `${note.slice(0, longestNote - 1).toWellFormed()}…`;
