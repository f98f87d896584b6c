/** GitLab's API over the HTTP that our own clients share, and where in it a project lies. */
import { z } from 'zod';
import type { ForgeOptions } from '../../forge.ts';
import { createHttp, type Http, type Watched } from '../../http/client.ts';
import { at, whole } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';

export type GitlabApi = Http;

export const createGitlabApi = (
  { name, url, token, fetch, timeoutMs }: ForgeOptions,
  watched: Watched = {},
): GitlabApi =>
  createHttp({
    ...watched,
    name,
    base: `${url.replace(/\/+$/, '')}/api/v4`,
    headers: { authorization: `Bearer ${token}` },
    secrets: [token],
    fetch,
    timeoutMs,
    paging: { parameter: 'per_page', size: 100 },
  });

/** A path of many parts as one part of another: its slashes are encoded, and no part of it leads elsewhere. */
export function joined(path: string): string {
  at`/${path}`;
  return whole(path);
}

/** `/projects/group%2Fname`; groups may lie in groups. */
export function projectOf(repository: string): string {
  if (repository.includes('/')) return at`/projects/${joined(repository)}`;
  throw new OutsideError('invalid', `${JSON.stringify(repository)} is no project: it must read group/name.`);
}

export const mergeRequestOf = (repository: string, iid: number): string =>
  `${projectOf(repository)}${at`/merge_requests/${iid}`}`;

export const issueOf = (repository: string, iid: number): string => `${projectOf(repository)}${at`/issues/${iid}`}`;

/** For people; `unknown` where it is kept from us. */
export async function versionOf(api: GitlabApi): Promise<string> {
  const answer = await api.ask('GET', '/version', { expect: [403, 404] });
  if (answer.status !== 200) return 'unknown';
  return api.read(answer, z.object({ version: z.string() }), 'GET /version').version;
}
