/** Issues of Gitea and Forgejo as items: read, changed, made. */
import { askOnce } from '../../../domain/ask-once.ts';
import type { Account } from '../../forge.ts';
import { type IssueAnswer, issueAnswer, type LabelAnswer } from '../../forges/gitea/answers.ts';
import { issuePath, issuesOf } from '../../forges/gitea/issues.ts';
import { createSortLabels, knownLabels } from '../../forges/gitea/labels.ts';
import { pathOf } from '../../forges/gitea/repositories.ts';
import { instant } from '../../forges/newest.ts';
import type { Http } from '../../http/client.ts';
import { OutsideError } from '../../outside.ts';
import type { Tracker } from '../../tracker.ts';
import { differenceOf } from '../issues/difference.ts';
import { numberIn, numberInKey, numberOf } from '../issues/numbers.ts';
import { timeOf } from '../issues/times.ts';
import { asItem } from './shapes.ts';

type Items = Pick<Tracker, 'item' | 'itemByKey' | 'changed' | 'show' | 'openItem'>;

export function createItems(http: Http, account: () => Promise<Account>): Items {
  const sorted = createSortLabels(http);
  const issues = issuesOf(http, account, sorted);

  async function find(project: string, number: number | undefined) {
    const issue = number === undefined ? undefined : await issues.find(project, number);
    return issue && asItem(project, issue);
  }

  /** Newest change first: the server lists them by when they were made, so that all are read before the first is told. */
  async function changedIssues(project: string, since: number | null): Promise<IssueAnswer[]> {
    const query = { type: 'issues', state: since === null ? 'open' : 'all', since: timeOf(since) };
    const entries = await http.list(`${pathOf(project)}/issues`, issueAnswer, { query, urgency: 'sweep' });
    const each = new Map(entries.map(entry => [entry.number, entry]));
    return [...each.values()].sort((one, other) => instant(other.updated_at) - instant(one.updated_at));
  }

  return {
    item: ({ project, id }) => find(project, numberIn(id)),
    itemByKey: (project, key) => find(project, numberInKey(key)),
    async *changed(project, since) {
      for (const issue of await changedIssues(project, since)) yield asItem(project, issue);
    },
    async show(ref, shown) {
      const issue = await issues.find(ref.project, numberOf(ref));
      if (!issue) throw new OutsideError('notFound', `There is no issue ${ref.project}#${ref.id}.`);
      const known = askOnce(() => knownLabels(http, ref.project));
      const now = { isOpen: issue.state === 'open', labels: (issue.labels ?? []).map(({ name }) => name) };
      const difference = await differenceOf(now, shown, async () => [...(await known()).values()].map(nameOf));
      const added = difference.add.length === 0 ? [] : [...(await known()).values()].filter(isIn(difference.add));
      const isLabelled = await label(issuePath(ref.project, issue.number), issue, { ...difference, added });
      const { state, unknown } = difference;
      if (state) await http.ask('PATCH', issuePath(ref.project, issue.number), { body: { state } });
      return { isChanged: isLabelled || state !== undefined, unknown };
    },
    openItem: async (project, wanted) => asItem(project, await issues.open(project, wanted)),
  };

  /** One call for all labels. Only where some go and others come it replaces them all, and may undo what somebody does meanwhile. */
  async function label(path: string, issue: IssueAnswer, { remove, added }: Labelling): Promise<boolean> {
    const labels = issue.labels ?? [];
    const [gone, ...more] = labels.filter(isIn(remove));
    const ids = added.map(({ id }) => id);
    if (!gone && ids.length === 0) return false;
    if (!gone) await http.ask('POST', `${path}/labels`, { body: { labels: ids } });
    else if (ids.length === 0 && more.length === 0) await http.ask('DELETE', `${path}/labels/${gone.id}`);
    else {
      const kept = labels.filter(it => it !== gone && !more.includes(it)).map(({ id }) => id);
      await http.ask('PUT', `${path}/labels`, { body: { labels: [...kept, ...ids] } });
    }
    return true;
  }
}

interface Labelling {
  remove: readonly string[];
  added: readonly LabelAnswer[];
}

const nameOf = ({ name }: LabelAnswer) => name;
const isIn = (names: readonly string[]) => (label: LabelAnswer) => names.includes(label.name);
