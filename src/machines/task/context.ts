/** What a task is made of: what it is given, what it remembers, what it hears, and what its actors report to it. */

import type { AgentSpec } from '../../domain/agent-spec.ts';
import type { Spent } from '../../domain/budget.ts';
import type { Hooks } from '../../domain/hook.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { SetUpRule } from '../../domain/set-up.ts';
import type { TestCommand } from '../../domain/test-command.ts';
import type { Usage } from '../../domain/usage.ts';
import type { GateReport, Verdict } from '../../domain/verdict.ts';
import type { GateOutput } from '../gate.ts';

/** What a person wants done, and where. */
export interface TaskInput {
  title: string;
  body: string;
  project: string;
  /** Absolute path of the local repository. */
  repository: string;
  /** The branch that the work is merged into. */
  target: string;
  branch: string;
  workItem: string;
  worktree: string;
  /** 1 is the most urgent, 10 the least. */
  priority: number;
  /** Who plays a role that `agents` does not name. */
  agent: AgentSpec;
  agents: Record<string, AgentSpec>;
  hooks: Hooks;
  /** What a fresh checkout needs; absent in tasks of earlier versions, for nothing. */
  setUp?: SetUpRule;
  /** Names of variables that gates are given beside those of the agents. */
  gateEnv?: string[];
  /** How the project is tested, where it says so itself. */
  tests?: TestCommand[];
  /** Whether the target is judged before the first agent works. */
  wantsBaseline?: boolean;
  /** The actor that holds the merge lease of the target branch. */
  mergeQueue: string;
  /** The forge that holds the repository for everybody, and what it is called there; null for a local one alone. */
  forge: { name: string; repository: string } | null;
  /** Where the work item came from; null for what was ordered here. */
  source: TaskSource | null;
  /** What has to be done before it begins. */
  blockedBy?: Blocker[];
  /** Items that begin when it is done, by their links. */
  blocks?: string[];
  /** What it takes over of another task, where it is a fork of that. */
  fork?: Inheritance;
  actor: { id: string; parentId: string | null; at: number };
}

/** The item of a tracker that a task was made of. */
export interface TaskSource {
  /** As the configuration calls the tracker, or the forge whose issue it is. */
  tracker: string;
  /** Under which it is found by links: a UUID of Plane, `owner/name#12` of a forge. */
  id: string;
  /** The project or repository there, and the item in it, as the tracker's client names them. */
  project: string;
  item: string;
  /** Where it is taken up, as the configuration calls the place. */
  place?: string;
  /** What people call it: `ET-3`, `#12`. */
  key: string;
  url: string | null;
}

/** Something that has to be done before a task begins: a task of ours, or an item of a tracker that may become one. */
export interface Blocker {
  /** As it was written, for people. */
  name: string;
  task: string | null;
  item: { tracker: string; project: string; item: string; link: string } | null;
}

/** Reported by the actor `lookAtBlockers`. */
export interface LookedAtBlockers {
  /** What is not done yet, each with how it stands. */
  open: { name: string; task: string | null; how: string }[];
  /** Why it cannot come by itself: a circle by its names, or what was given up; null while it can. */
  forEver: string | null;
}

/** Where a fork began: what another task was after an entry of its log. */
export interface ForkedFrom {
  taskId: string;
  seq: number;
  /** The stage in which that one was; null before its first. */
  stage: string | null;
  /** The last commit that it had published, and the work item whose documents are in there. Empty where there was none. */
  commit: string;
  workItem: string;
}

/** What a fork takes over. What was asked of people, made outside and spent is the other one's alone. */
export interface Inheritance
  extends Pick<TaskContext, 'base' | 'codeTree' | 'attempts' | 'rework' | 'verdicts' | 'feedback' | 'models'>,
    Pick<TaskContext, 'baseline' | 'noticed' | 'madeIn' | 'refused' | 'decisions'> {
  forkedFrom: ForkedFrom;
}

/** What a question is about: that decides what answers it. */
export const questionKinds = ['approval', 'answer', 'decision', 'budget', 'blocked', 'blockers'] as const;
export type QuestionKind = (typeof questionKinds)[number];

/** What a task waits to hear from a person. */
export interface Asks {
  /** From 1, over the whole life of the task. */
  number: number;
  kind: QuestionKind;
  /** The stage in which it came up; `waiting` before there is one. */
  stage: string;
  /** Epoch milliseconds. */
  at: number;
}

/** What a task has made at a forge. */
export interface AtForge {
  name: string;
  repository: string;
  pullRequest: { number: number; url: string } | null;
  /** The comment under the pull request that tells how the task stands. */
  commentId: number | null;
}

