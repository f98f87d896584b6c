/** What is told of trackers and chats, and what it is held against. */
import { measureNotices } from './notices.ts';
import { measureReconciling, type Reconciling } from './reconciling.ts';
import { type Row, short } from './statistics.ts';
import { measureTracker, planes } from './tracker.ts';

export const trackerMeasurements: Record<string, () => Promise<Row[]>> = {
  async tracker() {
    const rows: Row[] = [];
    for (const plane of planes()) {
      const { plane: name, losesComments, median, worst, rounds } = await measureTracker(plane);
      const barMs = losesComments ? 35_000 : 1_000;
      rows.push({
        what: `\`:approved:\` stored by ${name} → the next agent's process at work${losesComments ? ', its webhook lost' : ''}, median`,
        measured: `${short(median)} ms, worst of ${rounds} ${short(worst)} ms`,
        bar: `≤ ${short(barMs / 1_000)} s, also the worst`,
        isMet: worst <= barMs,
      });
    }
    return rows;
  },
  async reconcile() {
    const rows: Row[] = [];
    for (const amounts of reconciled) rows.push(reconcileRow(await measureReconciling({ open: 1_000, ...amounts })));
    return rows;
  },
  async notices() {
    const told = await measureNotices(10_000);
    const { notices, tries, received, lost, doubled, unmarked, restarts } = told;
    const lane = ({ median, p99, perSecond }: typeof told.with) =>
      `${short(median)} ms (p99 ${short(p99)} ms) and ${short(perSecond)} a second`;
    return [
      {
        what: `${short(notices)} notices for a chat that is away for an hour, killed ${restarts} times while they are delivered`,
        measured: `${short(received)} received: ${lost} lost, ${doubled} doubled, ${unmarked} of them without the mark of the first; ${tries} tries while it was away`,
        bar: 'none lost, none doubled unmarked',
        isMet: lost === 0 && unmarked === 0,
      },
      {
        what: 'an action of another lane, send → its answer committed, one at a time and 50 at once, while they wait against none that wait',
        measured: `${lane(told.with)} against ${lane(told.without)}: ${short(told.latency)} and ${short(told.throughput)}`,
        bar: 'no slower: ≤ 1.1 and ≥ 0.9',
        isMet: told.latency <= 1.1 && told.throughput >= 0.9,
      },
    ];
  },
};

/** What nobody has noticed while nobody was there: a little, everything, and a little while many wait for a person. */
const reconciled = [
  { changed: 50, asking: 0 },
  { changed: 1_000, asking: 0 },
  { changed: 50, asking: 100 },
];

const minutes = (ms: number) => (ms === Number.POSITIVE_INFINITY ? 'never' : `${short(ms / 60_000)} min`);

function reconcileRow(it: Reconciling): Row {
  const { open, changed, asking, busiest, refused, all, longest, heard, isNewestFirst } = it;
  const meanwhile = asking === 0 ? '' : `, while ${asking} wait for a person`;
  return {
    what: `a start with ${open.toLocaleString('en-US')} open tasks at 60 requests a minute, ${changed.toLocaleString('en-US')} with something new${meanwhile}`,
    measured: `at most ${busiest} requests in a minute, ${refused} refused; all looked at after ${minutes(all)} (longest wait in 90 min ${minutes(longest)}), ${isNewestFirst ? '' : 'not '}the newest change first; what was new read after ${minutes(heard)}`,
    bar: 'none refused, each at least once in 20 min, newest first',
    isMet: refused === 0 && busiest <= 60 && Math.max(all, longest) <= 20 * 60_000 && isNewestFirst,
  };
}
