/** Issues, comments and labels on Gitea and Forgejo. Pull requests are issues there: one list of comments, one of labels. */
import type { z } from 'zod';
import { type Forge, type ForgeComment, ForgeError, type Issue } from '../../forge.ts';
import type { ForgeHttp } from '../http.ts';
import { sameText, withMarker } from '../marker.ts';
import { at, ownerAndName } from '../path.ts';
import { type CommentAnswer, commentAnswer, issueAnswer, labelAnswer } from './answers.ts';
import { pathOf } from './repositories.ts';

type IssueAnswer = z.infer<typeof issueAnswer>;
type Label = z.infer<typeof labelAnswer>;

export function createIssues(
  http: ForgeHttp,
  account: Forge['account'],
): Pick<Forge, 'issue' | 'openIssue' | 'addLabels' | 'keepComment'> {
  const issuePath = (repository: string, number: number) => pathOf(repository) + at`/issues/${number}`;

  /** The labels that the repository knows, by their names in lower case: its own before those of its organisation. */
  async function knownLabels(repository: string): Promise<Map<string, Label>> {
    const ofRepository = await http.list(`${pathOf(repository)}/labels`, labelAnswer);
    const ofOwner = await listOrNothing(at`/orgs/${ownerAndName(repository).owner}/labels`);
    return new Map([...ofOwner, ...ofRepository].map(label => [label.name.toLowerCase(), label]));
  }

  /** People have no labels, and an organisation need not show its own. */
  async function listOrNothing(path: string): Promise<Label[]> {
    try {
      return await http.list(path, labelAnswer);
    } catch (error) {
      if (error instanceof ForgeError && (error.failure === 'notFound' || error.failure === 'forbidden')) return [];
      throw error;
    }
  }

  async function sorted(repository: string, names: readonly string[]) {
    const known = names.length > 0 ? await knownLabels(repository) : new Map<string, Label>();
    const ids = names.flatMap(name => known.get(name.toLowerCase())?.id ?? []);
    return { ids, unknown: names.filter(name => !known.has(name.toLowerCase())) };
  }

  /** The comments under an issue, as far as they are our own. */
  async function ownComments(repository: string, number: number): Promise<CommentAnswer[]> {
    const us = await account();
    const path = issuePath(repository, number);
    try {
      const comments = await http.list(`${path}/comments`, commentAnswer);
      return comments.filter(comment => comment.user?.id === us.id);
    } catch (error) {
      // Gitea answers 500 for comments of an issue that does not exist.
      if (error instanceof ForgeError && error.status === 500) await http.get(path, issueAnswer);
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
    async issue(repository, number) {
      const issue = await http.find(issuePath(repository, number), issueAnswer);
      return issue && toIssue(issue);
    },

    async openIssue(repository, { marker, title, body, labels }) {
      const us = await account();
      const isIt = (issue: IssueAnswer) => issue.user?.id === us.id && issue.body.includes(marker);
      const seen = await http.list(`${pathOf(repository)}/issues`, issueAnswer, {
        query: { type: 'issues', state: 'all', created_by: us.login },
        enough: issues => issues.some(isIt),
      });
      const there = seen.find(isIt);
      if (there) return toIssue(there);
      const { ids } = await sorted(repository, labels);
      const made = { title, body: withMarker(body, marker), labels: ids };
      return toIssue(await http.write('POST', `${pathOf(repository)}/issues`, made, issueAnswer));
    },

    async addLabels(repository, number, labels) {
      const { ids, unknown } = await sorted(repository, labels);
      if (ids.length > 0) await http.ask('POST', `${issuePath(repository, number)}/labels`, { body: { labels: ids } });
      return { unknown };
    },

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

const toIssue = (issue: IssueAnswer): Issue => ({
  number: issue.number,
  url: issue.html_url,
  title: issue.title,
  state: issue.state === 'open' ? 'open' : 'closed',
  labels: (issue.labels ?? []).map(label => label.name),
});
