/** `signalbox dead-letter …`: events that a machine could not take and actions that would not go, for a person to see. */
import { answers } from './command.ts';
import { clockTime, print, table } from './output.ts';

export const list = answers({
  operation: 'deadLetter.list',
  examples: ['signalbox dead-letter list'],
  show({ items, hasMore }) {
    if (items.length === 0) return print('Nothing waits for a person here.');
    const rows = items.map(({ id, actorId, type, error, at }) => [id, clockTime(at), actorId, type, error ?? '']);
    print(table(['ID', 'SINCE', 'ACTOR', 'WHAT', 'WHY'], rows));
    if (hasMore) print('… and more; these are the oldest.');
  },
});

export const retry = answers({
  operation: 'deadLetter.retry',
  examples: ['signalbox dead-letter retry event:12'],
  show: ({ id }) => print(`${id} is open again. An action is carried out by whoever works on this data next.`),
});
