/** Accounts, repositories, branches and files of a fake GitHub. */
import { signedIn, whoAsks } from '../gitea/accounts.ts';
import { notFound, Refusal } from '../gitea/answers.ts';
import { branchSha, fileAt, git, shaOf } from '../gitea/git.ts';
import { repositoryOf } from '../gitea/lookup.ts';
import { bodyOf, paramOf, queryOf } from '../request.ts';
import { forkFor } from '../stock.ts';
import { api, type GithubServer, page, repo } from './server.ts';
import { repositoryShape, userShape } from './shapes.ts';

/** Above this the contents of a file are not in the answer about it. */
const longestContent = 1024 * 1024;

export function addRepositoryRoutes({ app, world }: GithubServer): void {
  app.get(`${api}/meta`, () => ({ verifiable_password_authentication: true, installed_version: '3.19.0+fake' }));
  app.get(`${api}/user`, request => userShape(whoAsks(request, world)));
  app.get(repo, request => repositoryShape(repositoryOf(request, world), world, signedIn(request, world)));

  app.post(`${repo}/forks`, async (request, reply) => {
    const owner = whoAsks(request, world);
    reply.code(202);
    return repositoryShape(await forkFor(world, repositoryOf(request, world), owner), world, owner);
  });

  app.get(`${repo}/branches/:branch`, async request => {
    const name = paramOf(request, 'branch');
    const sha = await branchSha(repositoryOf(request, world).directory, name);
    if (!sha) throw new Refusal(404, 'Branch not found');
    return { name, commit: { sha }, protected: false };
  });

  app.get(`${repo}/contents/:path`, async request => {
    const { directory, defaultBranch } = repositoryOf(request, world);
    const path = paramOf(request, 'path');
    const sha = await shaOf(directory, queryOf(request).ref ?? defaultBranch);
    if (!sha) throw new Refusal(404, `No commit found for the ref ${queryOf(request).ref}`);
    const bytes = await fileAt(directory, sha, path);
    const blob = await git(directory, 'rev-parse', '--verify', '--quiet', `${sha}:${path}`).catch(() => undefined);
    if (!blob) throw notFound();
    if (!bytes) return [{ type: 'file', name: 'something' }];
    const isLong = bytes.length > longestContent;
    return {
      type: 'file',
      path,
      sha: blob,
      size: bytes.length,
      encoding: isLong ? 'none' : 'base64',
      content: isLong ? '' : bytes.toString('base64').replace(/.{60}/g, '$&\n'),
    };
  });

  app.get(`${repo}/git/blobs/:sha`, async request => {
    const { directory } = repositoryOf(request, world);
    const sha = paramOf(request, 'sha');
    const content = await git(directory, 'cat-file', 'blob', sha).catch(() => undefined);
    if (content === undefined) throw notFound();
    return { sha, encoding: 'base64', content: Buffer.from(content).toString('base64') };
  });

  app.get(`${repo}/labels`, (request, reply) => page(request, reply, repositoryOf(request, world).labels, world.url));
  app.post(`${repo}/labels`, (request, reply) => {
    whoAsks(request, world);
    const label = { id: world.nextId(), name: String(bodyOf(request).name), color: 'ededed' };
    repositoryOf(request, world).labels.push(label);
    reply.code(201);
    return label;
  });
}
