/** Issues of a fake GitLab, and notes under issues and merge requests. */
import type { FastifyRequest } from 'fastify';
import { whoAsks, whoMay } from '../gitea/accounts.ts';
import { Refusal } from '../gitea/answers.ts';
import {
  type FakeAccount,
  type FakeComment,
  type FakeIssue,
  type FakeLabel,
  type FakeRepository,
  fullName,
  isPull,
} from '../gitea/world.ts';
import { isThere, lifeOf, setAssignees, setLabels, setState } from '../life.ts';
import { bodyOf, paramOf, queryOf } from '../request.ts';
import { type GitlabServer, issueOf, missing, nextIid, page, project, projectOf, requestOf } from './server.ts';
import { issueShape, noteShape, requestNews, userShape } from './shapes.ts';

const issues = `${project}/issues`;

/** Labels that there are not are made, as GitLab does. */
function labelsNamed({ world }: GitlabServer, repository: FakeRepository, names: string): FakeLabel[] {
  return names.split(',').flatMap(name => {
    if (!name) return [];
    const there = repository.labels.find(it => it.name === name);
    const label = there ?? { id: world.nextId(), name, color: '#ededed' };
    if (!there) repository.labels.push(label);
    return [label];
  });
}

/** What can be changed of issues and of merge requests alike. Answers what it was: `close`, `reopen`, `update`; null for nothing. */
export function changeIssue(
  server: GitlabServer,
  repository: FakeRepository,
  { issue, asked, by }: { issue: FakeIssue; asked: Record<string, unknown>; by: FakeAccount },
): 'close' | 'reopen' | 'update' | null {
  const { world } = server;
  const { labels, add_labels, remove_labels, assignee_ids, state_event, title, description } = asked;
  const named = (names: unknown) => labelsNamed(server, repository, String(names ?? ''));
  const gone = String(remove_labels ?? '').split(',');
  const before = labels === undefined ? issue.labels : named(labels);
  const kept = before.filter(({ name }) => !gone.includes(name));
  const changes = setLabels(world, issue, [...kept, ...named(add_labels)], by);
  if (Array.isArray(assignee_ids)) {
    const given = world.accounts.filter(({ id }) => assignee_ids.includes(id));
    changes.push(...setAssignees(world, issue, given, by));
  }
  const isEdited = title !== undefined || description !== undefined;
  if (isEdited) {
    Object.assign(issue, { title: String(title ?? issue.title), body: String(description ?? issue.body) });
    issue.updatedAt = new Date();
  }
  const moves = state_event === 'close' || state_event === 'reopen' ? state_event : null;
  if (moves && setState(world, issue, moves === 'close' ? 'closed' : 'open', by)) return moves;
  return isEdited || changes.length > 0 ? 'update' : null;
}

const byNumber = (one: FakeIssue, other: FakeIssue) => one.number - other.number;
const byUpdate = (one: FakeIssue, other: FakeIssue) => one.updatedAt.getTime() - other.updatedAt.getTime();

