/** Items of a fake Plane, under every name that its edition has for them. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bodyOf, paramOf, queryOf } from '../../forges/request.ts';
import type { Acts, ItemFields } from './acts.ts';
import {
  broken,
  forbidden,
  isUuid,
  itemFor,
  itemOrNone,
  missing,
  notAllowed,
  page,
  picked,
  projectFor,
  Refusal,
  unfit,
  whoAsks,
  wordsIn,
} from './answers.ts';
import { inProject, root } from './projects.ts';
import { itemShape } from './shapes.ts';
import { type FakeItem, type FakeProject, type FakeUser, isListed, type World } from './world.ts';

/** What its edition calls items. */
export const wordsOf = ({ edition }: World): string[] =>
  edition === 'old-community' ? ['issues'] : ['work-items', 'issues'];

export function addItemRoutes(app: FastifyInstance, world: World, acts: Acts): void {
  const shape = (request: FastifyRequest) => (item: FakeItem) =>
    picked(request, itemShape(item, world, wordsIn(request, 'expand')));

  for (const word of wordsOf(world)) {
    const list = `${inProject}/${word}/`;
    const one = `${list}:item/`;
    app.get(`${root}/${word}/:key/`, request => shape(request)(itemOfKey(request, world)));
    app.get(list, request => {
      const { project } = projectFor(request, world);
      const external = externalIn(queryOf(request));
      if (!external)
        return page(request, ordered(request, project), item => itemShape(item, world, wordsIn(request, 'expand')));
      // Asked for by both, it answers the one item, archived or not.
      const item = withExternal(project, external);
      if (!item) throw missing();
      return shape(request)(item);
    });
    app.post(list, (request, reply) => {
      const { project, by } = projectFor(request, world, 15);
      const fields = fieldsIn(request, project);
      if (!fields.name) throw unfit({ name: ['This field is required.'] });
      refuseTaken(project, bodyOf(request), undefined);
      const body = bodyOf(request);
      const said = { createdAt: dateIn(body.created_at), createdBy: textIn(body.created_by) };
      const item = acts.createItem(project, { ...fields, name: fields.name, ...said }, by);
      return reply.code(201).send(itemShape(item, world));
    });
    app.get(one, request => shape(request)(itemFor(request, world).item));
    app.patch(one, request => {
      const { project, by, item } = itemOrNone(request, world, 15);
      if (!item || item.isDeleted) throw missing();
      const fields = fieldsIn(request, project);
      refuseTaken(project, bodyOf(request), item);
      claimIgnored(request, { project, item, by }, acts);
      acts.changeItem(item, fields, by, 'api');
      return itemShape(item, world);
    });
    app.put(one, request => {
      throw notAllowed(request.method);
    });
    app.delete(one, (request, reply) => {
      const { project, by, item } = itemFor(request, world, 15);
      if (item.createdBy !== by.id && project.members.get(by) !== 20) {
        throw new Refusal(403, { error: 'Only admin or creator can delete the work item' });
      }
      acts.deleteItem(item, by);
      return reply.code(204).send();
    });
  }
}

function itemOfKey(request: FastifyRequest, world: World): FakeItem {
  const by = whoAsks(request, world);
  const [, identifier, number] = /^(.+)-([^-]+)$/.exec(paramOf(request, 'key')) ?? [];
  const project = world.projects.find(it => it.identifier === identifier);
  if (!project?.members.has(by)) throw forbidden();
  if (!/^\d+$/.test(number!)) throw broken();
  const item = project.items.find(it => it.sequence === Number(number));
  if (!item || !isListed(item)) throw missing();
  return item;
}

/** It orders by what it is asked for, and filters by nothing. */
function ordered(request: FastifyRequest, project: FakeProject): FakeItem[] {
  const { order_by: wanted = '-created_at' } = queryOf(request);
  const keys: Readonly<Record<string, (item: FakeItem) => number>> = {
    created_at: item => item.createdAt.getTime(),
    updated_at: item => item.updatedAt.getTime(),
    sequence_id: item => item.sequence,
  };
  const key = keys[wanted.replace(/^-/, '')];
  if (!key) throw broken();
  const sign = wanted.startsWith('-') ? -1 : 1;
  return project.items.filter(isListed).toSorted((one, other) => sign * (key(one) - key(other)));
}

interface External {
  source: string;
  id: string;
}

function externalIn(from: Readonly<Record<string, unknown>>): External | undefined {
  const { external_source: source, external_id: id } = from;
  return source && id ? { source: String(source), id: String(id) } : undefined;
}

const withExternal = (project: FakeProject, { source, id }: External): FakeItem | undefined =>
  project.items.find(it => !it.isDeleted && it.externalSource === source && it.externalId === id);

