/** What a tracker and a task say differently, and the one action that settles it. */
import { isIn, lookOf, stateNamed } from '../../domain/board.ts';
import type { WorkItem } from '../../integrations/tracker.ts';
import type { Drift, FoundPlace } from '../../machines/intake.ts';
import { stageIn, standingIn } from '../../machines/standing.ts';
import type { TaskContext } from '../../machines/task/context.ts';
import type { ActorRow } from '../../persistence/store.ts';
import { cleanTitle } from './arranging.ts';
import type { ProjectSource } from './trackers.ts';

/** Of an item that is not there `item` is undefined. */
export function driftOf(
  { board, states, takesText }: Pick<ProjectSource, 'board'> & { states: FoundPlace['states']; takesText: boolean },
  item: WorkItem | undefined,
  row: ActorRow,
  { source, title, body }: TaskContext,
): Drift[] {
  const standing = standingIn(row.tags);
  const common = { task: row.id, key: source?.key ?? row.id, url: source?.url ?? null, moveTo: null };
  const cancel = { settle: 'task.cancel' as const, does: 'ends the task; the branch stays' };
  if (item === undefined || item.isGone) {
    return [{ ...common, field: 'existence', tracker: 'it is archived, moved or gone', ours: standing, ...cancel }];
  }
  const drifts: Drift[] = [];
  const { name, group } = item.state;
  const isOver = group === 'completed' || group === 'cancelled';
  const look = lookOf(board, { standing, stage: stageIn(row.tags) }).state;
  // Null where the card is there already, or the tracker has no state of the group.
  const wanted = look === null || isIn(look, item.state) ? null : (stateNamed(look, states) ?? null);
  if (isOver) {
    drifts.push({ ...common, field: 'state', tracker: name, ours: standing, ...cancel });
  } else if (wanted !== null) {
    // One that the tracker does not have somebody has to name anew.
    const exists = states.some(state => state.name.toLowerCase() === wanted.toLowerCase());
    const does = exists ? `moves the card to ${wanted}` : `changes nothing while there is no state ${wanted}`;
    const show = { settle: 'card.move' as const, moveTo: wanted, does };
    drifts.push({ ...common, field: 'state', tracker: name, ours: `${standing}: ${wanted}`, ...show });
  }
  const isOther = cleanTitle(item.title) !== title || item.body !== body;
  if (isOther && !takesText) {
    const take = { settle: 'text.take' as const, does: 'lets the next agent read what the tracker says' };
    drifts.push({ ...common, field: 'text', tracker: item.title, ours: title, ...take });
  }
  return drifts;
}
