/** How a fake Plane answers: its errors, its pages, and who may ask for what. */
import type { FastifyRequest } from 'fastify';
import { paramOf, queryOf } from '../../forges/request.ts';
import type { FakeItem, FakeProject, FakeUser, Role, World } from './world.ts';
import { isListed } from './world.ts';

/** An answer that is an error, with the body that the real one has. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: object;
  constructor(status: number, body: object) {
    super(JSON.stringify(body));
    this.status = status;
    this.body = body;
  }
}

export const pageNotFound = (): Refusal => new Refusal(404, { error: 'Page not found.' });
export const missing = (): Refusal => new Refusal(404, { error: 'The requested resource does not exist.' });
export const forbidden = (): Refusal =>
  new Refusal(403, { detail: 'You do not have permission to perform this action.' });
export const notAllowed = (method: string): Refusal => new Refusal(405, { detail: `Method "${method}" not allowed.` });
export const broken = (): Refusal => new Refusal(500, { error: 'Something went wrong please try again later' });
export const unfit = (body: object): Refusal => new Refusal(400, body);

export function whoAsks(request: FastifyRequest, world: World): FakeUser {
  const token = request.headers['x-api-key'];
  if (!token) throw new Refusal(401, { detail: 'Authentication credentials were not provided.' });
  const user = world.users.find(it => it.token === token);
  if (!user) throw new Refusal(403, { detail: 'Given API token is not valid' });
  return user;
}

export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** An id in the path; what can be none leads to no page. */
export function idIn(request: FastifyRequest, name: string): string {
  const id = paramOf(request, name);
  if (!isUuid(id)) throw pageNotFound();
  return id;
}

export interface Found {
  project: FakeProject;
  by: FakeUser;
}

/** The project of a request, in which the one who asks has at least this role. */
export function projectFor(request: FastifyRequest, world: World, role: Role = 5): Found {
  const by = whoAsks(request, world);
  const id = idIn(request, 'project');
  const project = world.projects.find(it => it.id === id);
  if (!project || paramOf(request, 'slug') !== world.slug || (project.members.get(by) ?? 0) < role) throw forbidden();
  return { project, by };
}

/** The item of a request, in what a project shows. */
export function itemFor(request: FastifyRequest, world: World, role: Role = 5): Found & { item: FakeItem } {
  const found = itemOrNone(request, world, role);
  const { item } = found;
  if (!item || !isListed(item)) throw missing();
  return { ...found, item };
}

/** The same for what asks for no more than its id: archived or deleted, or never made at all. */
export function itemOrNone(
  request: FastifyRequest,
  world: World,
  role: Role = 5,
): Found & { item: FakeItem | undefined } {
  const found = projectFor(request, world, role);
  const id = idIn(request, 'item');
  return { ...found, item: found.project.items.find(it => it.id === id) };
}

const largestPage = 1_000;

/** One page of a list: counted, so that what moves while somebody reads is met twice, or never. */
export function page<T>(request: FastifyRequest, all: readonly T[], shape: (entry: T) => object): object {
  const { per_page: wanted = String(largestPage), cursor = `${wanted}:0:0` } = queryOf(request);
  if (!/^\d+$/.test(wanted)) throw unfit({ detail: 'Invalid per_page parameter.' });
  const size = Number(wanted);
  if (size > largestPage) throw unfit({ detail: `Invalid per_page value. Cannot exceed ${largestPage}.` });
  if (size === 0) throw broken();
  const [, at] = /^\d+:(\d+):-?\d+$/.exec(cursor) ?? [];
  if (at === undefined) throw unfit({ detail: 'Invalid cursor parameter.' });
  const number = Number(at);
  const results = all.slice(number * size, (number + 1) * size).map(entry => picked(request, shape(entry)));
  return {
    ...{ grouped_by: null, sub_grouped_by: null, total_count: all.length },
    next_cursor: `${size}:${number + 1}:0`,
    prev_cursor: `${size}:${number - 1}:1`,
    next_page_results: (number + 1) * size < all.length,
    prev_page_results: number > 0,
    ...{ count: results.length, total_pages: Math.ceil(all.length / size), total_results: all.length },
    ...{ extra_stats: null, results },
  };
}

/** Only the fields that were asked for. */
export function picked(request: FastifyRequest, whole: object): object {
  const fields = wordsIn(request, 'fields');
  return fields.length === 0
    ? whole
    : Object.fromEntries(Object.entries(whole).filter(([key]) => fields.includes(key)));
}

/** The words of a list in the query, such as what to expand. */
export const wordsIn = (request: FastifyRequest, name: string): string[] =>
  (queryOf(request)[name] ?? '').split(',').filter(Boolean);
