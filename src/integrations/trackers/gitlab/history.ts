/**
 * What happened to an issue or a merge request of GitLab, by its events. Who was assigned stands only in notes that the
 * server words for people, in its language: it is left out.
 */
import type { z } from 'zod';
import type { GitlabApi } from '../../forges/gitlab/api.ts';
import { instant } from '../../forges/newest.ts';
import { OutsideError } from '../../outside.ts';
import type { ItemChange, Tracker } from '../../tracker.ts';
import { placeOf } from './place.ts';
import { asPerson, labelEvent, stateEvent } from './shapes.ts';

export function createHistory(api: GitlabApi): Pick<Tracker, 'history'> {
  return {
    async history(ref, since) {
      const { path } = placeOf(ref);
      try {
        const labels = await api.list(`${path}/resource_label_events`, labelEvent);
        const states = await api.list(`${path}/resource_state_events`, stateEvent);
        return [...labels.flatMap(labelled), ...states.flatMap(moved)]
          .filter(change => change.at >= (since ?? 0))
          .sort((one, other) => one.at - other.at);
      } catch (error) {
        // Servers before 13.2 do not tell of states.
        if (error instanceof OutsideError && error.failure === 'notFound') return null;
        throw error;
      }
    },
  };
}

/** Each kind of event is counted for itself: only together with its kind a number is an id. */
const common = (kind: string, event: z.infer<typeof labelEvent> | z.infer<typeof stateEvent>) => ({
  id: `${kind}-${event.id}`,
  by: asPerson(event.user),
  at: instant(event.created_at),
});

function labelled(event: z.infer<typeof labelEvent>): ItemChange[] {
  const { label, action } = event;
  // Of a label that was deleted since there is no name.
  if (!label) return [];
  const [from, to] = action === 'add' ? [null, label.name] : [label.name, null];
  return [{ ...common('label', event), field: 'label', from, to }];
}

function moved(event: z.infer<typeof stateEvent>): ItemChange[] {
  const isOpen = event.state === 'reopened' || event.state === 'opened';
  const [from, to] = isOpen ? ['closed', 'open'] : ['open', 'closed'];
  return [{ ...common('state', event), field: 'state', from, to }];
}
