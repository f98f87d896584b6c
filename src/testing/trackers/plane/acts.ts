/** What can be done in a fake Plane, be it by its API or by people on its pages: it is kept, written down, and told. */
import { randomUUID } from 'node:crypto';
import type { FieldChange, News } from './news.ts';
import type {
  FakeActivity,
  FakeComment,
  FakeItem,
  FakeLabel,
  FakeProject,
  FakeState,
  FakeUser,
  World,
} from './world.ts';

/** Its pages and its API call the same fields differently. */
export type Way = 'api' | 'pages';

export interface ItemFields {
  name: string;
  html: string;
  priority: string;
  state: FakeState;
  labels: FakeLabel[];
  assignees: FakeUser[];
  parent: string | null;
  archivedAt: string | null;
  externalSource: string | null;
  externalId: string | null;
}

export interface NewComment {
  html: string;
  access?: string;
  createdAt?: Date | undefined;
  createdBy?: string | undefined;
  externalSource?: string | null;
  externalId?: string | null;
}

export interface CommentActs {
  comment(item: FakeItem, comment: NewComment, by: FakeUser): FakeComment;
  changeComment(
    item: FakeItem,
    comment: FakeComment,
    change: { html?: string | undefined },
    by: FakeUser,
    way: Way,
  ): void;
  deleteComment(item: FakeItem, comment: FakeComment, by: FakeUser): void;
}

export interface Acts extends CommentActs {
  createItem(
    project: FakeProject,
    fields: Partial<ItemFields> & { name: string; createdAt?: Date | undefined; createdBy?: string | undefined },
    by: FakeUser,
  ): FakeItem;
  changeItem(item: FakeItem, fields: Partial<ItemFields>, by: FakeUser, way: Way): void;
  /** As its pages do it, which no hook of the community edition hears of. */
  archiveItem(item: FakeItem, by: FakeUser): void;
  deleteItem(item: FakeItem, by: FakeUser): void;
  block(item: FakeItem, by: FakeItem): void;
  /** Writes into the history what did not happen. */
  claim(item: FakeItem, field: string, from: string, to: string, by: FakeUser): void;
}

/** What of a field is told: ids, as they are in a request. */
const told = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(told);
  return typeof value === 'object' && value !== null && 'id' in value ? value.id : value;
};

const wordOnPages = new Map([
  ['state', 'state_id'],
  ['labels', 'label_ids'],
  ['assignees', 'assignee_ids'],
]);

const wordInApi = new Map([
  ['html', 'description_html'],
  ['archivedAt', 'archived_at'],
  ['externalSource', 'external_source'],
  ['externalId', 'external_id'],
]);

const wordFor = (field: string, way: Way): string =>
  (way === 'pages' ? wordOnPages.get(field) : undefined) ?? wordInApi.get(field) ?? field;

export const createActs = (world: World, news: News): Acts => ({
  ...createItemActs(world, news),
  ...createCommentActs(world, news),
});

/** Plane's worker touches an item for everything that happens to it. */
const touch = (world: World, item: FakeItem): void => {
  item.updatedAt = world.now();
};

/** It is dated a little after it was first stored. */
const begin = (
  world: World,
  by: FakeUser,
  wanted: { createdAt?: Date | undefined; createdBy?: string | undefined },
) => {
  const updatedAt = world.now();
  const createdAt = wanted.createdAt ?? world.now();
  return { id: randomUUID(), createdAt, updatedAt, createdBy: wanted.createdBy ?? by.id, updatedBy: null };
};

