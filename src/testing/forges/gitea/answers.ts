/** How a fake Gitea answers: errors with a message, lists by pages, and the shapes that stand in many answers. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type FakeAccount, type FakeLabel, type FakeRepository, fullName, mayDo, type World } from './world.ts';

/** An answer that is an error. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const notFound = (): Refusal => new Refusal(404, 'not found');

/** The body of a request, by its schema. */
export function bodyOf<T>(request: FastifyRequest, schema: z.ZodType<T>): T {
  const body = schema.safeParse(request.body ?? {});
  if (body.success) return body.data;
  const [issue] = body.error.issues;
  throw new Refusal(422, `[${issue?.path.join('.')}]: ${issue?.message}`);
}

const largestPage = 50;
const defaultPage = 30;

/** One page of a list. `link` is what only some of Gitea's lists say. */
export function page<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  all: readonly T[],
  { url, link = true }: { url: string; link?: boolean },
): T[] {
  const query = request.query as { limit?: string; page?: string };
  const limit = Math.min(Number(query.limit) || defaultPage, largestPage);
  const number = Math.max(Number(query.page) || 1, 1);
  const pages = Math.ceil(all.length / limit);
  const address = (wanted: number) => {
    const target = new URL(request.url, url);
    target.searchParams.set('page', String(wanted));
    return target.href;
  };
  const links = [
    ...(number < pages ? [`<${address(number + 1)}>; rel="next"`, `<${address(pages)}>; rel="last"`] : []),
    ...(number > 1 ? [`<${address(1)}>; rel="first"`, `<${address(number - 1)}>; rel="prev"`] : []),
  ];
  if (link && links.length > 0) reply.header('link', links.join(','));
  reply.header('x-total-count', String(all.length));
  return all.slice((number - 1) * limit, number * limit);
}

export const userShape = (account: FakeAccount, world: World) => ({
  id: account.id,
  login: account.login,
  username: account.login,
  full_name: '',
  email: `${account.login}@noreply.localhost`,
  html_url: `${world.url}/${account.login}`,
  is_admin: account.isAdmin,
  active: true,
});

export const labelShape = (label: FakeLabel) => ({
  id: label.id,
  name: label.name,
  exclusive: false,
  is_archived: false,
  color: label.color.replace('#', ''),
  description: '',
});

export function repositoryShape(repository: FakeRepository, world: World, viewer?: FakeAccount): object {
  const owner = world.accounts.find(account => account.login === repository.owner);
  const address = `${world.url}/${fullName(repository)}`;
  return {
    id: repository.id,
    owner: owner ? userShape(owner, world) : { id: world.organisations.get(repository.owner), login: repository.owner },
    name: repository.name,
    full_name: fullName(repository),
    private: false,
    fork: repository.parent !== null,
    ...(repository.parent ? { parent: repositoryShape(repository.parent, world) } : {}),
    html_url: address,
    clone_url: `${address}.git`,
    default_branch: repository.defaultBranch,
    archived: false,
    permissions: {
      admin: viewer ? mayDo(viewer, repository, 'admin') : false,
      push: viewer ? mayDo(viewer, repository, 'write') : false,
      pull: true,
    },
  };
}
