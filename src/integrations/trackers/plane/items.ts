/** Items of work. */
import { at } from '../../http/path.ts';
import type { Tracker, TrackerState, WorkItem } from '../../tracker.ts';
import { type ItemAnswer, isPlaneId, itemAnswer, type LabelAnswer } from './answers.ts';
import type { PlaneApi } from './api.ts';
import type { People } from './people.ts';
import type { Projects } from './projects.ts';
import { textOf } from './text.ts';

/** So that an item comes with names, and need not be looked up word by word. */
export const expanded = { expand: 'state,labels,assignees,created_by,project' };

/** Some editions have items without a state. */
const noState: TrackerState = { id: '', name: '', group: 'backlog' };

export interface Parts {
  api: PlaneApi;
  people: People;
  projects: Projects;
  /** Where people find it, without a slash at the end. */
  site: string;
}

/** Makes what we speak of out of what Plane answers. */
export type ItemReader = (item: ItemAnswer) => Promise<WorkItem>;

export function createItemReader({ people, projects, site }: Parts): ItemReader {
  return async item => {
    const project = typeof item.project === 'string' ? item.project : item.project.id;
    const told = typeof item.project === 'string' ? undefined : item.project.identifier;
    const identifier = told || (await projects.words(project)).identifier;
    const state = item.state ?? noState;
    const labels = await Promise.all(item.labels.map(label => labelNamed(projects, project, label)));
    const assignees = await Promise.all(item.assignees.map(who => people.named(project, who)));
    const key = `${identifier}-${item.sequence_id}`;
    return {
      project,
      id: item.id,
      key,
      number: item.sequence_id,
      url: `${site}/browse/${encodeURIComponent(key)}/`,
      title: item.name,
      body: textOf(item.description_html ?? ''),
      state:
        typeof state === 'string'
          ? ((await projects.words(project)).states.find(({ id }) => id === state) ?? noState)
          : { id: state.id, name: state.name, group: state.group },
      labels: labels.map(label => label.name),
      assignees,
      author: item.created_by ? await people.named(project, item.created_by) : null,
      createdAt: item.created_at,
      // The instant at which it was made is taken a moment after it was first stored.
      updatedAt: Math.max(item.updated_at, item.created_at),
      isGone: Boolean(item.archived_at || item.deleted_at || item.is_draft),
    };
  };
}

/** A label as a whole, whose name is its id where nobody knows it. */
export async function labelNamed(
  projects: Projects,
  project: string,
  label: string | LabelAnswer,
): Promise<LabelAnswer> {
  if (typeof label !== 'string') return label;
  const { labels } = await projects.words(project);
  return labels.find(({ id }) => id === label) ?? { id: label, name: label };
}

export function createItems(parts: Parts, read: ItemReader): Pick<Tracker, 'item' | 'itemByKey' | 'changed'> {
  const { api, projects } = parts;
  return {
    async item(ref) {
      if (!isPlaneId(ref.project) || !isPlaneId(ref.id)) return undefined;
      const item = await api.find(`${await api.item(ref)}/`, itemAnswer, expanded);
      return item && read(item);
    },
    async itemByKey(project, key) {
      const [, prefix, number] = /^(?:(.+)-)?(\d{1,9})$/.exec(key.trim()) ?? [];
      if (number === undefined || Number(number) === 0 || !isPlaneId(project)) return undefined;
      const { identifier } = await projects.words(project);
      if (prefix !== undefined && prefix.toUpperCase() !== identifier.toUpperCase()) return undefined;
      await api.items(project);
      const path = `${api.workspace}/${api.word()}${at`/${identifier}-${Number(number)}/`}`;
      const item = await api.find(path, itemAnswer, expanded);
      const found = item && (await read(item));
      return found?.project === project ? found : undefined;
    },
    async *changed(project, since) {
      const query = { ...expanded, order_by: '-updated_at' };
      for await (const page of api.pages(`${await api.items(project)}/`, itemAnswer, { query, urgency: 'sweep' })) {
        for (const answer of page) {
          const item = await read(answer);
          // It filters by nothing; but what comes after one that is too old is older still.
          if (since !== null && item.updatedAt < since) return;
          if (since !== null || !isClosed(item)) yield item;
        }
      }
    },
  };
}

const isClosed = ({ state }: WorkItem) => state.group === 'completed' || state.group === 'cancelled';
