/** What is told of trackers and chats, and what it is held against. */
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
};
