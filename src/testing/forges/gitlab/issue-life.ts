/** What a fake GitLab tells of an issue's life: events, links, emoji under notes, and who may change it. */
import type { FastifyRequest } from 'fastify';
import { whoAsks, whoMay } from '../gitea/accounts.ts';
import { Refusal } from '../gitea/answers.ts';
import { type FakeIssue, type FakeRepository, fullName, mayDo } from '../gitea/world.ts';
import { blockedBy, type FakeChange, type FakeReaction, lifeOf, react, reactionsTo } from '../life.ts';
import { bodyOf, paramOf } from '../request.ts';
import { type GitlabServer, issueOf, missing, page, project, projectOf, requestOf } from './server.ts';
import { issueShape, userShape } from './shapes.ts';

const kinds = [
  { path: `${project}/issues/:iid`, find: issueOf },
  { path: `${project}/merge_requests/:iid`, find: requestOf },
] as const;

export function addIssueLifeRoutes(server: GitlabServer): void {
  for (const kind of kinds) {
    addEventRoutes(server, kind);
    addAwardRoutes(server, kind);
  }
  addLinkRoutes(server);
  addMemberRoutes(server);
}

interface Kind {
  path: string;
  find(request: FastifyRequest, repository: FakeRepository): FakeIssue;
}

function addEventRoutes({ app, world }: GitlabServer, { path, find }: Kind): void {
  const changes = (request: FastifyRequest, shape: (change: FakeChange) => object[]) =>
    lifeOf(find(request, projectOf(request, world))).changes.flatMap(shape);
  const common = ({ id, by, at }: FakeChange) => ({ id, user: userShape(by), created_at: at.toISOString() });

  app.get(`${path}/resource_label_events`, (request, reply) =>
    page(
      request,
      reply,
      changes(request, ({ what, ...change }) => {
        if (what.type !== 'label') return [];
        const { id, name } = what.label;
        return [{ ...common({ what, ...change }), action: what.isAdded ? 'add' : 'remove', label: { id, name } }];
      }),
    ),
  );
  app.get(`${path}/resource_state_events`, (request, reply) =>
    page(
      request,
      reply,
      changes(request, change =>
        change.what.type === 'state' ? [{ ...common(change), state: change.what.isOpen ? 'reopened' : 'closed' }] : [],
      ),
    ),
  );
}

function addAwardRoutes({ app, world }: GitlabServer, { path, find }: Kind): void {
  const awards = `${path}/notes/:id/award_emoji`;
  const noteOf = (request: FastifyRequest) => {
    const { comments } = find(request, projectOf(request, world));
    const note = comments.find(({ id }) => String(id) === paramOf(request, 'id'));
    if (!note) throw missing('Note');
    return note;
  };
  const shape = ({ id, by, word, at }: FakeReaction) => ({
    ...{ id, name: word, user: userShape(by), created_at: at.toISOString(), awardable_type: 'Note' },
  });
  app.get(awards, (request, reply) => page(request, reply, reactionsTo(noteOf(request)).map(shape)));
  app.post(awards, (request, reply) => {
    const by = whoAsks(request, world);
    reply.code(201);
    return shape(react(world, noteOf(request), by, String(bodyOf(request).name)));
  });
}

function addLinkRoutes({ app, world }: GitlabServer): void {
  const links = `${project}/issues/:iid/links`;

  // All of them at once: this list has no pages.
  app.get(links, request => {
    const repository = projectOf(request, world);
    const issue = issueOf(request, repository);
    const shape = (type: string) => (other: FakeIssue) => ({
      ...issueShape(world, repository, other),
      ...{ link_type: type, references: { full: `${fullName(repository)}#${other.number}` } },
    });
    const waiting = blockedBy(repository, issue).map(shape('blocks'));
    return [...lifeOf(issue).blockedBy.map(shape('is_blocked_by')), ...waiting];
  });

  app.post(links, (request, reply) => {
    const repository = projectOf(request, world);
    whoMay(request, world, repository, 'write');
    const issue = issueOf(request, repository);
    const { target_issue_iid, link_type } = bodyOf(request);
    const other = repository.issues.find(({ pull, number }) => !pull && String(number) === String(target_issue_iid));
    if (!other) throw new Refusal(404, '404 Not found');
    if (link_type === 'is_blocked_by') lifeOf(issue).blockedBy.push(other);
    else if (link_type === 'blocks') lifeOf(other).blockedBy.push(issue);
    reply.code(201);
    return { source_issue: issueShape(world, repository, issue), link_type };
  });
}

const levels = { read: 20, write: 30, admin: 40 } as const;

function addMemberRoutes({ app, world }: GitlabServer): void {
  app.get(`${project}/members/all/:id`, request => {
    const repository = projectOf(request, world);
    whoAsks(request, world);
    const account = world.accounts.find(({ id }) => String(id) === paramOf(request, 'id'));
    const given = account && (repository.permissions.get(account.login) ?? null);
    if (!account || (!given && !mayDo(account, repository, 'write'))) throw missing('Member');
    return { ...userShape(account), access_level: levels[given ?? 'admin'], membership_state: 'active' };
  });
}
