/** Issues on Gitea and Forgejo. Pull requests are issues there: one list of comments, one of labels. */
import type { Forge, Issue } from '../../forge.ts';
import type { Http } from '../../http/client.ts';
import { at } from '../../http/path.ts';
import { withMarker } from '../marker.ts';
import { type IssueAnswer, issueAnswer } from './answers.ts';
import { createSortLabels, type SortLabels } from './labels.ts';
import { pathOf } from './repositories.ts';

type Wanted = Parameters<Forge['openIssue']>[1];

export const issuePath = (repository: string, number: number): string => pathOf(repository) + at`/issues/${number}`;

/** Issues as they are answered. */
export interface Issues {
  find(repository: string, number: number): Promise<IssueAnswer | undefined>;
  /** As `Forge.openIssue`. */
  open(repository: string, wanted: Wanted): Promise<IssueAnswer>;
}

export function issuesOf(http: Http, account: Forge['account'], sorted: SortLabels): Issues {
  return {
    find: (repository, number) => http.find(issuePath(repository, number), issueAnswer),
    async open(repository, { marker, title, body, labels }) {
      const us = await account();
      const isIt = (issue: IssueAnswer) => issue.user?.id === us.id && issue.body.includes(marker);
      const seen = await http.list(`${pathOf(repository)}/issues`, issueAnswer, {
        query: { type: 'issues', state: 'all', created_by: us.login },
        enough: issues => issues.some(isIt),
      });
      const there = seen.find(isIt);
      if (there) return there;
      const { ids } = await sorted(repository, labels);
      const made = { title, body: withMarker(body, marker), labels: ids };
      return http.write('POST', `${pathOf(repository)}/issues`, made, issueAnswer);
    },
  };
}

export function createIssues(http: Http, account: Forge['account']): Pick<Forge, 'issue' | 'openIssue' | 'addLabels'> {
  const sorted = createSortLabels(http);
  const issues = issuesOf(http, account, sorted);
  return {
    async issue(repository, number) {
      const issue = await issues.find(repository, number);
      return issue && toIssue(issue);
    },
    openIssue: async (repository, wanted) => toIssue(await issues.open(repository, wanted)),
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
