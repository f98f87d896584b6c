/** Issues and labels on GitHub. */
import type { z } from 'zod';
import type { Account, Forge, Issue } from '../../forge.ts';
import { sorted } from '../labels.ts';
import { withMarker } from '../marker.ts';
import { type GithubApi, placeOf } from './api.ts';
import { issue, label } from './shapes.ts';

export function githubIssues(
  api: GithubApi,
  account: () => Promise<Account>,
): Pick<Forge, 'issue' | 'openIssue' | 'addLabels'> {
  const labelsOf = async (repository: string, wanted: readonly string[]) => {
    if (wanted.length === 0) return sorted([], []);
    const all = await api.list(label.array(), 'GET /repos/{owner}/{repo}/labels', placeOf(repository));
    return sorted(
      wanted,
      all.map(({ name }) => name),
    );
  };

  return {
    async issue(repository, number) {
      const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}';
      const found = await api.find(issue, route, { ...placeOf(repository), issue_number: number });
      return found && asIssue(found);
    },

    async openIssue(repository, { marker, title, body, labels }) {
      const place = placeOf(repository);
      const { id, login } = await account();
      const route = 'GET /repos/{owner}/{repo}/issues';
      const ours = await api.list(issue.array(), route, { ...place, state: 'all', creator: login });
      const there = ours.find(
        ({ user, body: text, pull_request }) => !pull_request && user?.id === id && text?.includes(marker),
      );
      if (there) return asIssue(there);
      // GitHub would make labels that it does not have.
      const { known } = await labelsOf(repository, labels);
      const wanted = { ...place, title, body: withMarker(body, marker), labels: known };
      return asIssue(await api.get(issue, 'POST /repos/{owner}/{repo}/issues', wanted));
    },

    async addLabels(repository, number, labels) {
      const { known, unknown } = await labelsOf(repository, labels);
      if (known.length > 0) {
        const wanted = { ...placeOf(repository), issue_number: number, labels: known };
        await api.ask('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', wanted);
      }
      return { unknown };
    },
  };
}

const asIssue = ({ number, html_url, title, state, labels }: z.infer<typeof issue>): Issue => ({
  number,
  url: html_url,
  title,
  state,
  labels: labels.flatMap(entry => (typeof entry === 'string' ? [entry] : entry.name ? [entry.name] : [])),
});