function createItemActs(world: World, news: News): Omit<Acts, keyof CommentActs> {
  return {
    createItem(project, { createdAt, createdBy, ...fields }, by) {
      project.lastSequence += 1;
      const item: FakeItem = {
        ...begin(world, by, { createdAt, createdBy }),
        ...{ project, sequence: project.lastSequence, html: '<p></p>', priority: 'none', state: project.states[0]! },
        ...{ labels: [], assignees: [], parent: null, archivedAt: null, isDeleted: false },
        ...{ externalSource: null, externalId: null, comments: [], activities: [], blockedBy: [] },
        ...fields,
      };
      project.items.push(item);
      const begun = { id: randomUUID(), at: item.createdAt, actor: by, verb: 'created' } as const;
      item.activities.push({ ...begun, field: null, oldValue: null, newValue: null });
      touch(world, item);
      news.itemCreated(item, by);
      return item;
    },
    changeItem(item, fields, by, way) {
      const changes: FieldChange[] = [];
      for (const [field, to] of Object.entries(fields)) {
        const from = item[field as keyof ItemFields];
        if (JSON.stringify(told(from)) === JSON.stringify(told(to))) continue;
        changes.push({ field: wordFor(field, way), from: told(from), to: told(to) });
        item.activities.push(...activitiesOf(field, from, to).map(written => entry(world, by, written)));
      }
      Object.assign(item, fields, { updatedBy: by.id });
      touch(world, item);
      if (changes.length > 0) news.itemChanged(item, by, changes);
    },
    archiveItem(item, by) {
      item.archivedAt = world.now().toISOString().slice(0, 10);
      touch(world, item);
      news.itemGone(item, by, 'archived');
    },
    deleteItem(item, by) {
      item.isDeleted = true;
      item.comments = [];
      news.itemGone(item, by, 'deleted');
    },
    claim(item, field, oldValue, newValue, by) {
      item.activities.push(entry(world, by, { field, oldValue, newValue }));
    },
    block(item, other) {
      if (!item.blockedBy.includes(other)) item.blockedBy.push(other);
      touch(world, item);
      touch(world, other);
    },
  };
}

function createCommentActs(world: World, news: News): CommentActs {
  return {
    comment(item, { html, access = 'INTERNAL', externalSource = null, externalId = null, ...wanted }, by) {
      const comment: FakeComment = {
        ...begin(world, by, wanted),
        ...{ actor: by, html, access, editedAt: null, externalSource, externalId },
      };
      item.comments.push(comment);
      touch(world, item);
      news.commentCreated(item, comment, by);
      return comment;
    },
    changeComment(item, comment, { html = comment.html }, by, way) {
      const change = { field: 'comment_html', from: comment.html, to: html };
      const changes = html === comment.html ? [] : [change];
      Object.assign(comment, { html, updatedAt: world.now(), updatedBy: by.id });
      // The API leaves no other trace than who touched it last.
      if (way === 'pages') comment.editedAt = world.now();
      if (way === 'pages' && changes.length > 0) changes.push({ field: 'comment_json', from: '{}', to: '{}' });
      touch(world, item);
      if (changes.length > 0) news.commentChanged(item, comment, by, changes);
    },
    deleteComment(item, comment, by) {
      item.comments = item.comments.filter(it => it !== comment);
      touch(world, item);
      news.commentDeleted(item, comment, by);
    },
  };
}

type Written = Pick<FakeActivity, 'field' | 'oldValue' | 'newValue'>;

const entry = (world: World, actor: FakeUser, written: Written): FakeActivity => ({
  ...{ id: randomUUID(), at: world.now(), actor, verb: 'updated' },
  ...written,
});

const nameOf = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value ?? '');
  return 'login' in value ? String(value.login) : 'name' in value ? String(value.name) : '';
};

/** What the history says of a changed field: one entry, or one for each that came to a list or went away. */
function activitiesOf(field: string, from: unknown, to: unknown): Written[] {
  const word = field === 'html' ? 'description' : wordFor(field, 'api');
  if (!Array.isArray(from) || !Array.isArray(to))
    return [{ field: word, oldValue: nameOf(from), newValue: nameOf(to) }];
  return [
    ...to.filter(it => !from.includes(it)).map(it => ({ field: word, oldValue: '', newValue: nameOf(it) })),
    ...from.filter(it => !to.includes(it)).map(it => ({ field: word, oldValue: nameOf(it), newValue: '' })),
  ];
}
