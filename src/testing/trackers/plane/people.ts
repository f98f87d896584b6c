/** What people do on the pages of a fake Plane. Items are named by their keys, such as `ET-1`, or by their ids. */
import { randomUUID } from 'node:crypto';
import type { Acts } from './acts.ts';
import type { FakeComment, FakeItem, FakeProject, FakeUser, World } from './world.ts';

export interface PlanePeople {
  /** Answers its id and its key. */
  createItem(
    project: string,
    wanted: { title: string; html?: string; state?: string; labels?: readonly string[]; by?: string },
  ): { id: string; key: string; project: string };
  /** To the state of this name. */
  moveItem(key: string, state: string, by?: string): void;
  rename(key: string, title: string, by?: string): void;
  /** Makes these its labels, and no others. */
  label(key: string, labels: readonly string[], by?: string): void;
  /** Makes these people, by their logins, its assignees. */
  assign(key: string, logins: readonly string[], by?: string): void;
  /** Says it in HTML. Answers the comment's id. */
  comment(key: string, html: string, by?: string): string;
  /** By the API, to which its author may say when he wrote it. Answers the comment's id. */
  claimComment(key: string, html: string, claimed: { by: string; at: number }): string;
  editComment(key: string, id: string, html: string, by?: string): void;
  /** As the API does it, by which everybody may change what anybody wrote. */
  patchComment(key: string, id: string, html: string, by?: string): void;
  deleteComment(key: string, id: string, by?: string): void;
  archive(key: string, by?: string): void;
  deleteItem(key: string, by?: string): void;
  /** The first can only be done after the second. */
  block(key: string, by: string): void;
  /** Deletes a label and makes it again: it has the same name, another id, and no item. */
  remakeLabel(project: string, name: string): void;
  /** As it stands now. */
  item(key: string): { id: string; title: string; state: string; labels: string[]; assignees: string[]; html: string };
  /** Oldest first. */
  comments(key: string): { id: string; by: string; html: string }[];
}

export function findProject(world: World, identifier: string): FakeProject {
  const project = world.projects.find(it => it.identifier === identifier || it.id === identifier);
  if (!project) throw new Error(`There is no project ${identifier}.`);
  return project;
}

export function findUser(world: World, login: string): FakeUser {
  const user = world.users.find(it => it.login === login);
  if (!user) throw new Error(`There is no account ${login}.`);
  return user;
}

export const keyOf = ({ project, sequence }: FakeItem): string => `${project.identifier}-${sequence}`;

function findItem(world: World, key: string): FakeItem {
  const item = world.projects.flatMap(project => project.items).find(it => it.id === key || keyOf(it) === key);
  if (!item) throw new Error(`There is no item ${key}.`);
  return item;
}

function findComment(item: FakeItem, id: string): FakeComment {
  const comment = item.comments.find(it => it.id === id);
  if (!comment) throw new Error(`There is no comment ${id}.`);
  return comment;
}

/** Those of these names; a name that nobody knows is a mistake of the test. */
const named = <T extends { name: string }>(all: readonly T[], names: readonly string[]): T[] =>
  names.map(name => {
    const found = all.find(it => it.name === name);
    if (!found) throw new Error(`The project has no ${name}.`);
    return found;
  });

/** Whoever is not named is the first of the accounts. */
export function createPlanePeople(world: World, acts: Acts): PlanePeople {
  const who = (login: string | undefined) => findUser(world, login ?? world.users[0]!.login);
  return {
    createItem(identifier, { title, html, state, labels = [], by }) {
      const project = findProject(world, identifier);
      const fields = {
        name: title,
        labels: named(project.labels, labels),
        ...(html === undefined ? {} : { html }),
        ...(state === undefined ? {} : { state: named(project.states, [state])[0]! }),
      };
      const item = acts.createItem(project, fields, who(by));
      return { id: item.id, key: keyOf(item), project: project.id };
    },
    moveItem(key, state, by) {
      const item = findItem(world, key);
      acts.changeItem(item, { state: named(item.project.states, [state])[0]! }, who(by), 'pages');
    },
    rename(key, name, by) {
      acts.changeItem(findItem(world, key), { name }, who(by), 'pages');
    },
    label(key, labels, by) {
      const item = findItem(world, key);
      acts.changeItem(item, { labels: named(item.project.labels, labels) }, who(by), 'pages');
    },
    assign(key, logins, by) {
      const assignees = logins.map(login => findUser(world, login));
      acts.changeItem(findItem(world, key), { assignees }, who(by), 'pages');
    },
    comment: (key, html, by) => acts.comment(findItem(world, key), { html }, who(by)).id,
    claimComment: (key, html, { by, at }) =>
      acts.comment(findItem(world, key), { html, createdAt: new Date(at) }, who(by)).id,
    editComment(key, id, html, by) {
      const item = findItem(world, key);
      acts.changeComment(item, findComment(item, id), { html }, who(by), 'pages');
    },
    patchComment(key, id, html, by) {
      const item = findItem(world, key);
      acts.changeComment(item, findComment(item, id), { html }, who(by), 'api');
    },
    deleteComment(key, id, by) {
      const item = findItem(world, key);
      acts.deleteComment(item, findComment(item, id), who(by));
    },
    archive: (key, by) => acts.archiveItem(findItem(world, key), who(by)),
    deleteItem: (key, by) => acts.deleteItem(findItem(world, key), who(by)),
    block: (key, by) => acts.block(findItem(world, key), findItem(world, by)),
    remakeLabel(identifier, name) {
      const project = findProject(world, identifier);
      const [old] = named(project.labels, [name]);
      for (const item of project.items) item.labels = item.labels.filter(label => label !== old);
      project.labels = [...project.labels.filter(label => label !== old), { id: randomUUID(), name }];
    },
    item(key) {
      const { id, name: title, state, labels, assignees, html } = findItem(world, key);
      const names = labels.map(label => label.name);
      return { id, title, state: state.name, labels: names, assignees: assignees.map(user => user.login), html };
    },
    comments: key => findItem(world, key).comments.map(({ id, actor, html }) => ({ id, by: actor.login, html })),
  };
}
