/** What happened to an issue of GitHub, by its events. */
import { type GithubApi, placeOf } from '../../forges/github/api.ts';
import { instant } from '../../forges/newest.ts';
import type { ItemChange, Tracker } from '../../tracker.ts';
import { numberOf } from '../issues/numbers.ts';
import { secondOf } from '../issues/times.ts';
import { asPerson, type EventShape, event } from './shapes.ts';

export function createHistory(api: GithubApi): Pick<Tracker, 'history'> {
  return {
    async history(ref, since) {
      const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/events';
      const place = { ...placeOf(ref.project), issue_number: numberOf(ref) };
      const events = await api.list(event.array(), route, place);
      const from = since === null ? 0 : secondOf(since);
      return events
        .flatMap(asChange)
        .filter(change => change.at >= from)
        .sort((one, other) => one.at - other.at);
    },
  };
}

type Told = Pick<ItemChange, 'field' | 'from' | 'to'>;

function asChange(told: EventShape): ItemChange[] {
  const change = whatChanged(told);
  return change ? [{ id: String(told.id), by: asPerson(told.actor), at: instant(told.created_at), ...change }] : [];
}

/** A pull request that is merged is closed by an event of its own. */
function whatChanged({ event: word, label, assignee }: EventShape): Told | undefined {
  if (word === 'closed') return { field: 'state', from: 'open', to: 'closed' };
  if (word === 'reopened') return { field: 'state', from: 'closed', to: 'open' };
  if (word === 'labeled' && label) return { field: 'label', from: null, to: label.name };
  if (word === 'unlabeled' && label) return { field: 'label', from: label.name, to: null };
  if (word === 'assigned' && assignee) return { field: 'assignee', from: null, to: assignee.login };
  if (word === 'unassigned' && assignee) return { field: 'assignee', from: assignee.login, to: null };
  return undefined;
}
