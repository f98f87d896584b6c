/** Comments under issues and pull requests of Gitea and Forgejo, and the one of them that we keep. */
import type { Forge, ForgeComment } from '../../forge.ts';
import type { Http } from '../../http/client.ts';
import { at } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import { sameText, withMarker } from '../marker.ts';
import { type CommentAnswer, commentAnswer, issueAnswer } from './answers.ts';
import { issuePath } from './issues.ts';
import { pathOf } from './repositories.ts';

type Wanted = Parameters<Forge['keepComment']>[2];

/** Comments under issues and pull requests, as they are answered. */
export interface Comments {
  /** Oldest first; changed at or after an instant, where one is given. Throws `notFound` where there is no such issue. */
  all(repository: string, number: number, since?: string): Promise<CommentAnswer[]>;
  /** Undefined where it is not there, or stands under another issue. */
  one(repository: string, number: number, id: number): Promise<CommentAnswer | undefined>;
  /** As `Forge.keepComment`. */
  keep(repository: string, number: number, wanted: Wanted): Promise<CommentAnswer>;
}

export function commentsOf(http: Http, account: Forge['account']): Comments {
  async function all(repository: string, number: number, since?: string): Promise<CommentAnswer[]> {
    const path = issuePath(repository, number);
    try {
      return await http.list(`${path}/comments`, commentAnswer, { query: { since } });
    } catch (error) {
      // Gitea answers 500 for comments of an issue that does not exist.
      if (error instanceof OutsideError && error.status === 500) await http.get(path, issueAnswer);
      throw error;
    }
  }

  async function one(repository: string, number: number, id: number): Promise<CommentAnswer | undefined> {
    const path = pathOf(repository) + at`/issues/comments/${id}`;
    const answer = await http.ask('GET', path, { expect: [404] });
    // 204 stands for what is no comment of a person, such as a change of the title.
    if (answer.status !== 200) return undefined;
    const comment = http.read(answer, commentAnswer, `GET ${path}`);
    return (comment.pull_request_url || comment.issue_url).endsWith(`/${number}`) ? comment : undefined;
  }

  /** Our own comment by its id, else by its marker. */
  async function ours(repository: string, number: number, { marker, id }: Wanted): Promise<CommentAnswer | undefined> {
    const us = await account();
    const isOurs = ({ user }: CommentAnswer) => user?.id === us.id;
    const byId = id === undefined ? undefined : await one(repository, number, id);
    if (byId && isOurs(byId)) return byId;
    return (await all(repository, number)).find(comment => isOurs(comment) && comment.body.includes(marker));
  }

  return {
    all,
    one,
    async keep(repository, number, wanted) {
      const body = withMarker(wanted.body, wanted.marker);
      const there = await ours(repository, number, wanted);
      if (!there) return http.write('POST', `${issuePath(repository, number)}/comments`, { body }, commentAnswer);
      if (sameText(there.body, body)) return there;
      const path = pathOf(repository) + at`/issues/comments/${there.id}`;
      return http.write('PATCH', path, { body }, commentAnswer);
    },
  };
}

export function createComments(http: Http, account: Forge['account']): Pick<Forge, 'keepComment'> {
  const { keep } = commentsOf(http, account);
  return { keepComment: async (...asked) => toComment(await keep(...asked)) };
}

const toComment = ({ id, html_url, body }: CommentAnswer): ForgeComment => ({ id, url: html_url, body });
