/** Comments on GitHub, which are the same under issues and pull requests, and the one of them that we keep. */
import type { Account, Forge, ForgeComment } from '../../forge.ts';
import { sameText, withMarker } from '../marker.ts';
import { type GithubApi, placeOf } from './api.ts';
import { type Comment, comment } from './shapes.ts';

type Wanted = Parameters<Forge['keepComment']>[2];

/** Comments as they are answered. */
export interface Comments {
  /** Oldest first; changed at or after an instant, where one is given. */
  all(repository: string, number: number, since?: string): Promise<Comment[]>;
  /** Undefined where it is not there, or stands under another issue. */
  one(repository: string, number: number, id: number): Promise<Comment | undefined>;
  /** As `Forge.keepComment`. */
  keep(repository: string, number: number, wanted: Wanted): Promise<Comment>;
}

export function commentsOf(api: GithubApi, account: () => Promise<Account>): Comments {
  function all(repository: string, number: number, since?: string): Promise<Comment[]> {
    const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
    const place = { ...placeOf(repository), issue_number: number };
    return api.list(comment.array(), route, { ...place, ...(since !== undefined && { since }) });
  }

  async function one(repository: string, number: number, id: number): Promise<Comment | undefined> {
    const route = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}';
    const found = await api.find(comment, route, { ...placeOf(repository), comment_id: id });
    return found?.issue_url?.endsWith(`/issues/${number}`) ? found : undefined;
  }

  /** Our own comment by its id, else by its marker. */
  async function ours(repository: string, number: number, { marker, id }: Wanted): Promise<Comment | undefined> {
    const us = await account();
    const isOurs = ({ user }: Comment) => user?.id === us.id;
    const byId = id === undefined ? undefined : await one(repository, number, id);
    if (byId && isOurs(byId)) return byId;
    return (await all(repository, number)).find(found => isOurs(found) && found.body?.includes(marker));
  }

  return {
    all,
    one,
    async keep(repository, number, wanted) {
      const body = withMarker(wanted.body, wanted.marker);
      const there = await ours(repository, number, wanted);
      if (there && sameText(there.body ?? '', body)) return there;
      const place = placeOf(repository);
      if (there) {
        const route = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}';
        return api.get(comment, route, { ...place, comment_id: there.id, body });
      }
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
      return api.get(comment, route, { ...place, issue_number: number, body });
    },
  };
}

export function githubComments(api: GithubApi, account: () => Promise<Account>): Pick<Forge, 'keepComment'> {
  const { keep } = commentsOf(api, account);
  return { keepComment: async (...asked) => asComment(await keep(...asked)) };
}

const asComment = ({ id, html_url, body }: Comment): ForgeComment => ({ id, url: html_url, body: body ?? '' });
