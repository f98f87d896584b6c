/** `signalbox delivery …`: what came from forges and trackers, and what it did. */
import type { OutputOf } from '../client/signalbox.ts';
import { answers } from './command.ts';
import { colors, dayTime, harmless, moreOf, print, table } from './output.ts';

type Delivery = OutputOf<'delivery.list'>['items'][number];

export const list = answers({
  operation: 'delivery.list',
  examples: [
    'signalbox delivery list',
    'signalbox delivery list --outcome ambiguous',
    'signalbox delivery list --task ET-3',
  ],
  show({ items, ...rest }) {
    if (items.length === 0) return print('Nothing of that kind has come in.');
    const rows = items.map(delivery => [
      delivery.id,
      dayTime(delivery.receivedAt),
      delivery.event,
      delivery.outcome,
      didOf(delivery),
    ]);
    print(table(['ID', 'AT', 'EVENT', 'OUTCOME', 'WHAT IT DID'], rows));
    moreOf(items.length, rest);
  },
});

export const show = answers({
  operation: 'delivery.show',
  examples: ['signalbox delivery show delivery:home:0f3a…'],
  show(delivery) {
    print(colors.bold(harmless(`${delivery.event} from ${delivery.name} (${delivery.provider})`)));
    const facts: [string, string][] = [
      ['id', delivery.id],
      ['received', dayTime(delivery.receivedAt)],
      ['outcome', `${delivery.outcome}${delivery.reason === null ? '' : `: ${delivery.reason}`}`],
      ['did', didOf(delivery) || 'nothing'],
      ...(delivery.candidates.length > 0
        ? [['means', `one of ${delivery.candidates.join(', ')}`] as [string, string]]
        : []),
      ...(delivery.repeats.length > 0 ? [['came', `${delivery.repeats.length + 1} times`] as [string, string]] : []),
      ...(delivery.replays !== null ? [['replays', `${delivery.replays}, by ${delivery.by}`] as [string, string]] : []),
      ...(delivery.chosenBy !== null
        ? [['chosen', `by ${delivery.chosenBy.by}, in ${delivery.chosenBy.replay}`] as [string, string]]
        : []),
    ];
    for (const [name, value] of facts) print(`  ${name.padEnd(9)} ${harmless(value)}`);
    for (const [name, value] of Object.entries(delivery.reading ?? {})) {
      if (value !== null)
        print(`  ${colors.dim(name.padEnd(9))} ${harmless(typeof value === 'string' ? value : JSON.stringify(value))}`);
    }
    print(colors.dim('  --json shows its headers and body.'));
  },
});

export const replay = answers({
  operation: 'delivery.replay',
  examples: [
    'signalbox delivery replay delivery:home:0f3a…',
    'signalbox delivery replay delivery:home:0f3a… --task ET-3        # where two were meant',
  ],
  show: delivery => print(`${delivery.outcome}: ${didOf(delivery)}`),
});

const didOf = ({ events, reason }: Delivery) =>
  harmless(
    events.length === 0
      ? (reason ?? '')
      : events.map(({ actor, type, outcome }) => `${type} → ${actor} (${outcome})`).join(', '),
  );
