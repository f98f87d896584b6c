/** Gitea and Forgejo, over their common API `/api/v1`. */
import type { Account, Forge, ForgeOptions } from '../forge.ts';
import { ownerAndName } from '../http/path.ts';
import { accountAnswer } from './gitea/answers.ts';
import { createGiteaApi, versionOf } from './gitea/api.ts';
import { createComments } from './gitea/comments.ts';
import { createHooks } from './gitea/hooks.ts';
import { createIssues } from './gitea/issues.ts';
import { createMerge, type Patience } from './gitea/merge.ts';
import { createPulls } from './gitea/pulls.ts';
import { createRepositories } from './gitea/repositories.ts';
import { createReviews } from './gitea/reviews.ts';
import { createStatuses } from './gitea/statuses.ts';

export interface GiteaOptions extends ForgeOptions {
  /** How long a merge waits for the forge to work out whether it is possible: 20 times half a second. */
  mergePatience?: Patience;
}

const defaultPatience: Patience = { tries: 20, pauseMs: 500 };

export function createGiteaForge({ mergePatience = defaultPatience, ...options }: GiteaOptions): Forge {
  const url = options.url.replace(/\/+$/, '');
  const http = createGiteaApi(options);

  let us: Account | undefined;
  /** A token belongs to one account for ever: it is asked for once. */
  const account = async (): Promise<Account> => {
    us ??= await http.get('/user', accountAnswer);
    return us;
  };

  return {
    kind: 'gitea',
    name: options.name,
    cloneUrl(repository) {
      const { owner, name } = ownerAndName(repository);
      return `${url}/${encodeURIComponent(owner)}/${encodeURIComponent(name)}.git`;
    },
    // With a token as the password the user's name does not matter.
    credentials: { username: 'signalbox', password: options.token },
    account,
    version: () => versionOf(http),
    ...createRepositories(http),
    ...createPulls(http),
    ...createReviews(http),
    ...createMerge(http, mergePatience),
    ...createStatuses(http),
    ...createIssues(http, account),
    ...createComments(http, account),
    ...createHooks(http),
  };
}
