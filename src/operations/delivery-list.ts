/** What came from outside, the newest first, with what it did. */
import { z } from 'zod';
import { deliveryOutcomes, outcomeTag, providerTag, taskTag } from '../machines/delivery.ts';
import { listOf, page } from './fields.ts';
import { operation } from './operation.ts';
import { deliveryView, viewOfDelivery } from './views/delivery.ts';
import { pageOf } from './views/list.ts';

export const deliveryList = operation({
  name: 'delivery.list',
  summary: 'deliveries of forges and trackers, and what they did',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    provider: z.string().max(50).optional().describe('only those of this kind: gitea, github, gitlab, plane'),
    outcome: z.enum(deliveryOutcomes).optional().describe('only those that came to this'),
    task: z.string().max(200).optional().describe('only those that meant this task'),
    ...page,
  }),
  output: listOf(deliveryView),
  route: { method: 'GET', path: '/deliveries', status: 200 },
  fails: ['badCursor'],
  async run({ runtime }, { provider, outcome, task, limit, cursor }) {
    const tags = [
      ...(task === undefined ? [] : [taskTag(task)]),
      ...(outcome === undefined ? [] : [outcomeTag(outcome)]),
      ...(provider === undefined ? [] : [providerTag(provider)]),
    ];
    const { rows, ...rest } = await pageOf(runtime, { kind: 'delivery', tags, order: 'newest', limit, cursor });
    return { items: rows.map(viewOfDelivery), ...rest };
  },
});
