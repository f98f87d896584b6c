/** What stands for reviews on a fake GitLab: approvals, reviewers, threads, and the versions that they were about. */
import { whoAsks } from '../gitea/accounts.ts';
import { Refusal } from '../gitea/answers.ts';
import type { FakeAccount, FakePullIssue, FakeRepository } from '../gitea/world.ts';
import { bodyOf, paramOf } from '../request.ts';
import { tellOfRequest } from './merge-requests.ts';
import { type GitlabServer, page, project, projectOf, requestOf } from './server.ts';
import { headOf, noteShape, userShape } from './shapes.ts';

const one = `${project}/merge_requests/:iid`;

export function addReviewRoutes(server: GitlabServer): void {
  const { app, world } = server;

  app.get(`${one}/approvals`, request => {
    const { approvals } = server.talkOf(requestOf(request, projectOf(request, world)));
    const approved_by = [...approvals].map(([user, at]) => ({ user: userShape(user), approved_at: at.toISOString() }));
    return { approved: approved_by.length > 0, approved_by };
  });

  app.post(`${one}/approve`, async (request, reply) => {
    const repository = projectOf(request, world);
    const by = whoAsks(request, world);
    const issue = requestOf(request, repository);
    const { sha } = bodyOf(request);
    if (sha && sha !== (await headOf(server, issue)))
      throw new Refusal(409, 'SHA does not match HEAD of source branch');
    const talk = server.talkOf(issue);
    if (talk.approvals.has(by)) throw new Refusal(401, '401 Unauthorized');
    talk.approvals.set(by, new Date());
    talk.reviewers.set(by, 'approved');
    notice(server, issue, by, 'approved this merge request');
    await tellOfRequest(server, repository, { issue, action: 'approved', by });
    reply.code(201);
    return { approved: true };
  });

  app.get(`${one}/reviewers`, (request, reply) => {
    const { reviewers } = server.talkOf(requestOf(request, projectOf(request, world)));
    const all = [...reviewers].map(([user, state]) => ({ user: userShape(user), state }));
    return page(request, reply, all);
  });

  app.get(`${one}/versions`, async (request, reply) => {
    const issue = requestOf(request, projectOf(request, world));
    await headOf(server, issue);
    const newestFirst = server.talkOf(issue).versions.toReversed();
    const shapes = newestFirst.map(({ sha, at }) => ({ head_commit_sha: sha, created_at: at.toISOString() }));
    return page(request, reply, shapes);
  });
  addThreadRoutes(server);
}

function addThreadRoutes({ app, world, talkOf }: GitlabServer): void {
  app.get(`${one}/discussions`, (request, reply) => {
    const issue = requestOf(request, projectOf(request, world));
    const { threads, notices } = talkOf(issue);
    const notes = [
      ...issue.comments.map(note => noteShape(note, note.createdAt)),
      ...threads.map(note => noteShape(note, note.at, { resolvable: true, resolved: note.isResolved })),
      ...notices.map(note => noteShape(note, note.at, { system: true })),
    ].toSorted((a, b) => a.id - b.id);
    return page(
      request,
      reply,
      notes.map(note => ({ id: String(note.id), individual_note: !note.resolvable, notes: [note] })),
    );
  });

  app.post(`${one}/discussions`, (request, reply) => {
    const author = whoAsks(request, world);
    const issue = requestOf(request, projectOf(request, world));
    const thread = {
      id: world.nextId(),
      author,
      body: String(bodyOf(request).body),
      at: new Date(),
      isResolved: false,
    };
    talkOf(issue).threads.push(thread);
    reply.code(201);
    return { id: String(thread.id), notes: [noteShape(thread, thread.at, { resolvable: true, resolved: false })] };
  });

  app.put(`${one}/discussions/:id`, request => {
    whoAsks(request, world);
    const { threads } = talkOf(requestOf(request, projectOf(request, world)));
    for (const it of threads)
      if (String(it.id) === paramOf(request, 'id')) it.isResolved = bodyOf(request).resolved === true;
    return { id: paramOf(request, 'id') };
  });
}

function notice({ talkOf, world }: GitlabServer, issue: FakePullIssue, author: FakeAccount, body: string): void {
  talkOf(issue).notices.push({ id: world.nextId(), author, body, at: new Date() });
}

/** Somebody asks for changes, by the button that servers of the paid editions have: their approval is gone. */
export async function requestChanges(
  server: GitlabServer,
  { repository, issue, by }: { repository: FakeRepository; issue: FakePullIssue; by: FakeAccount },
): Promise<void> {
  const talk = server.talkOf(issue);
  talk.approvals.delete(by);
  talk.reviewers.set(by, 'requested_changes');
  notice(server, issue, by, 'requested changes');
  await tellOfRequest(server, repository, { issue, action: 'update', by });
}