export function addIssueRoutes(server: GitlabServer): void {
  const { app, world } = server;
  const tell = (repository: FakeRepository, issue: FakeIssue, action: string, by: FakeAccount) => {
    const shape = issueShape(world, repository, issue);
    server.tell(repository, 'issues_events', {
      object_kind: 'issue',
      user: userShape(by),
      object_attributes: { ...shape, action, author_id: issue.author.id, url: shape.web_url },
      labels: issue.labels.map(({ name }) => ({ title: name })),
    });
  };

  app.get(issues, (request, reply) => {
    const repository = projectOf(request, world);
    const { state = 'all', author_id, updated_after, order_by, sort = 'desc' } = queryOf(request);
    const found = repository.issues
      .filter(issue => !issue.pull && (state === 'all' || (state === 'opened') === (issue.state === 'open')))
      .filter(issue => !author_id || String(issue.author.id) === author_id)
      .filter(issue => isThere(issue) && !(updated_after && issue.updatedAt.getTime() < Date.parse(updated_after)))
      .toSorted(order_by === 'updated_at' ? byUpdate : byNumber);
    return page(request, reply, sort === 'asc' ? found : found.toReversed()).map(issue =>
      issueShape(world, repository, issue),
    );
  });

  app.post(issues, (request, reply) => {
    const repository = projectOf(request, world);
    const author = whoAsks(request, world);
    const { title, description = '', labels = '' } = bodyOf(request);
    if (!title) throw new Refusal(400, 'title is missing');
    const now = new Date();
    const issue: FakeIssue = {
      ...{ id: world.nextId(), number: nextIid(repository, 'issue'), author, state: 'open' },
      ...{ title: String(title), body: String(description), labels: [], comments: [], pull: null },
      ...{ createdAt: now, updatedAt: now, closedAt: null },
    };
    repository.issues.push(issue);
    issue.labels = labelsNamed(server, repository, String(labels));
    tell(repository, issue, 'open', author);
    reply.code(201);
    return issueShape(world, repository, issue);
  });

  app.get(`${issues}/:iid`, request => {
    const repository = projectOf(request, world);
    return issueShape(world, repository, issueOf(request, repository));
  });

  app.put(`${issues}/:iid`, request => {
    const repository = projectOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const issue = issueOf(request, repository);
    const action = changeIssue(server, repository, { issue, asked: bodyOf(request), by });
    if (action !== null) tell(repository, issue, action, by);
    return issueShape(world, repository, issue);
  });

  app.delete(`${issues}/:iid`, (request, reply) => {
    const repository = projectOf(request, world);
    whoMay(request, world, repository, 'admin');
    lifeOf(issueOf(request, repository)).isDeleted = true;
    return reply.code(204).send();
  });

  addNoteRoutes(server, { path: `${issues}/:iid/notes`, type: 'Issue', find: issueOf });
  addNoteRoutes(server, { path: `${project}/merge_requests/:iid/notes`, type: 'MergeRequest', find: requestOf });
}

interface Notes {
  path: string;
  type: 'Issue' | 'MergeRequest';
  find(request: FastifyRequest, repository: FakeRepository): FakeIssue;
}

function addNoteRoutes(server: GitlabServer, { path, type, find }: Notes): void {
  const { app, world } = server;
  const shape = (note: FakeComment) => noteShape(note, note.createdAt, { updated_at: note.updatedAt.toISOString() });
  const findNote = (request: FastifyRequest) => {
    const issue = find(request, projectOf(request, world));
    const note = issue.comments.find(({ id }) => String(id) === paramOf(request, 'id'));
    if (!note) throw missing('Note');
    return { issue, note };
  };

  app.get(path, (request, reply) => {
    const { order_by = 'created_at', sort = 'desc' } = queryOf(request);
    const timeOf = (note: FakeComment) => (order_by === 'updated_at' ? note.updatedAt : note.createdAt).getTime();
    const { comments } = find(request, projectOf(request, world));
    const oldest = comments.toSorted((one, other) => timeOf(one) - timeOf(other) || one.id - other.id);
    return page(request, reply, (sort === 'asc' ? oldest : oldest.toReversed()).map(shape));
  });

  /** What the note is under. */
  const about = async (repository: FakeRepository, issue: FakeIssue) =>
    isPull(issue)
      ? { merge_request: await requestNews(server, repository, issue) }
      : { issue: issueShape(world, repository, issue) };

  app.post(path, async (request, reply) => {
    const repository = projectOf(request, world);
    const author = whoAsks(request, world);
    const issue = find(request, repository);
    const now = new Date();
    const note = {
      ...{ id: world.nextId(), author, body: String(bodyOf(request).body) },
      ...{ createdAt: now, updatedAt: now },
    };
    issue.comments.push(note);
    issue.updatedAt = now;
    server.tell(repository, 'note_events', {
      object_kind: 'note',
      user: userShape(author),
      object_attributes: {
        ...{ id: note.id, note: note.body, noteable_type: type, action: 'create', system: false },
        ...{ author_id: author.id, url: `${world.url}/${fullName(repository)}#note_${note.id}` },
      },
      ...(await about(repository, issue)),
    });
    reply.code(201);
    return shape(note);
  });

  app.get(`${path}/:id`, request => shape(findNote(request).note));
  app.put(`${path}/:id`, request => {
    const { note } = findNote(request);
    if (whoAsks(request, world) !== note.author) throw new Refusal(403, '403 Forbidden');
    note.body = String(bodyOf(request).body);
    note.updatedAt = new Date();
    return shape(note);
  });
  app.delete(`${path}/:id`, (request, reply) => {
    const { issue, note } = findNote(request);
    whoMay(request, world, projectOf(request, world), 'write');
    issue.comments = issue.comments.filter(it => it !== note);
    return reply.code(204).send();
  });
}
