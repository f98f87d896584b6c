/** What is told of deliveries, and what it is held against. */
import { megabytes, type Row, short } from './statistics.ts';
import { type Burst, measureBurst } from './webhook-burst.ts';
import { measureDeliveries, measureOneByOne, measureRouting } from './webhooks.ts';

/** Gitea waits no longer for an answer. */
const patienceMs = 5_000;

export const webhookMeasurements: Record<string, () => Promise<Row[]>> = {
  async delivery() {
    return (await measureOneByOne()).map(({ what, median, p99, bare, ratio }) => ({
      what: `one webhook at a time (${what}), sent → answered with everything durable, median`,
      measured: `${short(median)} ms (p99 ${short(p99)} ms) against ${short(bare)} ms of a bare single-row commit: ${short(ratio)}`,
      bar: '≤ 2 ms, p99 ≤ 10 ms, ≤ 3 ×',
      isMet: median <= 2 && p99 <= 10 && ratio <= 3,
    }));
  },
  async deliveries() {
    const { bare, storing, ratio, bareBusy, storingBusy } = await measureDeliveries();
    return [
      {
        what: 'webhooks per second, durable, 50 connections',
        measured: `${short(storing)} against ${short(bare)} of the same route that checks the signature and stores nothing: ${short(ratio)}; ${short(storingBusy)} against ${short(bareBusy)} µs of processor each`,
        bar: '≥ 0.4',
        isMet: ratio >= 0.4,
      },
    ];
  },
  async burst() {
    const bursts = await measureBurst(500);
    return bursts.map((burst, index) => burstRow(burst, index === 0 ? 'on new connections' : 'and again'));
  },
  async routing() {
    const all = await measureRouting(1_000_000, 10_000);
    const last = all.length;
    return all.map(({ what, few, many, ratio }, index) => ({
      what: `${what}, with 1,000,000 finished and 10,000 open tasks against 100`,
      measured: `${short(many)} µs against ${short(few)} µs: ${short(ratio)}`,
      // Of ten thousand tasks nine in ten are not in the cache.
      bar: index + 1 < last ? '≤ 1.2' : 'none: nine in ten are not in the cache',
      isMet: index + 1 === last || ratio <= 1.2,
    }));
  },
};

function burstRow({ sent, connections, whole, slowest, late, p50, lost, rss, heap }: Burst, how: string): Row {
  const memory = [rss.before, rss.most, rss.after].map(megabytes).join(' → ');
  return {
    what: `${short(sent)} webhooks at once on ${connections} connections (${how}), 20 % of them twice, 5 % broken`,
    measured: `${lost} lost, ${late} answered after more than 5 s (slowest ${short(slowest)} ms, median ${short(p50)} ms), all within ${short(whole)} ms; RSS before, at most and after ${memory} MB, heap ${megabytes(heap.before)} → ${megabytes(heap.after)} MB`,
    bar: 'none lost, none after 5 s, memory flat',
    isMet: lost === 0 && slowest <= patienceMs && heap.after <= 1.2 * heap.before,
  };
}
