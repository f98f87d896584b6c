/** What happens to the issues of a fake forge beside what is said: who moved, labelled and took them, and what blocks what. */
import type { FakeAccount, FakeComment, FakeIssue, FakeLabel, FakeRepository, World } from './gitea/world.ts';

export interface FakeChange {
  id: number;
  by: FakeAccount;
  at: Date;
  what:
    | { type: 'state'; isOpen: boolean }
    | { type: 'label'; label: FakeLabel; isAdded: boolean }
    | { type: 'assignee'; account: FakeAccount; isAdded: boolean };
}

export interface Life {
  /** Oldest first. */
  changes: FakeChange[];
  assignees: FakeAccount[];
  /** Issues that must be done first. */
  blockedBy: FakeIssue[];
  /** Why it was closed, where a forge asks for it. */
  reason: string | null;
  isDeleted: boolean;
}

export interface FakeReaction {
  id: number;
  by: FakeAccount;
  /** In the forge's own word. */
  word: string;
  at: Date;
}

const lives = new WeakMap<FakeIssue, Life>();
const reactions = new WeakMap<FakeComment, FakeReaction[]>();

export function lifeOf(issue: FakeIssue): Life {
  let life = lives.get(issue);
  if (!life) {
    life = { changes: [], assignees: [], blockedBy: [], reason: null, isDeleted: false };
    lives.set(issue, life);
  }
  return life;
}

export const isThere = (issue: FakeIssue): boolean => !lifeOf(issue).isDeleted;

/** What somebody changes, and when: it stands in the history. */
function record(world: World, issue: FakeIssue, by: FakeAccount, what: FakeChange['what']): FakeChange {
  const at = new Date();
  const change = { id: world.nextId(), by, at, what };
  lifeOf(issue).changes.push(change);
  issue.updatedAt = at;
  return change;
}

/** Whether it was another one before. */
export function setState(world: World, issue: FakeIssue, state: FakeIssue['state'], by: FakeAccount): boolean {
  if (issue.state === state) return false;
  issue.state = state;
  record(world, issue, by, { type: 'state', isOpen: state === 'open' });
  issue.closedAt = state === 'closed' ? issue.updatedAt : null;
  return true;
}

/** Gives an issue these labels and no others. Answers what that has changed. */
export function setLabels(world: World, issue: FakeIssue, labels: readonly FakeLabel[], by: FakeAccount): FakeChange[] {
  const before = issue.labels;
  issue.labels = [...new Set(labels)];
  const note = (isAdded: boolean) => (label: FakeLabel) => record(world, issue, by, { type: 'label', label, isAdded });
  return [
    ...issue.labels.filter(label => !before.includes(label)).map(note(true)),
    ...before.filter(label => !issue.labels.includes(label)).map(note(false)),
  ];
}

/** Gives an issue to these people and no others. Answers what that has changed. */
export function setAssignees(
  world: World,
  issue: FakeIssue,
  people: readonly FakeAccount[],
  by: FakeAccount,
): FakeChange[] {
  const life = lifeOf(issue);
  const before = life.assignees;
  life.assignees = [...people];
  const note = (isAdded: boolean) => (account: FakeAccount) =>
    record(world, issue, by, { type: 'assignee', account, isAdded });
  return [
    ...people.filter(account => !before.includes(account)).map(note(true)),
    ...before.filter(account => !people.includes(account)).map(note(false)),
  ];
}

/** The issues of a repository that wait for this one. */
export const blockedBy = ({ issues }: FakeRepository, issue: FakeIssue): FakeIssue[] =>
  issues.filter(other => lifeOf(other).blockedBy.includes(issue));

export const reactionsTo = (comment: FakeComment): readonly FakeReaction[] => reactions.get(comment) ?? [];

/** The same again is the one that is there. */
export function react(world: World, comment: FakeComment, by: FakeAccount, word: string): FakeReaction {
  const given = reactionsTo(comment);
  const there = given.find(it => it.by === by && it.word === word);
  const reaction = there ?? { id: world.nextId(), by, word, at: new Date() };
  if (!there) reactions.set(comment, [...given, reaction]);
  return reaction;
}

export const takeBack = (comment: FakeComment, by: FakeAccount, word: string): void => {
  reactions.set(
    comment,
    reactionsTo(comment).filter(it => it.by !== by || it.word !== word),
  );
};

/** The time as forges tell it that know no more than seconds. */
export const stamp = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, 'Z');

/** Whether something happened at or after an instant of a request, by the second; all did where there is none. */
export const isSince = (at: Date, since: string | undefined): boolean =>
  !since || Math.floor(at.getTime() / 1_000) >= Math.floor(Date.parse(since) / 1_000);
