/** The one comment that we keep under an issue or a pull request of Gitea and Forgejo. */
import type { Forge, ForgeComment } from '../../forge.ts';
import type { Http } from '../../http/client.ts';
import { at } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import { sameText, withMarker } from '../marker.ts';
import { type CommentAnswer, commentAnswer, issueAnswer } from './answers.ts';
import { issuePath } from './issues.ts';
import { pathOf } from './repositories.ts';

export function createComments(http: Http, account: Forge['account']): Pick<Forge, 'keepComment'> {
  /** The comments under an issue, as far as they are our own. */
  async function ownComments(repository: string, number: number): Promise<CommentAnswer[]> {
    const us = await account();
    const path = issuePath(repository, number);
    try {
      const comments = await http.list(`${path}/comments`, commentAnswer);
      return comments.filter(comment => comment.user?.id === us.id);
    } catch (error) {
      // Gitea answers 500 for comments of an issue that does not exist.
      if (error instanceof OutsideError && error.status === 500) await http.get(path, issueAnswer);
      throw error;
    }
  }

  /** A comment by its id, if it is still there, ours and under this issue. */
  async function commentById(repository: string, number: number, id: number): Promise<CommentAnswer | undefined> {
    const path = pathOf(repository) + at`/issues/comments/${id}`;
    const answer = await http.ask('GET', path, { expect: [404] });
    // 204 stands for what is no comment of a person, such as a change of the title.
    if (answer.status !== 200) return undefined;
    const comment = http.read(answer, commentAnswer, `GET ${path}`);
    const isUnderIt = (comment.pull_request_url || comment.issue_url).endsWith(`/${number}`);
    return isUnderIt && comment.user?.id === (await account()).id ? comment : undefined;
  }

  return {
    async keepComment(repository, number, { marker, body, id }) {
      const text = withMarker(body, marker);
      const byId = id === undefined ? undefined : await commentById(repository, number, id);
      const there = byId ?? (await ownComments(repository, number)).find(comment => comment.body.includes(marker));
      if (!there) {
        const path = `${issuePath(repository, number)}/comments`;
        return toComment(await http.write('POST', path, { body: text }, commentAnswer));
      }
      if (sameText(there.body, text)) return toComment(there);
      const path = pathOf(repository) + at`/issues/comments/${there.id}`;
      return toComment(await http.write('PATCH', path, { body: text }, commentAnswer));
    },
  };
}

const toComment = ({ id, html_url, body }: CommentAnswer): ForgeComment => ({ id, url: html_url, body });
