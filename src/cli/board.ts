/** `signalbox board`: tasks as the dashboard's board shows them, one line each. */
import { answers } from './command.ts';
import { colors, print, table } from './output.ts';

export const board = answers({
  operation: 'board',
  examples: ['signalbox board', 'signalbox board --standing person', 'signalbox board --status living --json'],
  show({ items, nextCursor }) {
    if (items.length === 0) return print('There are no such tasks.');
    const rows = items.map(({ id, stage, standing, run, why }) => [
      ...[id, stage, standing],
      run === null ? why : `${run.agent}: ${run.activity || run.status}`,
    ]);
    print(table(['TASK', 'STAGE', 'STANDS', 'WHAT HAPPENS'], rows));
    if (nextCursor !== null) print(colors.dim(`… and more; --cursor ${nextCursor} shows them`));
  },
});
