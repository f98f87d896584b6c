/** GitLab's API over the HTTP that our own clients share, and where in it a project lies. */
import type { ForgeOptions } from '../../forge.ts';
import { createForgeHttp, type ForgeHttp } from '../http.ts';
import { at, whole } from '../path.ts';

export type GitlabApi = ForgeHttp;

export const createGitlabApi = ({ name, url, token, fetch, timeoutMs }: ForgeOptions): GitlabApi =>
  createForgeHttp({
    name,
    base: `${url.replace(/\/+$/, '')}/api/v4`,
    headers: { authorization: `Bearer ${token}` },
    secrets: [token],
    fetch,
    timeoutMs,
    paging: { parameter: 'per_page', size: 100 },
  });

/** `/projects/group%2Fname`; groups may lie in groups. */
export const projectOf = (repository: string): string => at`/projects/${whole(repository)}`;

export const mergeRequestOf = (repository: string, iid: number): string =>
  `${projectOf(repository)}${at`/merge_requests/${iid}`}`;

export const issueOf = (repository: string, iid: number): string => `${projectOf(repository)}${at`/issues/${iid}`}`;
