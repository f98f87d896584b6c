/** Issues and labels on GitLab. */
import type { Account, Forge, Issue } from '../../forge.ts';
import { sorted } from '../labels.ts';
import { withMarker } from '../marker.ts';
import { type GitlabApi, issueOf, projectOf } from './api.ts';
import { placesOf } from './place.ts';
import { type IssueShape, issue, label, labelNames } from './shapes.ts';

type Wanted = Parameters<Forge['openIssue']>[1];

/** The labels that a project has, those of its groups among them. */
export const labelsOf = async (api: GitlabApi, repository: string): Promise<string[]> =>
  (await api.list(`${projectOf(repository)}/labels`, label)).map(({ name }) => name);

/** Makes an issue once, as `Forge.openIssue`. */
export async function openIssue(
  api: GitlabApi,
  account: () => Promise<Account>,
  repository: string,
  { marker, title, body, labels }: Wanted,
): Promise<IssueShape> {
  const path = `${projectOf(repository)}/issues`;
  const { id } = await account();
  const isOurs = ({ author, description }: IssueShape) => author?.id === id && description?.includes(marker);
  const ours = await api.list(path, issue, {
    query: { author_id: id, scope: 'all', order_by: 'created_at', sort: 'desc' },
    enough: entries => entries.some(isOurs),
  });
  const there = ours.find(isOurs);
  if (there) return there;
  // GitLab would make labels that it does not have.
  const { known } = sorted(labels, labels.length > 0 ? await labelsOf(api, repository) : []);
  const wanted = { title, description: withMarker(body, marker), labels: known.join(',') };
  return api.write('POST', path, wanted, issue);
}

export function gitlabIssues(
  api: GitlabApi,
  account: () => Promise<Account>,
): Pick<Forge, 'issue' | 'openIssue' | 'addLabels'> {
  return {
    async issue(repository, number) {
      const found = await api.find(issueOf(repository, number), issue);
      return found && asIssue(found);
    },
    openIssue: async (repository, wanted) => asIssue(await openIssue(api, account, repository, wanted)),
    async addLabels(repository, number, labels) {
      const { known, unknown } = sorted(labels, labels.length > 0 ? await labelsOf(api, repository) : []);
      if (known.length > 0) {
        const [{ path }] = await placesOf(api, repository, number, account);
        await api.ask('PUT', path, { body: { add_labels: known.join(',') } });
      }
      return { unknown };
    },
  };
}

const asIssue = (found: IssueShape): Issue => ({
  number: found.iid,
  url: found.web_url,
  title: found.title,
  state: found.state === 'closed' ? 'closed' : 'open',
  labels: labelNames(found),
});
