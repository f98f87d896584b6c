/** Where an item is in GitLab's API: issues and merge requests are counted apart, and `!` marks the latter. */
import { issueOf, mergeRequestOf } from '../../forges/gitlab/api.ts';
import { OutsideError } from '../../outside.ts';
import type { ItemRef } from '../../tracker.ts';
import { numberIn } from '../issues/numbers.ts';

export interface ItemPlace {
  path: string;
  isRequest: boolean;
}

/** Undefined for what can be no item. */
export function placeIn({ project, id }: ItemRef): ItemPlace | undefined {
  const isRequest = id.startsWith('!');
  const iid = numberIn(isRequest ? id.slice(1) : id);
  if (iid === undefined) return undefined;
  return { path: isRequest ? mergeRequestOf(project, iid) : issueOf(project, iid), isRequest };
}

/** Throws `notFound` for what can be no item. */
export function placeOf(ref: ItemRef): ItemPlace {
  const place = placeIn(ref);
  if (place) return place;
  throw new OutsideError('notFound', `There is no ${JSON.stringify(ref.id)} in ${ref.project}: issues have numbers.`);
}
