/**
 * The contract of a tracker: what Signalbox asks of Plane and of the issues of Gitea, Forgejo, GitHub and GitLab.
 *
 * Everything that writes looks first: doing it again changes nothing and answers what is there. Everything throws
 * `OutsideError` and nothing else.
 */
import type { Command } from '../domain/reading.ts';

export type TrackerKind = 'plane' | 'gitea' | 'github' | 'gitlab';

/** Somebody with an account at a tracker. Which of the names there are depends on the tracker. */
export interface Person {
  /** What the tracker tells people apart by: a UUID of Plane, the number of an account elsewhere. */
  id: string;
  /** `maria`; Plane has only the name that is shown. */
  login: string;
  /** Null where the tracker does not tell it. */
  email: string | null;
  /** Whether it is a program, as far as the tracker tells. */
  isProgram: boolean;
}

/** What a state means, whatever it is called: Plane's five groups, which others are told in as well. */
export type StateGroup = 'backlog' | 'unstarted' | 'started' | 'completed' | 'cancelled';

export interface TrackerState {
  id: string;
  name: string;
  group: StateGroup;
}

/** Where items are kept: a project of Plane, a repository of a forge. */
export interface TrackerProject {
  /** A UUID of Plane, `owner/name` of a forge. */
  id: string;
  /** `ET` of Plane, which begins the keys of its items; null for a forge. */
  identifier: string | null;
  name: string;
  /** Of a forge: `open` and `closed`. */
  states: TrackerState[];
  labels: string[];
}

/** Which item. `id` is a UUID of Plane; of a forge its number, and `!7` for a merge request of GitLab. */
export interface ItemRef {
  /** As `TrackerProject.id`. */
  project: string;
  id: string;
}

export interface WorkItem extends ItemRef {
  /** `ET-3` of Plane, `#12` of a forge. */
  key: string;
  number: number;
  /** The page for people. */
  url: string;
  title: string;
  /** As text: Markdown of a forge, the plain text of Plane's HTML. */
  body: string;
  state: TrackerState;
  labels: string[];
  assignees: Person[];
  /** Null where the account is gone. */
  author: Person | null;
  /** Epoch milliseconds by the tracker's clock. */
  createdAt: number;
  updatedAt: number;
  /** Archived, deleted, or moved elsewhere: nothing is done with it any more. */
  isGone: boolean;
}

export interface ItemComment {
  id: string;
  /** Null where the account is gone. */
  by: Person | null;
  /** Epoch milliseconds by the tracker's clock. */
  createdAt: number;
  /** Whether it is no longer as it was first written, as far as the tracker tells. */
  isEdited: boolean;
  /** What it says, without markup. */
  text: string;
  /** The order in it, outside of quotes and code; null when there is none. */
  command: Command | null;
  /** For whoever looks for his own: as it is stored, markup and all. */
  raw: string;
}

/** A change of an item that its history tells of. */
export interface ItemChange {
  id: string;
  by: Person | null;
  /** Epoch milliseconds by the tracker's clock. */
  at: number;
  field: 'state' | 'label' | 'assignee';
  /**
   * Of a state the name before and after. Of a label or an assignee the one that was taken away, or the one that was put
   * there; the other is null.
   */
  from: string | null;
  to: string | null;
}

export interface Reaction {
  id: string;
  by: Person;
  /** `approve` for a thumb up, a heart, a rocket, a hooray; `reject` for a thumb down; others are not listed. */
  verb: 'approve' | 'reject';
  /** Epoch milliseconds by the tracker's clock; null where it does not tell. */
  at: number | null;
}

export interface Relations {
  /** Items that must be done before this one. */
  blockedBy: ItemRef[];
  blocks: ItemRef[];
}

/** How an item is to look. */
export interface Shown {
  /** The name or the id of a state; absent: it stays. */
  state?: string | undefined;
  addLabels?: readonly string[] | undefined;
  removeLabels?: readonly string[] | undefined;
}

export interface Showed {
  /** Whether anything was written. */
  isChanged: boolean;
  /** States and labels that the project does not have. Nothing of them was made. */
  unknown: string[];
}

export interface Tracker {
  readonly kind: TrackerKind;
  /** As the configuration calls it. */
  readonly name: string;
  /** Milliseconds by which its clock is ahead of ours, by its last answer; 0 before there was one. */
  readonly skewMs: number;
  /** Who we are there. Asked once. */
  account(): Promise<Person>;
  /** For people; `unknown` where it does not say. */
  version(): Promise<string>;
  /** By id, identifier, or `owner/name`. Throws `notFound`. */
  project(ref: string): Promise<TrackerProject>;

  /** Undefined when it is not there, or we must not see it. */
  item(ref: ItemRef): Promise<WorkItem | undefined>;
  /** By what people call it: `ET-3` or `3` in Plane, `#12` or `12` at a forge. */
  itemByKey(project: string, key: string): Promise<WorkItem | undefined>;
  /**
   * Items of a project that changed at or after this instant of the tracker's clock, or all that are not closed where it
   * is null; newest change first. Pull requests are none. Pages are asked for as they are read.
   */
  changed(project: string, since: number | null): AsyncIterable<WorkItem>;
  /** Oldest first. Since an instant of the tracker's clock, as far as it can be asked for that; all where it is null. */
  comments(ref: ItemRef, since: number | null): Promise<ItemComment[]>;
  /** Undefined when it is not there any more. */
  comment(ref: ItemRef, id: string): Promise<ItemComment | undefined>;
  /** What happened to an item at or after an instant, oldest first; null where the tracker keeps no history. */
  history(ref: ItemRef, since: number | null): Promise<ItemChange[] | null>;
  /** Reactions to a comment; null where there are none to ask for. */
  reactions(ref: ItemRef, commentId: string): Promise<Reaction[] | null>;
  /** Relations that the tracker itself keeps; null where it keeps none. */
  relations(ref: ItemRef): Promise<Relations | null>;
  /** Whether somebody may change items of the project: a member who is no guest, a collaborator with the right to write. */
  mayWrite(project: string, person: Person): Promise<boolean>;

  /**
   * Keeps one comment as it should be: the one with this id if it is still there and ours, else one of ours that holds the
   * marker, else a new one. `body` is Markdown; the client turns it into what the tracker stores.
   */
  keepComment(
    ref: ItemRef,
    wanted: { marker: string; body: string; id?: string | undefined },
  ): Promise<{ id: string; createdAt: number }>;
  /** Looks, and writes once where something differs. A label that is there or gone already is no difference. */
  show(ref: ItemRef, shown: Shown): Promise<Showed>;
  /** Makes an item once: one of our own that holds the marker is answered instead. */
  openItem(
    project: string,
    wanted: { marker: string; title: string; body: string; labels: readonly string[] },
  ): Promise<WorkItem>;
}

/** What every client is made from. */
export interface TrackerOptions {
  name: string;
  /** Of the server, without a path that belongs to its API. */
  url: string;
  /** Plane's workspace, as its address names it; empty for forges. */
  workspace: string;
  token: string;
  /** For tests: what sends requests. */
  fetch?: typeof globalThis.fetch;
  /** Milliseconds until an answer must be there. */
  timeoutMs?: number;
  /** Requests a minute that it allows us; null for as many as it takes. Its own words in an answer count more. */
  perMinute?: number | null;
}
