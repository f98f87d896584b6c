/** Plane, over its public API `/api/v1`: the community edition first, and the commercial ones where they are alike. */
import type { Pace } from '../http/pace.ts';
import { OutsideError } from '../outside.ts';
import type { Tracker, TrackerOptions } from '../tracker.ts';
import { versionAnswer } from './plane/answers.ts';
import { createPlaneApi } from './plane/api.ts';
import { createComments } from './plane/comments.ts';
import { createHistory } from './plane/history.ts';
import { createItemReader, createItems, type Parts } from './plane/items.ts';
import { createKeepComment } from './plane/keep-comment.ts';
import { createOpenItem } from './plane/open-item.ts';
import { createPeople } from './plane/people.ts';
import { createProjects } from './plane/projects.ts';
import { createRelations } from './plane/relations.ts';
import { createShow } from './plane/show.ts';

export interface PlaneOptions extends TrackerOptions {
  /** What keeps to the limit of requests; several clients of one token share it. */
  pace?: Pace;
}

export function createPlaneTracker(options: PlaneOptions): Tracker {
  const { name } = options;
  const api = createPlaneApi(options);
  const site = `${options.url.replace(/\/+$/, '')}/${encodeURIComponent(options.workspace)}`;
  const parts: Parts = { api, people: createPeople(api), projects: createProjects(api, name), site };
  const read = createItemReader(parts);
  const items = createItems(parts, read);
  const comments = createComments(parts);
  return {
    kind: 'plane',
    name,
    get skewMs() {
      return api.skewMs;
    },
    account: parts.people.account,
    async version() {
      try {
        return (await api.http.get('/instances/', versionAnswer)).instance.current_version;
      } catch (error) {
        if (error instanceof OutsideError && ['notFound', 'forbidden', 'invalid'].includes(error.failure)) {
          return 'unknown';
        }
        throw error;
      }
    },
    project: parts.projects.project,
    ...items,
    ...comments,
    ...createHistory(parts),
    // Its API has none, though its pages do.
    reactions: async () => null,
    ...createRelations(parts),
    mayWrite: parts.people.mayWrite,
    ...createKeepComment(parts, name, { ...items, ...comments }),
    ...createShow(parts, name),
    ...createOpenItem(parts, name, read),
  };
}
