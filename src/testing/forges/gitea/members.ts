/** Who may do what with a repository of a fake Gitea. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { paramOf } from '../request.ts';
import { whoAsks, whoMay } from './accounts.ts';
import { bodyOf, Refusal, userShape } from './answers.ts';
import { repositoryOf } from './lookup.ts';
import { type FakeAccount, type FakeRepository, mayDo, type World } from './world.ts';

const onlyAdmins =
  'Only admins can query all permissions, repo admins can query all repo permissions, collaborators can query only their own';

export function addMemberRoutes(app: FastifyInstance, world: World): void {
  const base = '/api/v1/repos/:owner/:name';

  app.put(`${base}/collaborators/:login`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'admin');
    const { permission } = bodyOf(request, z.object({ permission: z.enum(['read', 'write', 'admin']) }));
    repository.permissions.set(paramOf(request, 'login'), permission);
    return reply.code(204).send();
  });

  app.get(`${base}/collaborators/:login/permission`, request => {
    const repository = repositoryOf(request, world);
    const asks = whoAsks(request, world);
    const login = paramOf(request, 'login').toLowerCase();
    if (asks.login.toLowerCase() !== login && !mayDo(asks, repository, 'admin')) throw new Refusal(403, onlyAdmins);
    const account = world.accounts.find(it => it.login.toLowerCase() === login);
    if (!account) throw new Refusal(404, `user does not exist [uid: 0, name: ${login}]`);
    const permission = permissionOf(repository, account);
    return { permission, role_name: permission, user: userShape(account, world) };
  });

  app.get(`${base}/assignees`, request => {
    const repository = repositoryOf(request, world);
    whoAsks(request, world);
    return world.accounts.filter(it => mayDo(it, repository, 'write')).map(it => userShape(it, world));
  });
}

const permissionOf = (repository: FakeRepository, account: FakeAccount) =>
  account.isAdmin || account.login === repository.owner
    ? 'owner'
    : (repository.permissions.get(account.login) ?? 'read');
