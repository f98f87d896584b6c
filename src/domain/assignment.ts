/** The work of one run. */

/** What an agent is asked to do: everything that its prompt and its environment are made from. */
export interface Assignment {
  taskId: string;
  project: string;
  workItem: string;
  title: string;
  body: string;
  stage: string;
  role: string;
  /** The number of this run's first attempt among all attempts at this stage, from 1. */
  attempt: number;
  worktree: string;
  repository: string;
  branch: string;
  /** As git knows it here: where the repository is at a forge, by the name under which that one's branch is tracked. */
  target: string;
  /** Its full name; absent in runs that are older than this. */
  targetRef?: string;
  /** Whether the target branch brings prompt templates of its own. */
  hasPrompts: boolean;
  documents: string;
  /** The last published commit: where every attempt begins. */
  head: string;
  leaves: string[];
  /** Files of earlier rounds that must not be taken for this one's, inside the worktree. */
  stale: string[];
  /** Files by which it asks a person, or objects to an earlier stage, and which stage that is. */
  questionsFile: string | null;
  objectionFile: string | null;
  objectionTo: string | null;
  /** Whether the repository is at a forge, so that the agent may have things done there by files. */
  atForge: boolean;
  feedback: { from: string; text: string } | null;
  /** What people have decided before that; absent in runs that began with an earlier version. */
  decisions?: {
    kind: 'answer' | 'rejection' | 'comment';
    stage: string;
    question: string | null;
    text: string;
    by: string;
  }[];
  /** What the branch has changed of how it is judged; absent in runs that began with an earlier version. */
  concerns?: string[];
}

/** How an attempt begins: anew, in the session that was cut off, or in a fresh one that takes over. */
export type Beginning = 'fresh' | 'resumed' | 'handover';