/** What the target got of a task. */
export interface MergedCode {
  commit: string;
  codeTree: string;
  at: number;
  /** The code for which it was merged, where a forge has made another tree of it because somebody was faster. */
  judged?: string;
}

/** With what a person may say something. */
export const decisionKinds = ['answer', 'rejection', 'comment'] as const;

/** What a person has said with a decision. */
export interface PersonsDecision {
  kind: (typeof decisionKinds)[number];
  /** Where it was said; `waiting` before there is a stage. */
  stage: string;
  /** What an agent had asked, of an answer. */
  question: string | null;
  text: string;
  by: string;
  /** Epoch milliseconds. */
  at: number;
}

export interface Refused {
  gate: string;
  codeTree: string;
}

export interface TaskContext extends Omit<TaskInput, 'actor' | 'forge' | 'fork'> {
  id: string;
  forge: AtForge | null;
  /** Absent in tasks that begin at the beginning. */
  forkedFrom?: ForkedFrom;
  pipeline: string;
  /** The commit on which the branch began, and the last one that was published. Empty before the first stage. */
  base: string;
  head: string;
  /** Hash of the published tree without the task's documents: what verdicts are bound to. */
  codeTree: string;
  /** The stage whose agent has made the code what it is; null where it came from elsewhere. */
  madeIn?: string | null;
  hasPrompts: boolean;
  /** Processes started in each stage, whatever the cause. With `rework`, the ledger of every re-run. */
  attempts: Record<string, number>;
  /** Refusals by each budget since a person last decided. */
  rework: Record<string, number>;
  /** What all runs have used, in all, in each stage, and since a stage was last passed. */
  spent: Spent;
  usage: Usage;
  stageSpent: Record<string, Spent>;
  idleSpent: Spent;
  /** How often a used-up budget was granted again, by stage; `task` for that of the task. */
  grants: Record<string, number>;
  /** Models that stages go on with, instead of those of their agents: cheaper ones, and those that a person has chosen. */
  models: Record<string, string>;
  verdicts: Record<string, Verdict>;
  /** Code that gates have refused and not passed since, by its hash; the newest last. */
  refused?: Refused[];
  feedback: { from: string; text: string } | null;
  /** What people have said with their decisions, the newest last; absent until somebody has. */
  decisions?: PersonsDecision[];
  questions: string | null;
  /** The last words of an agent that has done its work and left nothing; null of one that has left something. */
  said?: string | null;
  objection: string | null;
  /** What its commands came to on the target, before any agent worked. */
  baseline?: Baseline['reports'] | null;
  /** What was noticed of its work, for people; the newest last. */
  noticed?: { stage: string; text: string; at: number }[];
  /** Why the task waits for a person; null while it does not. */
  waitsFor: string | null;
  /** When it does not wait for that any longer, in epoch milliseconds. */
  waitsUntil?: number | null;
  /** The question that waits for a person; null while none does. */
  asks?: Asks | null;
  questionsAsked?: number;
  /** When the agent that works now was called, in epoch milliseconds. */
  workingSince?: number;
  /** Whether what people say of it is listened to at a forge or tracker. */
  talks?: boolean;
  /** Counts what was told outside, so that nobody is told of what is over. */
  tellings?: number;
  /** The comment at the tracker that tells how the task stands. */
  itemComment?: string | null;
  /** The comment that puts a question there, and which. */
  questionComment?: { question: number; id: string } | null;
  /** Tasks that begin when this one is done. */
  awaitedBy?: string[];
  /** When a forge that is away is tried again, in epoch milliseconds; null while none is. */
  awayUntil: number | null;
  /** What an agent has just asked for by files, until it is passed on. */
  asked: AgentRequest[];
  /** What agents have asked for by files, and what became of it; the newest last. */
  requests: { file: string; outcome: string }[];
  leaseToken: number | null;
  /** What the target holds of this task. */
  merged: MergedCode | null;
  endedBecause: string | null;
}

/** Which question a decision answers: by its number, or by when it was said (epoch milliseconds); the present one without both. */
export interface Answering {
  question?: number;
  saidAt?: number;
}

