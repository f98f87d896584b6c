/** What happened to an issue of Gitea or Forgejo, by its timeline. */
import { issueAnswer } from '../../forges/gitea/answers.ts';
import { issuePath } from '../../forges/gitea/issues.ts';
import { instant } from '../../forges/newest.ts';
import type { Http } from '../../http/client.ts';
import { OutsideError } from '../../outside.ts';
import type { ItemChange, Tracker } from '../../tracker.ts';
import { numberOf } from '../issues/numbers.ts';
import { secondOf, timeOf } from '../issues/times.ts';
import { asPerson, type TimelineAnswer, timelineAnswer } from './shapes.ts';

export function createHistory(http: Http): Pick<Tracker, 'history'> {
  return {
    async history(ref, since) {
      const path = issuePath(ref.project, numberOf(ref));
      const query = { since: timeOf(since) };
      try {
        const entries = await http.list(`${path}/timeline`, timelineAnswer, { query, countsPagesOnly: true });
        const from = since === null ? 0 : secondOf(since);
        return entries.flatMap(asChange).filter(change => change.at >= from);
      } catch (error) {
        // Servers before 1.16 have no timeline.
        if (error instanceof OutsideError && error.failure === 'notFound') return null;
        // Gitea answers 500 for an issue that does not exist.
        if (error instanceof OutsideError && error.status === 500) await http.get(path, issueAnswer);
        throw error;
      }
    },
  };
}

type Told = Pick<ItemChange, 'field' | 'from' | 'to'>;

function asChange(entry: TimelineAnswer): ItemChange[] {
  const told = entry && whatChanged(entry);
  if (!told) return [];
  return [{ id: String(entry.id), by: asPerson(entry.user), at: instant(entry.created_at), ...told }];
}

function whatChanged(entry: NonNullable<TimelineAnswer>): Told | undefined {
  const { type, label, assignee } = entry;
  if (type === 'close' || type === 'merge_pull') return { field: 'state', from: 'open', to: 'closed' };
  if (type === 'reopen') return { field: 'state', from: 'closed', to: 'open' };
  // Of a label that was deleted since there is no name.
  if (type === 'label' && label) return moved('label', label.name, entry.body === '1');
  if (type === 'assignees' && assignee) return moved('assignee', assignee.login, entry.removed_assignee !== true);
  return undefined;
}

const moved = (field: ItemChange['field'], name: string, isThere: boolean): Told =>
  isThere ? { field, from: null, to: name } : { field, from: name, to: null };
