/** Issues on Gitea and Forgejo. Pull requests are issues there: one list of comments, one of labels. */
import type { z } from 'zod';
import type { Forge, Issue } from '../../forge.ts';
import type { Http } from '../../http/client.ts';
import { at } from '../../http/path.ts';
import { withMarker } from '../marker.ts';
import { issueAnswer } from './answers.ts';
import { createSortLabels } from './labels.ts';
import { pathOf } from './repositories.ts';

type IssueAnswer = z.infer<typeof issueAnswer>;

export const issuePath = (repository: string, number: number): string => pathOf(repository) + at`/issues/${number}`;

export function createIssues(http: Http, account: Forge['account']): Pick<Forge, 'issue' | 'openIssue' | 'addLabels'> {
  const sorted = createSortLabels(http);
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
  };
}

const toIssue = (issue: IssueAnswer): Issue => ({
  number: issue.number,
  url: issue.html_url,
  title: issue.title,
  state: issue.state === 'open' ? 'open' : 'closed',
  labels: (issue.labels ?? []).map(label => label.name),
});
