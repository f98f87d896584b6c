/** `signalbox machine …`: the state machines, for people and for tools. */
import { answers } from './command.ts';
import { note, print, table } from './output.ts';

export const list = answers({
  operation: 'machine.list',
  examples: ['signalbox machine list'],
  show({ items, problems }) {
    const rows = items.map(({ id, states, definition, means }) => [id, String(states), definition, means]);
    print(table(['MACHINE', 'STATES', 'DEFINITION', 'WHAT FOR'], rows));
    for (const problem of problems) note(`left out: ${problem}`);
  },
});

export const show = answers({
  operation: 'machine.show',
  named: { format: '--format <json|svg|mermaid>' },
  examples: [
    'signalbox machine show breaker                        # JSON for XState and Stately',
    'signalbox machine show task:default --format svg > task.svg',
    'signalbox machine show ET-003 --format mermaid        # the machine that this task lives by',
  ],
  show: ({ text }) => print(text),
});

export const chart = answers({
  operation: 'machine.chart',
  examples: [
    'signalbox machine chart task:default --json           # for whoever draws it himself',
    'signalbox machine chart task:default --within review  # one of its states, from near',
  ],
  show({ states, ways }) {
    const isStart = ({ type }: { type: string }) => type === 'start';
    print(
      table(
        ['STATE', 'TYPE'],
        states.filter(state => !isStart(state)).map(({ path, type }) => [path, type]),
      ),
    );
    const moves = ways.flatMap(({ from, to, moves }) => moves.map(({ event, guard }) => [from, to, event, guard]));
    print(`\n${table(['FROM', 'TO', 'EVENT', 'GUARD'], moves)}`);
  },
});
