/** The issues of GitHub as a tracker. */
import { askOnce } from '../../domain/ask-once.ts';
import { absent, createGithubApi, placeOf, versionOf } from '../forges/github/api.ts';
import { commentsOf } from '../forges/github/comments.ts';
import { issuesOf } from '../forges/github/issues.ts';
import { repository } from '../forges/github/shapes.ts';
import { instant } from '../forges/newest.ts';
import type { Tracker, TrackerOptions } from '../tracker.ts';
import { createHistory } from './github/history.ts';
import { createItems } from './github/items.ts';
import { createRights } from './github/people.ts';
import { createRelations } from './github/relations.ts';
import { asComment, asPerson, reaction, self } from './github/shapes.ts';
import { createComments, reactionsOf } from './issues/comments.ts';
import { numberOf } from './issues/numbers.ts';
import { states } from './issues/states.ts';
import { createWatch } from './issues/watch.ts';

export async function createGithubTracker(options: TrackerOptions): Promise<Tracker> {
  const { skew, watched } = createWatch(options);
  const api = await createGithubApi(options, watched);
  const us = askOnce(() => api.get(self, 'GET /user', {}));
  const comments = commentsOf(api, us);
  const issues = issuesOf(api, us);

  return {
    kind: 'github',
    name: options.name,
    get skewMs() {
      return skew.ms;
    },
    account: async () => asPerson(await us())!,
    version: () => versionOf(api),
    async project(ref) {
      const { full_name } = await api.get(repository, 'GET /repos/{owner}/{repo}', placeOf(ref));
      const labels = await issues.labels(full_name);
      return { id: full_name, identifier: null, name: full_name, states: [...states], labels };
    },
    ...createItems(api, us),
    ...createHistory(api),
    ...createRights(api),
    ...createRelations(api),
    ...createComments(comments, asComment),
    async reactions(ref, commentId) {
      const route = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions';
      const place = { ...placeOf(ref.project), comment_id: numberOf({ ...ref, id: commentId }) };
      const given = (await api.list(reaction.array(), route, place).catch(absent)) ?? [];
      return reactionsOf(
        given.map(({ id, user, content, created_at }) => ({
          id: String(id),
          ...{ by: asPerson(user), word: content, at: instant(created_at) || null },
        })),
      );
    },
  };
}
