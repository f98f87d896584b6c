/** Who asks: by a token in a header, or as the password of a push. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal, userShape } from './answers.ts';
import { type FakeAccount, type FakeRepository, mayDo, type Permission, type World } from './world.ts';

/** Whose request this is; undefined when it does not say, or says what nobody knows. */
export function signedIn(request: FastifyRequest, world: World): FakeAccount | undefined {
  const header = request.headers.authorization ?? '';
  const [, scheme = '', value = ''] = /^(\w+) (.+)$/.exec(header) ?? [];
  if (/^(token|bearer)$/i.test(scheme)) return world.accounts.find(account => account.token === value);
  if (!/^basic$/i.test(scheme)) return undefined;
  const [name = '', ...password] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return world.accounts.find(account => [name, password.join(':')].includes(account.token));
}

/** Whose request this is, for what nobody may do unnamed. */
export function whoAsks(request: FastifyRequest, world: World): FakeAccount {
  const account = signedIn(request, world);
  if (account) return account;
  const isNamed = request.headers.authorization !== undefined;
  throw new Refusal(401, isNamed ? 'invalid username, password or token' : 'token is required');
}

/** Whoever asks, if they may do this with the repository. */
export function whoMay(
  request: FastifyRequest,
  world: World,
  repository: FakeRepository,
  wanted: Permission,
): FakeAccount {
  const account = whoAsks(request, world);
  if (mayDo(account, repository, wanted)) return account;
  throw new Refusal(
    403,
    `user should have ${wanted === 'admin' ? 'an owner or a collaborator with admin write' : 'a permission to write'} of this repository`,
  );
}

export function addAccountRoutes(app: FastifyInstance, world: World): void {
  app.get('/api/v1/version', () => ({ version: '1.26.0+fake' }));
  app.get('/api/v1/user', request => userShape(whoAsks(request, world), world));
}
