/**
 * What happened to an item, as its history tells. That is what was asked of Plane, which is not always what it did: a field
 * that its API ignores stands there as if it had changed.
 */
import type { ItemChange, Tracker } from '../../tracker.ts';
import { activityAnswer } from './answers.ts';
import { withActor } from './comments.ts';
import type { Parts } from './items.ts';

/** The fields that somebody may wait for, in the words of all editions. */
const fields: ReadonlyMap<string, ItemChange['field']> = new Map([
  ['state', 'state'],
  ['labels', 'label'],
  ['label', 'label'],
  ['assignees', 'assignee'],
  ['assignee', 'assignee'],
]);

export function createHistory({ api, people }: Parts): Pick<Tracker, 'history'> {
  return {
    async history(ref, since) {
      const query = { ...withActor, order_by: '-created_at' };
      const changes: ItemChange[] = [];
      for await (const page of api.pages(`${await api.item(ref)}/activities/`, activityAnswer, { query })) {
        const wanted = page.filter(activity => since === null || activity.created_at >= since);
        for (const { id, actor, created_at: at, old_value: from, new_value: to, ...activity } of wanted) {
          const field = fields.get(activity.field ?? '');
          if (!field) continue;
          const by = actor ? await people.named(ref.project, actor) : null;
          changes.push({ id, by, at, field, from: from || null, to: to || null });
        }
        if (wanted.length < page.length) break;
      }
      return changes.toSorted((one, other) => one.at - other.at);
    },
  };
}
