/** What happened to items, and what must be done before what. */
import type { FastifyInstance } from 'fastify';
import { bodyOf, queryOf } from '../../forges/request.ts';
import type { Acts } from './acts.ts';
import { itemOrNone, page, unfit, wordsIn } from './answers.ts';
import { wordsOf } from './items.ts';
import { inProject } from './projects.ts';
import { activityShape } from './shapes.ts';
import type { FakeItem, World } from './world.ts';

export function addHistoryRoutes(app: FastifyInstance, world: World, acts: Acts): void {
  for (const word of wordsOf(world)) {
    app.get(`${inProject}/${word}/:item/activities/`, request => {
      const { item } = itemOrNone(request, world);
      if (!item) return page(request, [], () => ({}));
      const sign = queryOf(request).order_by === '-created_at' ? -1 : 1;
      const all = item.activities.toSorted((one, other) => sign * (one.at.getTime() - other.at.getTime()));
      return page(request, all, it => activityShape(it, item, wordsIn(request, 'expand')));
    });
  }
  // Under the new name only.
  if (world.edition !== 'old-community') addRelationRoutes(app, world, acts);
}

function addRelationRoutes(app: FastifyInstance, world: World, acts: Acts): void {
  const path = `${inProject}/work-items/:item/relations/`;
  const ref = (item: FakeItem) => ({ project_id: item.project.id, issue_id: item.id });
  const everything = () => world.projects.flatMap(project => project.items);
  app.get(path, request => {
    const { item } = itemOrNone(request, world);
    return {
      blocking: everything()
        .filter(it => item && it.blockedBy.includes(item))
        .map(ref),
      blocked_by: (item?.blockedBy ?? []).map(ref),
      ...{ duplicate: [], relates_to: [], start_after: [], start_before: [], finish_after: [], finish_before: [] },
    };
  });
  app.post(path, (request, reply) => {
    const { item } = itemOrNone(request, world, 15);
    if (!item) throw unfit({ error: 'The payload is not valid' });
    const { relation_type: type, issues } = bodyOf(request);
    if (type !== 'blocked_by' && type !== 'blocking') {
      throw unfit({ relation_type: [`"${type}" is not a valid choice.`] });
    }
    const others = (Array.isArray(issues) ? issues : []).map(id => everything().find(it => it.id === id));
    if (others.length === 0) throw unfit({ issues: ['Ensure this field has at least 1 elements.'] });
    for (const other of others) {
      if (!other) throw unfit({ error: 'The payload is not valid' });
      if (type === 'blocked_by') acts.block(item, other);
      else acts.block(other, item);
    }
    return reply
      .code(201)
      .send(others.map(other => ({ id: other!.id, project_id: other!.project.id, relation_type: 'blocked_by' })));
  });
}
