/** `signalbox routine …`: work that is ordered again and again. */
import { answers } from './command.ts';
import { dayTime, harmless, print, table } from './output.ts';

export const list = answers({
  operation: 'routine.list',
  examples: ['signalbox routine list'],
  show({ routines }) {
    if (routines.length === 0) return print('No routine is configured; docs/configuration.md tells how one is.');
    const rows = routines.map(({ name, project, cron, timeZone, next, lastTask, problem, why }) => [
      ...[name, project ?? '', cron === null ? '' : `${cron} (${timeZone})`, next === null ? '' : dayTime(next)],
      ...[lastTask ?? '', problem ?? why],
    ]);
    print(table(['NAME', 'PROJECT', 'WHEN', 'NEXT', 'LAST TASK', 'HOW IT STANDS'], rows));
  },
});

export const run = answers({
  operation: 'routine.run',
  examples: ['signalbox routine run dependencies'],
  show: ({ name, why }) => print(harmless(`${name}: ${why}`)),
});
