/** GitLab: gitlab.com and servers of one's own. */

import { askOnce } from '../../domain/ask-once.ts';
import type { Forge, ForgeOptions } from '../forge.ts';
import { at } from '../http/path.ts';
import { createGitlabApi, versionOf } from './gitlab/api.ts';
import { gitlabChecks } from './gitlab/checks.ts';
import { gitlabHooks } from './gitlab/hooks.ts';
import { gitlabIssues } from './gitlab/issues.ts';
import { gitlabMerge } from './gitlab/merge.ts';
import { gitlabMergeRequests } from './gitlab/merge-requests.ts';
import { gitlabNotes } from './gitlab/notes.ts';
import { gitlabRepository } from './gitlab/repository.ts';
import { gitlabReviews } from './gitlab/reviews.ts';
import { user } from './gitlab/shapes.ts';

export function createGitlabForge(options: ForgeOptions): Forge {
  const api = createGitlabApi(options);
  const url = options.url.replace(/\/+$/, '');
  const account = askOnce(async () => {
    const { id, username } = await api.get('/user', user);
    return { id, login: username };
  });

  return {
    kind: 'gitlab',
    name: options.name,
    cloneUrl: repository => `${url}${at`/${repository}`}.git`,
    // Any name would do; this one suits tokens of every kind.
    credentials: { username: 'oauth2', password: options.token },
    account,
    version: () => versionOf(api),
    ...gitlabRepository(api),
    ...gitlabMergeRequests(api),
    ...gitlabReviews(api),
    ...gitlabMerge(api),
    ...gitlabChecks(api),
    ...gitlabNotes(api, account),
    ...gitlabIssues(api, account),
    ...gitlabHooks(api),
  };
}
