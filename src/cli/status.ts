/** `signalbox status`: what goes on. */
import { answers } from './command.ts';
import { colors, print, table } from './output.ts';

export const status = answers({
  operation: 'status',
  examples: ['signalbox status', 'signalbox status --json'],
  show({ activeTasks, total }) {
    if (activeTasks.length === 0) return print('Nothing goes on.');
    print(
      table(
        ['TASK', 'STATE', 'STANDS', 'WHY'],
        activeTasks.map(({ id, state, standing, why }) => [id, state, standing, why]),
      ),
    );
    const left = total - activeTasks.length;
    if (left > 0) print(colors.dim(`… and ${left} more; --limit shows more of them`));
  },
});
