/** Issues of GitHub as items: read, changed, made. */
import type { Account } from '../../forge.ts';
import { absent, type GithubApi, placeOf } from '../../forges/github/api.ts';
import { issuesOf } from '../../forges/github/issues.ts';
import { issue as issueShape, labelNames } from '../../forges/github/shapes.ts';
import { OutsideError } from '../../outside.ts';
import type { Tracker } from '../../tracker.ts';
import { type Difference, differenceOf } from '../issues/difference.ts';
import { numberIn, numberInKey, numberOf } from '../issues/numbers.ts';
import { once } from '../issues/once.ts';
import { timeOf } from '../issues/times.ts';
import { asItem } from './shapes.ts';

type Items = Pick<Tracker, 'item' | 'itemByKey' | 'changed' | 'show' | 'openItem'>;

export function createItems(api: GithubApi, account: () => Promise<Account>): Items {
  const issues = issuesOf(api, account);

  async function find(project: string, number: number | undefined) {
    const issue = number === undefined ? undefined : await issues.find(project, number);
    return issue && asItem(project, issue, number);
  }

  return {
    item: ({ project, id }) => find(project, numberIn(id)),
    itemByKey: (project, key) => find(project, numberInKey(key)),
    async *changed(project, since) {
      const pages = api.pages(issueShape.array(), 'GET /repos/{owner}/{repo}/issues', {
        ...placeOf(project),
        ...(since === null ? { state: 'open' } : { state: 'all', since: timeOf(since)! }),
        sort: 'updated',
        direction: 'desc',
      });
      for await (const issue of once(pages, ({ number }) => number)) {
        if (!issue.pull_request) yield asItem(project, issue);
      }
    },
    async show(ref, shown) {
      const place = { ...placeOf(ref.project), issue_number: numberOf(ref) };
      const issue = await issues.find(ref.project, place.issue_number);
      if (!issue || issue.number !== place.issue_number) {
        throw new OutsideError('notFound', `There is no issue ${ref.project}#${ref.id}.`);
      }
      const now = { isOpen: issue.state === 'open', labels: labelNames(issue) };
      const difference = await differenceOf(now, shown, () => issues.labels(ref.project));
      const isLabelled = await label(api, place, { ...difference, labels: now.labels });
      const { state, unknown } = difference;
      if (state) await api.ask('PATCH /repos/{owner}/{repo}/issues/{issue_number}', { ...place, state });
      return { isChanged: isLabelled || state !== undefined, unknown };
    },
    openItem: async (project, wanted) => asItem(project, await issues.open(project, wanted)),
  };
}

interface Place {
  owner: string;
  repo: string;
  issue_number: number;
}

/** One call for all labels. Only where some go and others come it replaces them all, and may undo what somebody does meanwhile. */
async function label(
  api: GithubApi,
  place: Place,
  { labels, add, remove }: Pick<Difference, 'add' | 'remove'> & { labels: readonly string[] },
): Promise<boolean> {
  const route = '/repos/{owner}/{repo}/issues/{issue_number}/labels';
  const [gone, ...more] = remove;
  if (gone === undefined && add.length === 0) return false;
  if (gone === undefined) await api.ask(`POST ${route}`, { ...place, labels: add });
  else if (add.length === 0 && more.length === 0) {
    // Somebody may have been faster.
    await api.ask(`DELETE ${route}/{name}`, { ...place, name: gone }).catch(absent);
  } else {
    const kept = labels.filter(name => !remove.includes(name));
    await api.ask(`PUT ${route}`, { ...place, labels: [...kept, ...add] });
  }
  return true;
}
