/** What it takes to keep up with a thousand items of a tracker that lets itself be asked sixty times a minute. */
import { startFakePlane } from '../src/testing/trackers/plane.ts';
import { createMovingClock } from './moving-clock.ts';
import { inDirectory } from './processes.ts';
import { type Look, type TrackerApp, workAtTracker } from './tracker-tasks.ts';

const perMinute = 60;
const minuteMs = 60_000;

export interface Amounts {
  open: number;
  /** Items under which somebody has said something while nobody was there. */
  changed: number;
  /** Tasks that ask a person meanwhile. */
  asking: number;
}

export interface Reconciling extends Amounts {
  /** The most requests in any 60 seconds, as the tracker has counted them, and those that it has refused. */
  busiest: number;
  refused: number;
  requests: number;
  /** Milliseconds from the start to the moment at which every task had been looked at. */
  all: number;
  /** And every word that had been said was heard. */
  heard: number;
  /** The longest that a task was not looked at in the hour and a half after the start. */
  longest: number;
  /** Whether of those looked at first the one that had changed last came first. */
  isNewestFirst: boolean;
}

/** A start after a while in which nobody was there and no delivery came, and an hour and a half from there on. */
export async function measureReconciling({ open, changed, asking }: Amounts): Promise<Reconciling> {
  return inDirectory(async directory => {
    const clock = createMovingClock();
    const plane = await startFakePlane({ people: { maria: 20, signalbox: 15 }, perMinute: null, now: clock.now });
    const project = plane.createProject({ name: 'Shop', identifier: 'ET', labels: ['agent'] });
    const place = { directory, plane, project, clock };
    const items = Array.from({ length: open }, (_, index) =>
      plane.createItem('ET', { title: `Item ${index}`, html: '<p>It does not work.</p>', labels: ['agent'] }),
    );
    try {
      await begin(await workAtTracker(place, 10_000, () => {}), { items, asking, clock });
      for (const [index, { key }] of items.slice(0, changed).entries()) {
        // In an order that is neither that in which they were made nor its reverse.
        await clock.pass(clock.now() + 100);
        plane.comment(items[(index * 7) % changed]?.key ?? key, '<p>I have seen it too.</p>', 'maria');
      }
      await clock.pass(clock.now() + 10 * minuteMs);

      plane.limit({ perMinute });
      const before = plane.requests.length;
      const looks: Look[] = [];
      const began = clock.now();
      const app = await workAtTracker(place, perMinute, look => void looks.push(look));
      await clock.pass(began + 90 * minuteMs);
      await app.close();
      const requests = plane.requests.slice(before);
      const first = firstOf(looks, 'item');
      const said = firstOf(looks, 'said');
      const changedIds = new Set(items.slice(0, changed).map(({ id }) => id));
      const heard = said.filter(({ id }) => changedIds.has(id));
      return {
        ...{ open, changed, asking },
        busiest: busiest(requests.filter(({ status }) => status !== 429).map(({ at }) => at)),
        refused: requests.filter(({ status }) => status === 429).length,
        requests: requests.length,
        all: first.length < open ? Number.POSITIVE_INFINITY : first.at(-1)!.at - began,
        heard: heard.length < changed ? Number.POSITIVE_INFINITY : (heard.at(-1)?.at ?? began) - began,
        longest: longestGap(looks, { began, ended: clock.now(), ids: items.map(({ id }) => id) }),
        isNewestFirst: isFalling(first.map(({ updatedAt }) => updatedAt)),
      };
    } finally {
      await plane.close();
    }
  });
}

/** Tasks of all items, as they are when all that was said was heard. */
async function begin(
  app: TrackerApp,
  {
    items,
    asking,
    clock,
  }: { items: { id: string; key: string }[]; asking: number; clock: ReturnType<typeof createMovingClock> },
): Promise<void> {
  for (const [index, item] of items.entries())
    await app.addTask(item, { asks: asking > 0 && index % Math.floor(items.length / asking) === 0 });
  await clock.pass(clock.now() + 5 * minuteMs);
  const asked = (await app.runtime.counts('task')).find(({ tag }) => tag === 'person')?.living ?? 0;
  if (asked !== asking) throw new Error(`${asked} tasks ask somebody`);
  await app.close();
}

/** The first look at each, in the order in which they came. */
function firstOf(looks: readonly Look[], what: Look['what']): Look[] {
  const first = new Map<string, Look>();
  for (const look of looks) if (look.what === what && !first.has(look.id)) first.set(look.id, look);
  return [...first.values()];
}

function longestGap(
  looks: readonly Look[],
  { began, ended, ids }: { began: number; ended: number; ids: readonly string[] },
): number {
  const last = new Map(ids.map(id => [id, began]));
  let longest = 0;
  const see = (id: string, at: number) => {
    longest = Math.max(longest, at - (last.get(id) ?? at));
    last.set(id, at);
  };
  for (const { id, at, what } of looks) if (what === 'item') see(id, at);
  for (const id of ids) see(id, ended);
  return longest;
}

function busiest(times: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last += 1) {
    while (times[last]! - times[first]! >= minuteMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

const isFalling = (values: readonly number[]) =>
  values.every((value, index) => index === 0 || value <= values[index - 1]!);
