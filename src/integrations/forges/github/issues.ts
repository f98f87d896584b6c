/** Issues and labels on GitHub. */
import type { Account, Forge, Issue } from '../../forge.ts';
import { sorted } from '../labels.ts';
import { withMarker } from '../marker.ts';
import { type GithubApi, placeOf } from './api.ts';
import { type IssueShape, issue, label, labelNames } from './shapes.ts';

type Wanted = Parameters<Forge['openIssue']>[1];

/** Issues as they are answered; pull requests are issues. */
export interface Issues {
  find(repository: string, number: number): Promise<IssueShape | undefined>;
  /** As `Forge.openIssue`. */
  open(repository: string, wanted: Wanted): Promise<IssueShape>;
  /** The labels that a repository has. */
  labels(repository: string): Promise<string[]>;
}

export function issuesOf(api: GithubApi, account: () => Promise<Account>): Issues {
  const labels = async (repository: string) =>
    (await api.list(label.array(), 'GET /repos/{owner}/{repo}/labels', placeOf(repository))).map(({ name }) => name);

  return {
    labels,
    find(repository, number) {
      const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}';
      return api.find(issue, route, { ...placeOf(repository), issue_number: number });
    },
    async open(repository, { marker, title, body, labels: wantedLabels }) {
      const place = placeOf(repository);
      const { id, login } = await account();
      const route = 'GET /repos/{owner}/{repo}/issues';
      const ours = await api.list(issue.array(), route, { ...place, state: 'all', creator: login });
      const there = ours.find(
        ({ user, body: text, pull_request }) => !pull_request && user?.id === id && text?.includes(marker),
      );
      if (there) return there;
      // GitHub would make labels that it does not have.
      const { known } = sorted(wantedLabels, wantedLabels.length > 0 ? await labels(repository) : []);
      const wanted = { ...place, title, body: withMarker(body, marker), labels: known };
      return api.get(issue, 'POST /repos/{owner}/{repo}/issues', wanted);
    },
  };
}

export function githubIssues(
  api: GithubApi,
  account: () => Promise<Account>,
): Pick<Forge, 'issue' | 'openIssue' | 'addLabels'> {
  const issues = issuesOf(api, account);
  return {
    async issue(repository, number) {
      const found = await issues.find(repository, number);
      return found && asIssue(found);
    },
    openIssue: async (repository, wanted) => asIssue(await issues.open(repository, wanted)),
    async addLabels(repository, number, labels) {
      const { known, unknown } = sorted(labels, labels.length > 0 ? await issues.labels(repository) : []);
      if (known.length > 0) {
        const wanted = { ...placeOf(repository), issue_number: number, labels: known };
        await api.ask('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', wanted);
      }
      return { unknown };
    },
  };
}

const asIssue = (found: IssueShape): Issue => ({
  number: found.number,
  url: found.html_url,
  title: found.title,
  state: found.state,
  labels: labelNames(found),
});