/** What is there already is named; of an item that is changed its own id, as the real one does. */
function refuseTaken(project: FakeProject, body: Record<string, unknown>, changed: FakeItem | undefined): void {
  const external = externalIn(body);
  const there = external && withExternal(project, external);
  if (!there || there === changed) return;
  throw new Refusal(409, {
    error: 'Issue with the same external id and external source already exists',
    id: (changed ?? there).id,
  });
}

/** The fields of a request that Plane takes; all others pass without a word. */
function fieldsIn(request: FastifyRequest, project: FakeProject): Partial<ItemFields> {
  const body = bodyOf(request);
  const fields: Partial<ItemFields> = {};
  if ('name' in body) fields.name = nameIn(body.name);
  if ('description_html' in body) fields.html = sanitised(body.description_html);
  if ('priority' in body) fields.priority = priorityIn(body.priority);
  if ('archived_at' in body) fields.archivedAt = textIn(body.archived_at) ?? null;
  if ('external_source' in body) fields.externalSource = textIn(body.external_source) ?? null;
  if ('external_id' in body) fields.externalId = textIn(body.external_id) ?? null;
  if ('state' in body) fields.state = stateIn(body.state, project);
  if ('labels' in body) fields.labels = idsIn(body.labels, 'labels').flatMap(id => known(project.labels, id, 'labels'));
  if ('assignees' in body) {
    // Guests are left out without a word.
    const members = [...project.members].filter(([, role]) => role >= 15).map(([user]) => user);
    fields.assignees = idsIn(body.assignees, 'assignees').flatMap(id => members.filter(user => user.id === id));
  }
  return fields;
}

function nameIn(name: unknown): string {
  if (String(name ?? '').trim() === '') throw unfit({ name: ['This field may not be blank.'] });
  if (String(name).length > 255) throw unfit({ name: ['Ensure this field has no more than 255 characters.'] });
  return String(name);
}

function priorityIn(priority: unknown): string {
  if (['urgent', 'high', 'medium', 'low', 'none'].includes(String(priority))) return String(priority);
  throw unfit({ priority: [`"${priority}" is not a valid choice.`] });
}

function stateIn(id: unknown, project: FakeProject) {
  if (id === null) return project.states[0]!;
  if (!isUuid(String(id))) throw unfit({ state: [`“${id}” is not a valid UUID.`] });
  return known(project.states, String(id), 'state')[0]!;
}

function idsIn(list: unknown, field: string): string[] {
  if (!Array.isArray(list)) throw unfit({ [field]: ['Expected a list of items.'] });
  return list.map(String);
}

function known<T extends { id: string }>(all: readonly T[], id: string, field: string): T[] {
  const found = all.find(it => it.id === id);
  if (found) return [found];
  const words = [`Invalid pk "${id}" - object does not exist.`];
  throw unfit({ [field]: field === 'state' ? words : { 0: words } });
}

/** What it ignores in a request stands in the history all the same: a state by a name of its pages, a guest to work on it. */
function claimIgnored(
  request: FastifyRequest,
  { project, item, by }: { project: FakeProject; item: FakeItem; by: FakeUser },
  acts: Acts,
): void {
  const { state_id: state, assignees } = bodyOf(request);
  const claimed = project.states.find(it => it.id === state);
  if (claimed && claimed !== item.state) acts.claim(item, 'state', item.state.name, claimed.name, by);
  const guests = [...project.members].filter(
    ([user, role]) => role < 15 && Array.isArray(assignees) && assignees.includes(user.id),
  );
  for (const [{ login }] of guests) acts.claim(item, 'assignees', '', login, by);
}

const textIn = (value: unknown): string | undefined =>
  value === null || value === undefined ? undefined : String(value);

const dateIn = (value: unknown): Date | undefined => (value === undefined ? undefined : new Date(String(value)));

/** Descriptions lose what is for programs, and more; the real one is thorough, this is enough to notice. */
function sanitised(value: unknown): string {
  const html = String(value ?? '');
  if (html === '') throw unfit({ non_field_errors: ['Invalid HTML passed'] });
  const clean = html
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<(script|style|iframe)\b[\s\S]*?<\/\1>/gi, '')
    .replace(/ (?:on\w+|data-sb|data-signalbox)="[^"]*"/gi, '');
  if (!clean.startsWith('<')) return `<span>${clean}</span>`;
  const isOne = /^<(\w+)[^>]*>(?:(?!<\1\b)[\s\S])*<\/\1>$/.test(clean);
  return isOne ? clean : `<div>${clean}</div>`;
}
