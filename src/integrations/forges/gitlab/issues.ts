/** Issues and labels on GitLab. */
import type { z } from 'zod';
import type { Account, Forge, Issue } from '../../forge.ts';
import { sorted } from '../labels.ts';
import { withMarker } from '../marker.ts';
import { type GitlabApi, issueOf, projectOf } from './api.ts';
import { placesOf } from './place.ts';
import { issue, label } from './shapes.ts';

export function gitlabIssues(
  api: GitlabApi,
  account: () => Promise<Account>,
): Pick<Forge, 'issue' | 'openIssue' | 'addLabels'> {
  async function labelsOf(repository: string, wanted: readonly string[]) {
    if (wanted.length === 0) return sorted([], []);
    const all = await api.list(`${projectOf(repository)}/labels`, label);
    return sorted(
      wanted,
      all.map(({ name }) => name),
    );
  }

  return {
    async issue(repository, number) {
      const found = await api.find(issueOf(repository, number), issue);
      return found && asIssue(found);
    },

    async openIssue(repository, { marker, title, body, labels }) {
      const path = `${projectOf(repository)}/issues`;
      const { id } = await account();
      const isOurs = ({ author, description }: z.infer<typeof issue>) =>
        author?.id === id && description?.includes(marker);
      const ours = await api.list(path, issue, {
        query: { author_id: id, scope: 'all', order_by: 'created_at', sort: 'desc' },
        enough: entries => entries.some(isOurs),
      });
      const there = ours.find(isOurs);
      if (there) return asIssue(there);
      // GitLab would make labels that it does not have.
      const { known } = await labelsOf(repository, labels);
      const wanted = { title, description: withMarker(body, marker), labels: known.join(',') };
      return asIssue(await api.write('POST', path, wanted, issue));
    },

    async addLabels(repository, number, labels) {
      const { known, unknown } = await labelsOf(repository, labels);
      if (known.length > 0) {
        const [{ path }] = await placesOf(api, repository, number, account);
        await api.ask('PUT', path, { body: { add_labels: known.join(',') } });
      }
      return { unknown };
    },
  };
}

const asIssue = ({ iid, web_url, title, state, labels }: z.infer<typeof issue>): Issue => ({
  number: iid,
  url: web_url,
  title,
  state: state === 'closed' ? 'closed' : 'open',
  labels: (labels ?? []).map(entry => (typeof entry === 'string' ? entry : entry.name)),
});