export type TaskEvent =
  | ({ type: 'task.approve'; reason?: string; by: string; at: number } & Answering)
  | ({ type: 'task.reject'; reason: string; by: string; at: number } & Answering)
  | ({ type: 'task.answer'; text: string; by: string; at: number } & Answering)
  /** `agents`: settings that have been fixed since the task began, by the agent's name. */
  | { type: 'task.retry'; agents?: Record<string, AgentSpec>; reason?: string; by: string; at: number }
  | { type: 'task.pause'; reason?: string; by: string; at: number }
  | { type: 'task.resume'; reason?: string; by: string; at: number }
  | { type: 'task.cancel'; reason?: string; by: string; at: number }
  | { type: 'task.fail'; reason: string; by: string; at: number }
  | { type: 'task.move'; stage: string; reason?: string; by: string; at: number }
  | { type: 'lease.granted'; token: number; at: number }
  /** Another task begins when this one has ended. */
  | { type: 'task.awaited'; by: string; at: number }
  | { type: 'blocker.changed'; at: number }
  /** Its item at the tracker shows how it stands. */
  | { type: 'item.shown'; comment: string; question: { question: number; id: string } | null; at: number }
  /** What it is about was changed at the tracker. */
  | { type: 'work.described'; title: string; body: string; by: string; at: number }
  /** A gate has no verdict yet, and says what it waits for. */
  | { type: 'gate.waits'; gate: string; why: string; until: number | null; at: number }
  | ForgeEvent;

/** What happens at the forge; the sha is that of the commit that it speaks of. */
export type ForgeEvent =
  | { type: 'ci.pending' | 'ci.succeeded' | 'ci.failed'; sha: string; at: number }
  | {
      type: 'review.approved' | 'review.changesRequested' | 'review.commented' | 'review.dismissed';
      number: number;
      sha: string | null;
      at: number;
    }
  | {
      type: 'pullRequest.merged' | 'pullRequest.closed' | 'pullRequest.reopened' | 'pullRequest.updated';
      number: number;
      sha: string | null;
      at: number;
    }
  | { type: 'comment.kept'; id: number; at: number }
  | { type: 'requests.done'; results: { file: string; outcome: string }[]; at: number };

/** A forge that cannot be reached, or wants to be left alone: the same is tried again. */
export interface Away {
  result: 'away';
  why: string;
  /** Epoch milliseconds; null when the forge does not say. */
  retryAt: number | null;
}

/** What the forge does not do, however often it is asked. */
export interface Refusal {
  result: 'refused';
  detail: string;
}

/** Reported by the actor `push`: the branch is at the forge, with a pull request unless there is nothing to ask for. */
export type Pushed = { result: 'pushed'; pullRequest: { number: number; url: string } | null } | Away | Refusal;

/** What an agent has asked for by a file: what to do, or why it is not done. */
export interface AgentRequest {
  file: string;
  request: JsonObject | null;
  problem: string | null;
}

/** Reported by the actor `prepare`: where the worktree stands, or that the forge is away. */
export type Readied = Prepared | Away;

/** Reported by the actor `baseline`: what commands of gates come to on the untouched target. */
export interface Baseline {
  /** `isOfMachine`: this machine cannot run it, whatever the code is. */
  reports: (GateReport & { isOfMachine: boolean })[];
}

export interface Prepared {
  base: string;
  head: string;
  codeTree: string;
  /** Whether the target branch brings prompt templates of its own. */
  hasPrompts?: boolean;
  /** What people should know of it. */
  noticed?: string[];
}

/** Reported by the actor `publish`: what is committed now, and what the agent says by files of its own. */
export interface Published {
  head: string;
  codeTree: string;
  questions: string | null;
  objection: string | null;
  requests?: AgentRequest[];
  /** What people may want to know of it: what was not committed, what of others' was put back. */
  noticed?: string[];
}

/**
 * Reported by the actor `publish` instead: nothing was committed, and why. `isAdrift`: the agent has left the line of the
 * task's branch, so what it did is kept aside and its worktree is put back; else it goes on in it as it is.
 */
export interface Unpublished extends Refusal {
  isAdrift: boolean;
  /** No agent can fix it. */
  isForPeople?: boolean;
}

/** The name by which a task knows the actor of a gate. */
export const gateChild = (gate: string) => `gate-${gate}`;

/** The verdict, where a task has just heard one. */
export const verdictIn = (event: { type: string }): GateOutput | undefined =>
  event.type.startsWith(`xstate.done.actor.${gateChild('')}`)
    ? (event as unknown as { output: GateOutput }).output
    : undefined;

/** Reported by the actor `update`: whether the branch has all that its target has by now. */
export type Updated =
  | { result: 'current' }
  /** `isOnlyDocuments`: of the task itself there is nothing but documents in it that the target does not have. */
  | { result: 'updated'; head: string; codeTree: string; isOnlyDocuments: boolean }
  | { result: 'conflict'; detail: string }
  | Away
  | Refusal;

/** Reported by the actor `merge`. `moved`: the target has what the branch has not. */
export type Merged = { result: 'merged'; commit: string; codeTree: string } | { result: 'moved' } | Away | Refusal;

/** The folder of a work item's documents, inside the worktree. */
export function documentsOf(workItem: string): string {
  return `docs/work-items/${workItem}`;
}
