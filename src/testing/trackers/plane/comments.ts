/** Comments under items. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bodyOf, paramOf } from '../../forges/request.ts';
import type { Acts, NewComment } from './acts.ts';
import { itemOrNone, missing, page, picked, Refusal, unfit, wordsIn } from './answers.ts';
import { wordsOf } from './items.ts';
import { inProject } from './projects.ts';
import { commentShape } from './shapes.ts';
import type { FakeComment, FakeProject, World } from './world.ts';

export function addCommentRoutes(app: FastifyInstance, world: World, acts: Acts): void {
  const commentOf = (request: FastifyRequest) => {
    const { item, ...found } = itemOrNone(request, world);
    const comment = item?.comments.find(it => it.id === paramOf(request, 'comment'));
    if (!item || !comment) throw missing();
    return { ...found, item, comment };
  };

  for (const word of wordsOf(world)) {
    const list = `${inProject}/${word}/:item/comments/`;
    const one = `${list}:comment/`;
    app.get(list, request => {
      const { item } = itemOrNone(request, world);
      if (!item) return page(request, [], () => ({}));
      const newestFirst = item.comments.toSorted((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
      return page(request, newestFirst, it => commentShape(it, item, world, wordsIn(request, 'expand')));
    });
    app.post(list, (request, reply) => {
      const { project, by, item } = itemOrNone(request, world);
      // On one that is archived or deleted it is taken.
      if (!item) throw unfit({ error: 'The payload is not valid' });
      const body = bodyOf(request);
      refuseTaken(project, body);
      const comment = acts.comment(item, commentIn(body), by);
      return reply
        .code(201)
        .send({ ...commentShape(comment, item, world), actor: comment.createdBy, updated_by: by.id });
    });
    app.get(one, request => {
      const { item, comment } = commentOf(request);
      return picked(request, commentShape(comment, item, world, wordsIn(request, 'expand')));
    });
    // Anybody may change and delete what anybody wrote.
    app.patch(one, request => {
      const { by, item, comment } = commentOf(request);
      const { comment_html: html } = bodyOf(request);
      acts.changeComment(item, comment, { html: html === undefined ? undefined : String(html) }, by, 'api');
      return commentShape(comment, item, world);
    });
    app.delete(one, (request, reply) => {
      const { by, item, comment } = commentOf(request);
      acts.deleteComment(item, comment, by);
      return reply.code(204).send();
    });
  }
}

/** Once in a project, on whatever item. */
function refuseTaken(
  project: FakeProject,
  { external_source: source, external_id: id }: Record<string, unknown>,
): void {
  if (!source || !id) return;
  const all: FakeComment[] = project.items.flatMap(item => item.comments);
  const there = all.find(it => it.externalSource === source && it.externalId === id);
  if (!there) return;
  throw new Refusal(409, {
    error: 'Work item comment with the same external id and external source already exists',
    id: there.id,
  });
}

/** Whoever asks may say who wrote it and when: only who asked is kept as its actor. */
const commentIn = (body: Record<string, unknown>): NewComment => ({
  html: String(body.comment_html ?? '<p></p>'),
  access: String(body.access ?? 'INTERNAL'),
  createdAt: body.created_at === undefined ? undefined : new Date(String(body.created_at)),
  createdBy: body.created_by === undefined ? undefined : String(body.created_by),
  externalSource: body.external_source ? String(body.external_source) : null,
  externalId: body.external_id ? String(body.external_id) : null,
});
