/**
 * What every tracker must do, as one suite over the contract: it runs against the fakes always, and against real servers
 * where there are some. Each test has a project of its own.
 */
import { test } from 'vitest';
import type { ItemRef, Tracker, TrackerKind } from '../../../src/integrations/tracker.ts';
import { type AtPlaceOptions, atPlace } from '../at-place.ts';
import { changeBehaviour } from './conformance/changes.ts';
import { commentBehaviour } from './conformance/comments.ts';
import { historyBehaviour } from './conformance/history.ts';
import { itemBehaviour } from './conformance/items.ts';
import { keptCommentBehaviour } from './conformance/kept-comment.ts';
import { openItemBehaviour } from './conformance/open-item.ts';
import { projectBehaviour } from './conformance/projects.ts';
import { reactionBehaviour } from './conformance/reactions.ts';
import { relationBehaviour } from './conformance/relations.ts';
import { showBehaviour } from './conformance/show.ts';

export interface WantedItem {
  title: string;
  /** As it is stored: `Place.written` makes it. */
  body?: string;
  /** Of those that the project has. */
  labels?: readonly string[];
}

/**
 * What people do at a tracker, in its own way: everything that Signalbox itself never does. Maria does it unless it says
 * otherwise.
 */
export interface People {
  /** Makes a project with the labels `agent`, `bug` and `in review`, where Maria and we may write. Answers its id. */
  makeProject(): Promise<string>;
  openItem(project: string, wanted: WantedItem): Promise<ItemRef>;
  /** Moves it to the state of this name. */
  moveItem(ref: ItemRef, state: string): Promise<void>;
  /** Makes these its labels, and no others. */
  label(ref: ItemRef, labels: readonly string[]): Promise<void>;
  /** Makes us its only assignee, or takes us away. */
  assign(ref: ItemRef, isOurs: boolean): Promise<void>;
  labels(ref: ItemRef): Promise<string[]>;
  /** Of the state that it is in. */
  state(ref: ItemRef): Promise<string>;
  /** Comments with what `Place.written` makes, as Maria or as somebody who may not write. Answers the comment's id. */
  comment(ref: ItemRef, written: string, by?: 'maria' | 'stranger'): Promise<string>;
  editComment(ref: ItemRef, id: string, written: string): Promise<void>;
  deleteComment(ref: ItemRef, id: string): Promise<void>;
  /** What all comments hold, as it is stored. */
  comments(ref: ItemRef): Promise<string[]>;
  /** Takes an item away as people do: it is archived or deleted. Null where they cannot. */
  remove: ((ref: ItemRef) => Promise<void>) | null;
  /** Says that the first item can only be done after the second. Null where there is no such word. */
  block: ((ref: ItemRef, by: ItemRef) => Promise<void>) | null;
  /** A thumb up for a comment. Null where our client has no way to see it. */
  thumbUp: ((ref: ItemRef, commentId: string) => Promise<void>) | null;
}

/** One server and who is on it. */
export interface TrackerPlace {
  kind: TrackerKind;
  /** Ours. */
  tracker: Tracker;
  /** Of Maria, who may write as well. */
  maria: Tracker;
  /** Of somebody who may comment and no more. */
  stranger: Tracker;
  /** The same server with another token. */
  withToken(token: string): Tracker;
  people: People;
  /** Names of states: where a new item is, and where it is done. */
  states: { todo: string; done: string };
  /** Makes what people write, in the tracker's own markup. */
  written: {
    plain(text: string): string;
    quote(text: string): string;
    code(text: string): string;
    /** Several of the above, one below the other. */
    join(...parts: string[]): string;
  };
  /** What a person sees of what is stored, so that two ways to write it compare. */
  seen(raw: string): string;
  /** What the tracker tells, and a client cannot do without. */
  tells: {
    /** That a comment was edited, even at once after it was written. */
    edits: boolean;
    history: boolean;
  };
  close(): Promise<void>;
}

/** Where a test finds its place once it is open. */
export type Behaviour = (place: () => TrackerPlace) => void;

export function trackerConformance<P extends TrackerPlace>(
  name: string,
  open: () => Promise<P>,
  options: AtPlaceOptions<P> = {},
): void {
  const behave = (place: () => P) => {
    test('knows who we are, and which version it speaks with', async ({ expect }) => {
      const { tracker, maria } = place();
      const us = await tracker.account();
      expect(us.id).not.toBe((await maria.account()).id);
      expect([us.id, us.login]).not.toContain('');
      expect(await tracker.version()).not.toBe('');
      expect(Math.abs(tracker.skewMs)).toBeLessThan(60_000);
    });
    projectBehaviour(place);
    itemBehaviour(place);
    changeBehaviour(place);
    commentBehaviour(place);
    keptCommentBehaviour(place);
    showBehaviour(place);
    openItemBehaviour(place);
    historyBehaviour(place);
    relationBehaviour(place);
    reactionBehaviour(place);
  };
  atPlace(name, open, behave, options);
}
