/** What fakes of forges begin with: accounts, repositories and their forks. */
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitFiles, type Files, git, initBare, refsOf } from './gitea/git.ts';
import { createWorld, type FakeAccount, type FakeRepository, type Permission, type World } from './gitea/world.ts';

/** A world with these accounts, and a directory for its repositories. */
export async function createStockedWorld(directory: string, logins: readonly string[]): Promise<World> {
  const world = createWorld(await mkdtemp(join(tmpdir(), directory)));
  const token = () => randomBytes(20).toString('hex');
  world.accounts = logins.map(login => ({ id: world.nextId(), login, token: token(), isAdmin: false }));
  return world;
}

export function accountOf(world: World, login: string): FakeAccount {
  const account = world.accounts.find(it => it.login === login);
  if (!account) throw new Error(`There is no account ${login}.`);
  return account;
}

export async function createRepository(
  world: World,
  fullName: string,
  { files, members }: { files: Files; members: Readonly<Record<string, Permission>> },
): Promise<void> {
  const [owner = '', name = ''] = fullName.split('/');
  const id = world.nextId();
  const directory = join(world.root, `${id}.git`);
  await initBare(directory, 'main');
  const author = { name: owner, email: `${owner}@noreply.localhost` };
  await commitFiles(directory, { branch: 'main', files, message: 'Begin', author });
  world.repositories.push({
    ...{ id, owner, name, directory, defaultBranch: 'main', parent: null },
    permissions: new Map(Object.entries(members)),
    ...{ issues: [], labels: [], statuses: [], hooks: [], protections: [] },
  });
}

/** A fork of the same name under another owner; the one that is there, if there is one. */
export async function forkFor(world: World, parent: FakeRepository, owner: FakeAccount): Promise<FakeRepository> {
  const there = world.repositories.find(it => it.parent === parent && it.owner === owner.login);
  if (there) return there;
  const id = world.nextId();
  const fork: FakeRepository = {
    id,
    owner: owner.login,
    name: parent.name,
    directory: `${world.root}/${id}.git`,
    defaultBranch: parent.defaultBranch,
    parent,
    permissions: new Map(),
    issues: [],
    labels: [],
    statuses: [],
    hooks: [],
    protections: [],
  };
  await git(world.root, 'clone', '--quiet', '--bare', parent.directory, fork.directory);
  await git(fork.directory, 'config', 'http.receivepack', 'true');
  world.repositories.push(fork);
  return fork;
}

/** The branches whose head is this commit. */
export async function branchesAt({ directory }: FakeRepository, sha: string): Promise<string[]> {
  const refs = await refsOf(directory);
  return [...refs].flatMap(([ref, head]) =>
    head === sha && ref.startsWith('refs/heads/') ? [ref.slice('refs/heads/'.length)] : [],
  );
}
