/** Issues of GitLab as items, and merge requests as far as somebody names one: read, changed, made. */
import type { Account } from '../../forge.ts';
import { type GitlabApi, projectOf } from '../../forges/gitlab/api.ts';
import { labelsOf, openIssue } from '../../forges/gitlab/issues.ts';
import { issue, mergeRequest } from '../../forges/gitlab/shapes.ts';
import { OutsideError } from '../../outside.ts';
import type { ItemRef, Tracker, WorkItem } from '../../tracker.ts';
import { differenceOf } from '../issues/difference.ts';
import { once } from '../issues/once.ts';
import { placeIn, placeOf } from './place.ts';
import { asItem, requestAsItem } from './shapes.ts';

type Items = Pick<Tracker, 'item' | 'itemByKey' | 'changed' | 'show' | 'openItem'>;

export function createItems(api: GitlabApi, account: () => Promise<Account>): Items {
  async function find(ref: ItemRef): Promise<WorkItem | undefined> {
    const place = placeIn(ref);
    if (!place) return undefined;
    if (!place.isRequest) {
      const found = await api.find(place.path, issue);
      return found && asItem(ref.project, found);
    }
    const found = await api.find(place.path, mergeRequest);
    return found && requestAsItem(ref.project, found);
  }

  return {
    item: find,
    itemByKey: (project, key) => find({ project, id: key.trim().replace(/^#/, '') }),
    async *changed(project, since) {
      const query = {
        ...{ scope: 'all', order_by: 'updated_at', sort: 'desc' },
        ...(since === null ? { state: 'opened' } : { state: 'all', updated_after: new Date(since).toISOString() }),
      };
      const pages = api.pages(`${projectOf(project)}/issues`, issue, { query, urgency: 'sweep' });
      for await (const found of once(pages, ({ iid }) => iid)) yield asItem(project, found);
    },
    async show(ref, shown) {
      const { path } = placeOf(ref);
      const item = await find(ref);
      if (!item) throw new OutsideError('notFound', `There is no ${ref.id} in ${ref.project}.`);
      const now = { isOpen: item.state.id === 'open', labels: item.labels };
      const { state, add, remove, unknown } = await differenceOf(now, shown, () => labelsOf(api, ref.project));
      const isChanged = state !== undefined || add.length + remove.length > 0;
      const body = {
        ...(state && { state_event: state === 'closed' ? 'close' : 'reopen' }),
        ...(add.length > 0 && { add_labels: add.join(',') }),
        ...(remove.length > 0 && { remove_labels: remove.join(',') }),
      };
      if (isChanged) await api.ask('PUT', path, { body });
      return { isChanged, unknown };
    },
    openItem: async (project, wanted) => asItem(project, await openIssue(api, account, project, wanted)),
  };
}
