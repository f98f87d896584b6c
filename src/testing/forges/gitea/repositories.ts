/** Repositories of a fake Gitea: made, forked, their members, files and labels. */
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { signedIn, whoAsks, whoMay } from './accounts.ts';
import { bodyOf, labelShape, notFound, page, Refusal, repositoryShape } from './answers.ts';
import { branchSha, commitFiles, type Files, fileAt, git, initBare, shaOf } from './git.ts';
import type { Pushed } from './git-http.ts';
import { repositoryOf, restOf } from './lookup.ts';
import { addMemberRoutes } from './members.ts';
import { type FakeAccount, type FakeRepository, fullName, type World } from './world.ts';

const newRepository = z.object({
  name: z.string().regex(/^[\w.-]+$/),
  auto_init: z.boolean().optional(),
  default_branch: z.string().optional(),
});
const newLabel = z.object({ name: z.string().min(1), color: z.string() });
const changedFiles = z.object({
  branch: z.string().optional(),
  message: z.string().optional(),
  files: z.array(z.object({ operation: z.string(), path: z.string(), content: z.string() })),
});

export const authorOf = (account: FakeAccount) => ({
  name: account.login,
  email: `${account.login}@noreply.localhost`,
});

/** Makes a repository with these files in its first commit; without files it is empty. */
export async function addRepository(
  world: World,
  wanted: { owner: string; name: string; files: Files; defaultBranch?: string | undefined; by: FakeAccount },
): Promise<FakeRepository> {
  const { owner, name, files, defaultBranch = 'main', by } = wanted;
  const id = world.nextId();
  const repository: FakeRepository = {
    ...{ id, owner, name, defaultBranch, directory: join(world.root, `${id}.git`), parent: null },
    permissions: new Map([[by.login, 'admin']]),
    ...{ issues: [], labels: [], statuses: [], hooks: [], protections: [] },
  };
  if (world.repositories.some(it => fullName(it).toLowerCase() === fullName(repository).toLowerCase())) {
    throw new Refusal(409, 'The repository with the same name already exists.');
  }
  world.repositories.push(repository);
  await initBare(repository.directory, defaultBranch);
  if (Object.keys(files).length > 0) {
    const first = { branch: defaultBranch, files, message: 'Initial commit', author: authorOf(by) };
    await commitFiles(repository.directory, first);
  }
  return repository;
}

export function addRepositoryRoutes(app: FastifyInstance, world: World, pushed: Pushed): void {
  const base = '/api/v1/repos/:owner/:name';

  const make = (owner: string, by: FakeAccount, body: z.infer<typeof newRepository>) => {
    const files: Files = body.auto_init ? { 'README.md': `# ${body.name}\n` } : {};
    return addRepository(world, { owner, name: body.name, files, defaultBranch: body.default_branch, by });
  };
  app.post('/api/v1/orgs/:organisation/repos', async (request, reply) => {
    const by = whoAsks(request, world);
    const { organisation } = request.params as { organisation: string };
    if (!world.organisations.has(organisation)) throw notFound();
    const made = await make(organisation, by, bodyOf(request, newRepository));
    return reply.code(201).send(repositoryShape(made, world, by));
  });
  app.post('/api/v1/user/repos', async (request, reply) => {
    const by = whoAsks(request, world);
    const made = await make(by.login, by, bodyOf(request, newRepository));
    return reply.code(201).send(repositoryShape(made, world, by));
  });
  app.post(`${base}/forks`, async (request, reply) => {
    const by = whoAsks(request, world);
    const parent = repositoryOf(request, world);
    const fork = await addRepository(world, { owner: by.login, name: parent.name, files: {}, by });
    fork.parent = parent;
    await git(fork.directory, 'fetch', '--quiet', parent.directory, '+refs/heads/*:refs/heads/*');
    return reply.code(202).send(repositoryShape(fork, world, by));
  });

  app.get(base, request => repositoryShape(repositoryOf(request, world), world, signedIn(request, world)));
  addMemberRoutes(app, world);
  addFileRoutes(app, world, pushed);

  app.get(`${base}/labels`, (request, reply) =>
    page(request, reply, repositoryOf(request, world).labels, { url: world.url, link: false }).map(labelShape),
  );
  app.post(`${base}/labels`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'write');
    const label = { id: world.nextId(), ...bodyOf(request, newLabel) };
    repository.labels.push(label);
    return reply.code(201).send(labelShape(label));
  });
  app.get('/api/v1/orgs/:organisation/labels', async request => {
    if (!world.organisations.has((request.params as { organisation: string }).organisation)) throw notFound();
    return [];
  });
}

function addFileRoutes(app: FastifyInstance, world: World, pushed: Pushed): void {
  const base = '/api/v1/repos/:owner/:name';
  const read = async (repository: FakeRepository, path: string, ref: string | undefined) => {
    const commit = await shaOf(repository.directory, ref ?? repository.defaultBranch);
    const bytes = commit && (await fileAt(repository.directory, commit, path));
    if (!commit || !bytes) throw notFound();
    return { bytes, sha: await git(repository.directory, 'rev-parse', `${commit}:${path}`) };
  };
  const refOf = (query: unknown) => (query as { ref?: string }).ref;

  app.get(`${base}/raw/*`, async (request, reply) => {
    const { bytes } = await read(repositoryOf(request, world), restOf(request), refOf(request.query));
    return reply.type('text/plain; charset=utf-8').send(bytes);
  });
  app.get(`${base}/contents/*`, async request => {
    const path = restOf(request);
    const { bytes, sha } = await read(repositoryOf(request, world), path, refOf(request.query));
    return {
      type: 'file',
      encoding: 'base64',
      name: path.split('/').at(-1),
      path,
      sha,
      content: bytes.toString('base64'),
    };
  });
  app.post(`${base}/contents`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const { branch = repository.defaultBranch, message = 'Change files', files } = bodyOf(request, changedFiles);
    const bytes = Object.fromEntries(files.map(file => [file.path, Buffer.from(file.content, 'base64')]));
    const sha = await commitAndTell(world, repository, { branch, files: bytes, message, by }, pushed);
    return reply.code(201).send({ commit: { sha } });
  });
}

/** Commits on the server, as its pages do. Answers the commit. */
export function commitAndTell(
  world: World,
  repository: FakeRepository,
  wanted: { branch: string; files: Files; message: string; by: FakeAccount },
  pushed: Pushed,
): Promise<string> {
  const { branch, files, message, by } = wanted;
  return world.alone(repository, async () => {
    const before = (await branchSha(repository.directory, branch)) ?? null;
    const from = repository.defaultBranch;
    const after = await commitFiles(repository.directory, { branch, files, message, from, author: authorOf(by) });
    await pushed(repository, [{ ref: `refs/heads/${branch}`, before, after }], by);
    return after;
  });
}
