/** The issues of GitLab as a tracker. */
import { askOnce } from '../../domain/ask-once.ts';
import { createGitlabApi, projectOf, versionOf } from '../forges/gitlab/api.ts';
import { labelsOf } from '../forges/gitlab/issues.ts';
import { project as projectShape } from '../forges/gitlab/shapes.ts';
import { at } from '../http/path.ts';
import type { ItemRef, Tracker, TrackerOptions } from '../tracker.ts';
import { createComments } from './gitlab/comments.ts';
import { createHistory } from './gitlab/history.ts';
import { createItems } from './gitlab/items.ts';
import { placeOf } from './gitlab/place.ts';
import { asPerson, link, member, self } from './gitlab/shapes.ts';
import { numberIn } from './issues/numbers.ts';
import { states } from './issues/states.ts';
import { createWatch } from './issues/watch.ts';

/** Developers may change issues; so may reporters, who are not asked. */
const developer = 30;

export function createGitlabTracker(options: TrackerOptions): Tracker {
  const { skew, watched } = createWatch(options);
  const api = createGitlabApi(options, watched);
  const ourselves = askOnce(() => api.get('/user', self));
  const us = async () => {
    const { id, username } = await ourselves();
    return { id, login: username };
  };

  return {
    kind: 'gitlab',
    name: options.name,
    get skewMs() {
      return skew.ms;
    },
    account: async () => asPerson(await ourselves())!,
    version: () => versionOf(api),
    async project(ref) {
      const { path_with_namespace: name } = await api.get(projectOf(ref), projectShape);
      return { id: name, identifier: null, name, states: [...states], labels: await labelsOf(api, name) };
    },
    ...createItems(api, us),
    ...createComments(api, us),
    ...createHistory(api),
    async mayWrite(project, { id }) {
      if (numberIn(id) === undefined) return false;
      const found = await api.find(`${projectOf(project)}${at`/members/all/${id}`}`, member);
      // A membership may be blocked, or wait to be approved.
      return found !== undefined && (found.state ?? 'active') === 'active' && found.access_level >= developer;
    },
    async relations(ref) {
      const { path, isRequest } = placeOf(ref);
      if (isRequest) return null;
      const links = await api.find(`${path}/links`, link.array());
      const refsOf = (type: string) => (links ?? []).filter(({ link_type }) => link_type === type).map(asRef);
      return links ? { blockedBy: refsOf('is_blocked_by'), blocks: refsOf('blocks') } : null;
    },
  };
}

const asRef = ({ iid, references }: { iid: number; references: { full: string } }): ItemRef => ({
  project: references.full.replace(/#\d+$/, ''),
  id: String(iid),
});
