/** Comments on GitHub, which are the same under issues and pull requests. */
import type { z } from 'zod';
import type { Account, Forge, ForgeComment } from '../../forge.ts';
import { sameText, withMarker } from '../marker.ts';
import { type GithubApi, placeOf } from './api.ts';
import { comment } from './shapes.ts';

type Found = z.infer<typeof comment>;

export function githubComments(api: GithubApi, account: () => Promise<Account>): Pick<Forge, 'keepComment'> {
  /** A comment by its id, if it is still there, ours and under this issue. */
  async function byId(repository: string, number: number, id: number): Promise<Found | undefined> {
    const route = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}';
    const found = await api.find(comment, route, { ...placeOf(repository), comment_id: id });
    const isUnderIt = found?.issue_url?.endsWith(`/issues/${number}`) ?? false;
    return isUnderIt && found?.user?.id === (await account()).id ? found : undefined;
  }

  async function byMarker(repository: string, number: number, marker: string): Promise<Found | undefined> {
    const { id } = await account();
    const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
    const all = await api.list(comment.array(), route, { ...placeOf(repository), issue_number: number });
    return all.find(({ user, body }) => user?.id === id && body?.includes(marker));
  }

  return {
    async keepComment(repository, number, { marker, body, id }) {
      const wanted = withMarker(body, marker);
      const known = id === undefined ? undefined : await byId(repository, number, id);
      const there = known ?? (await byMarker(repository, number, marker));
      if (there && sameText(there.body ?? '', wanted)) return asComment(there);
      const place = placeOf(repository);
      if (there) {
        const route = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}';
        return asComment(await api.get(comment, route, { ...place, comment_id: there.id, body: wanted }));
      }
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
      return asComment(await api.get(comment, route, { ...place, issue_number: number, body: wanted }));
    },
  };
}

const asComment = ({ id, html_url, body }: Found): ForgeComment => ({ id, url: html_url, body: body ?? '' });
