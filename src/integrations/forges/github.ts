/** GitHub: github.com and Enterprise Server. */

import { z } from 'zod';
import { askOnce } from '../../domain/ask-once.ts';
import type { Account, Forge, ForgeOptions } from '../forge.ts';
import { at } from '../http/path.ts';
import { createGithubApi, versionOf } from './github/api.ts';
import { githubChecks } from './github/checks.ts';
import { githubComments } from './github/comments.ts';
import { githubHooks } from './github/hooks.ts';
import { githubIssues } from './github/issues.ts';
import { githubMerge } from './github/merge.ts';
import { githubPulls } from './github/pulls.ts';
import { githubRepository } from './github/repository.ts';
import { githubReviews } from './github/reviews.ts';

const self = z.object({ id: z.number(), login: z.string() });

export async function createGithubForge(options: ForgeOptions): Promise<Forge> {
  const api = await createGithubApi(options);
  const account = askOnce((): Promise<Account> => api.get(self, 'GET /user', {}));
  const url = options.url.replace(/\/+$/, '');

  return {
    kind: 'github',
    name: options.name,
    cloneUrl: repository => `${url}${at`/${repository}`}.git`,
    // Any name would do; this one suits tokens of every kind.
    credentials: { username: 'x-access-token', password: options.token },
    account,
    version: () => versionOf(api),
    ...githubRepository(api),
    ...githubPulls(api),
    ...githubReviews(api),
    ...githubMerge(api),
    ...githubChecks(api),
    ...githubComments(api, account),
    ...githubIssues(api, account),
    ...githubHooks(api),
  };
}
