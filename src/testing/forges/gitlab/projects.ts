/** Accounts, projects, branches and files of a fake GitLab. */
import { signedIn, whoAsks } from '../gitea/accounts.ts';
import { branchSha, countAhead, fileAt, shaOf } from '../gitea/git.ts';
import { bodyOf, paramOf, queryOf } from '../request.ts';
import { forkFor } from '../stock.ts';
import { api, type GitlabServer, missing, page, project, projectOf } from './server.ts';
import { projectShape, userShape } from './shapes.ts';

export function addProjectRoutes({ app, world }: GitlabServer): void {
  app.get(`${api}/version`, request => {
    whoAsks(request, world);
    return { version: '18.5.0-fake', revision: 'fake' };
  });
  app.get(`${api}/user`, request => userShape(whoAsks(request, world)));
  app.get(project, request => {
    return projectShape(projectOf(request, world), world, signedIn(request, world));
  });

  app.post(`${project}/fork`, async (request, reply) => {
    const owner = whoAsks(request, world);
    const fork = await forkFor(world, projectOf(request, world), owner);
    reply.code(201);
    return projectShape(fork, world, owner);
  });

  app.get(`${project}/repository/branches/:branch`, async request => {
    const name = paramOf(request, 'branch');
    const id = await branchSha(projectOf(request, world).directory, name);
    if (!id) throw missing('Branch');
    return { name, commit: { id }, protected: false };
  });

  app.get(`${project}/repository/files/:path`, async request => {
    const { directory } = projectOf(request, world);
    const path = paramOf(request, 'path');
    const commit = await shaOf(directory, queryOf(request).ref ?? 'HEAD');
    const bytes = commit && (await fileAt(directory, commit, path));
    if (!bytes) throw missing('File');
    return { file_path: path, size: bytes.length, encoding: 'base64', content: bytes.toString('base64') };
  });

  app.get(`${project}/repository/compare`, async request => {
    const { directory } = projectOf(request, world);
    const { from = '', to = '' } = queryOf(request);
    const [base, head] = await Promise.all([shaOf(directory, from), shaOf(directory, to)]);
    if (!base || !head) throw missing('Ref');
    const count = await countAhead(directory, base, head);
    return { commits: Array.from({ length: count }, () => ({ id: head })), compare_same_ref: base === head };
  });

  app.get(`${project}/labels`, (request, reply) => page(request, reply, projectOf(request, world).labels));
  app.post(`${project}/labels`, (request, reply) => {
    whoAsks(request, world);
    const label = { id: world.nextId(), name: String(bodyOf(request).name), color: '#ededed' };
    projectOf(request, world).labels.push(label);
    reply.code(201);
    return label;
  });
}
