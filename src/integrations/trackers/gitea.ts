/** The issues of Gitea and Forgejo as a tracker. */
import { askOnce } from '../../domain/ask-once.ts';
import { personAnswer, repositoryAnswer } from '../forges/gitea/answers.ts';
import { createGiteaApi, versionOf } from '../forges/gitea/api.ts';
import { commentsOf } from '../forges/gitea/comments.ts';
import { knownLabels } from '../forges/gitea/labels.ts';
import { pathOf } from '../forges/gitea/repositories.ts';
import { instant } from '../forges/newest.ts';
import { at } from '../http/path.ts';
import type { Tracker, TrackerOptions } from '../tracker.ts';
import { createHistory } from './gitea/history.ts';
import { createItems } from './gitea/items.ts';
import { createRights } from './gitea/people.ts';
import { createRelations } from './gitea/relations.ts';
import { asComment, asPerson, reactionAnswer } from './gitea/shapes.ts';
import { createComments, reactionsOf } from './issues/comments.ts';
import { states } from './issues/states.ts';
import { createWatch } from './issues/watch.ts';

export function createGiteaTracker(options: TrackerOptions): Tracker {
  const { skew, watched } = createWatch(options);
  const http = createGiteaApi(options, watched);
  const us = askOnce(() => http.get('/user', personAnswer));
  const comments = commentsOf(http, us);

  return {
    kind: 'gitea',
    name: options.name,
    get skewMs() {
      return skew.ms;
    },
    account: async () => asPerson(await us())!,
    version: () => versionOf(http),
    async project(ref) {
      const { full_name } = await http.get(pathOf(ref), repositoryAnswer);
      const labels = [...(await knownLabels(http, full_name)).values()].map(({ name }) => name);
      return { id: full_name, identifier: null, name: full_name, states: [...states], labels };
    },
    ...createItems(http, us),
    ...createHistory(http),
    ...createRights(http, options.name),
    ...createRelations(http),
    ...createComments(comments, asComment),
    async reactions(ref, commentId) {
      const path = pathOf(ref.project) + at`/issues/comments/${commentId}/reactions`;
      const given = (await http.find(path, reactionAnswer.array().nullable())) ?? [];
      return reactionsOf(
        given.map(({ user, content, created_at }) => ({
          // Nobody can say the same twice.
          id: `${user?.id} ${content}`,
          ...{ by: asPerson(user), word: content, at: instant(created_at) || null },
        })),
      );
    },
  };
}
