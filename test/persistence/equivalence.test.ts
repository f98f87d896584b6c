/** The store in memory is the plain-language reading of the one in SQLite: whatever is committed, both read the same. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SignalboxError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/domain/json.ts';
import type {
  ActorRow,
  Commit,
  Committed,
  EndedPlace,
  ListQuery,
  OutboxState,
  Outcome,
  PruneQuery,
  Store,
} from '../../src/persistence/store.ts';
import { places } from './places.ts';
import { actorWrite, at, commitOf, inboxRow, jobRow, logEntry, outboxRow, timerRow } from './rows.ts';

// The last two are sent nothing and have no actions, so that nothing keeps them when they have ended.
const actorIds = ['a', 'b', 'c', 'd', 'q', 'r'];
const states = ['created', 'review', 'review.gating', 'reviewed'];
const keys = ['k1', 'k2', 'k3', 'k4'];
const tags = ['person', 'stage:review', 'urgent'];
const timerIds = ['t1', 't2'];
const runs = 25;
const commitsPerRun = 40;

/** A value as it comes back from JSON text: no negative zero. */
const json = (maxDepth: number) => fc.jsonValue({ maxDepth }).map(value => JSON.parse(JSON.stringify(value)) as Json);
const actorId = fc.constantFrom(...actorIds);
const busyId = fc.constantFrom(...actorIds.slice(0, 4));
const change = fc.record({
  id: actorId,
  isStale: fc.integer({ min: 0, max: 19 }).map(n => n === 0),
  keepsSnapshot: fc.boolean(),
  state: fc.constantFrom(...states),
  tags: fc.subarray(tags),
  hasEnded: fc.integer({ min: 0, max: 4 }).map(n => n === 0),
  outcome: fc.constantFrom<Outcome>('applied', 'ignored', 'rejected'),
  dedupeKey: fc.option(fc.constantFrom(...keys)),
});
const step = fc.record({
  changes: fc.uniqueArray(change, { selector: ({ id }) => id, maxLength: 3 }),
  timers: fc.uniqueArray(fc.record({ id: actorId, timerId: fc.constantFrom(...timerIds), due: fc.nat(6) }), {
    selector: ({ id, timerId }) => `${id} ${timerId}`,
    maxLength: 3,
  }),
  clears: fc.array(fc.record({ actorId, timerId: fc.constantFrom(...timerIds) }), { maxLength: 1 }),
  jobs: fc.array(fc.record({ id: actorId, input: json(2) }), { maxLength: 2 }),
  closes: fc.array(fc.nat(50), { maxLength: 2 }),
  outbox: fc.array(fc.record({ id: busyId, params: json(1) }), { maxLength: 2 }),
  updates: fc.array(fc.record({ at: fc.nat(50), state: fc.constantFrom<OutboxState>('open', 'delivered', 'dead') }), {
    maxLength: 2,
  }),
  inbox: fc.array(fc.record({ id: busyId, parked: fc.boolean(), text: fc.string({ unit: 'grapheme' }) }), {
    maxLength: 3,
  }),
  takes: fc.array(fc.nat(50), { maxLength: 2 }),
  prune: fc.option(
    fc.record({
      age: fc.nat(3),
      limit: fc.integer({ min: 1, max: 3 }),
      entries: fc.integer({ min: 1, max: 12 }),
      isDryRun: fc.integer({ min: 0, max: 3 }).map(n => n === 0),
    }),
    { freq: 2 },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Remembers what has been committed, so that the next step fits it; positions are counted from the first row of all. */
function createScript() {
  const actors = new Map<
    string,
    { version: number; state: string; status: 'active' | 'done'; tags: string[]; createdAt: number }
  >();
  const taken = new Set<string>();
  const outboxKeys: string[] = [];
  const jobRefs: string[] = [];
  let inboxRows = 0;
  let count = 0;
  return {
    /** What is to be removed after this step. */
    prune({ age, ...query }: NonNullable<Step['prune']>): PruneQuery {
      return { kind: 'task', endedBefore: at + count + 1 - age, ...query };
    },
    /** These are not there any more; their ids are free as far as a store knows. */
    forget(ids: readonly string[]): void {
      for (const id of ids) {
        actors.delete(id);
        for (const key of keys) taken.delete(`${id} ${key}`);
      }
    },
    /** The commit for this step, and what it was: inbox rows are named by their number, each store has its own positions. */
    write(step: Step): { commit: Omit<Commit, 'inboxTaken'>; takes: number[]; isStale: boolean } {
      count += 1;
      const isStale = step.changes.some(({ isStale }) => isStale);
      const known = (id: string) => actors.has(id) || step.changes.some(change => change.id === id);
      const newlyTaken: string[] = [];
      const rows = step.changes.map(change => {
        const before = actors.get(change.id);
        const version = before?.version ?? 0;
        const isKept = before !== undefined && change.keepsSnapshot;
        const state = isKept ? before.state : change.state;
        const own = isKept ? before.tags : change.tags;
        const createdAt = before?.createdAt ?? at + count;
        const status = isKept ? before.status : change.hasEnded ? ('done' as const) : ('active' as const);
        const key = change.dedupeKey === null ? undefined : `${change.id} ${change.dedupeKey}`;
        const outcome = key !== undefined && taken.has(key) ? 'duplicate' : change.outcome;
        if (key !== undefined && (outcome === 'applied' || outcome === 'ignored')) newlyTaken.push(key);
        return {
          ...change,
          next: { version: version + 1, state, status, tags: own, createdAt },
          actor: actorWrite({
            id: change.id,
            baseVersion: change.isStale ? version + 1 : version,
            version: version + 1,
            state,
            status,
            tags: own,
            createdAt,
            listedBefore: before === undefined || isKept ? null : { tags: before.tags, status: before.status },
            isOnlyMoved: before?.status === status,
            snapshot: isKept ? null : JSON.stringify({ value: state, count }),
          }),
          log: logEntry({
            actorId: change.id,
            seq: version + 1,
            at: at + count,
            dedupeKey: change.dedupeKey,
            outcome,
            from: before?.state ?? '',
            to: state,
          }),
        };
      });
      const jobs = step.jobs.filter(({ id }) => known(id));
      const outbox = step.outbox.filter(({ id }) => known(id));
      const commit = commitOf({
        at: at + count,
        actors: rows.map(row => row.actor),
        log: rows.map(row => row.log),
        // Two of them are called the same now and then.
        linked: rows
          .filter((_, index) => index % 2 === 0)
          .map(({ id, next: { status, state } }) => ({
            actorId: id,
            links: state === 'review' ? [] : [`branch of ${id}`, `branch of ${actorIds[0]}`],
            isLiving: status === 'active',
          })),
        ended: rows.filter(row => row.next.status === 'done').map(row => row.id),
        timersSet: step.timers
          .filter(({ id }) => known(id))
          .map(({ id, timerId, due }) => timerRow({ actorId: id, timerId, due })),
        timersCleared: step.clears,
        jobsOpened: jobs.map(({ id, input }, index) => jobRow({ actorId: id, ref: `job-${count}-${index}`, input })),
        jobsClosed: step.closes.flatMap(index => jobRefs[index] ?? []),
        outbox: outbox.map(({ id, params }, index) =>
          outboxRow({ actorId: id, key: `out-${count}-${index}`, params, lane: index % 2 === 1 ? 'forge' : null }),
        ),
        outboxUpdates: step.updates.flatMap(({ at: index, state }) => {
          const key = outboxKeys[index];
          return key === undefined ? [] : [{ key, state, attempts: count, notBefore: count, error: state }];
        }),
        inbox: step.inbox.map(({ id, parked, text }) =>
          inboxRow({ actorId: id, parked, event: { type: 'note', text } }),
        ),
      });
      if (!isStale) {
        for (const row of rows) actors.set(row.id, row.next);
        for (const key of newlyTaken) taken.add(key);
        jobRefs.push(...commit.jobsOpened.map(job => job.ref));
        outboxKeys.push(...commit.outbox.map(row => row.key));
      }
      const takes = step.takes.filter(number => number < inboxRows);
      if (!isStale) inboxRows += commit.inbox.length;
      return { commit, takes, isStale };
    },
  };
}

/** A store with the positions that it gave to its inbox rows, in the order in which they came. */
function createPlayer(store: Store) {
  const positions: number[] = [];
  return {
    store,
    async commit(commit: Omit<Commit, 'inboxTaken'>, takes: number[]): Promise<string> {
      try {
        const inboxTaken = takes.map(number => positions[number]!);
        const committed: Committed = await store.commit({ ...commit, inboxTaken });
        positions.push(...committed.inbox);
        return 'stored';
      } catch (error) {
        return error instanceof SignalboxError ? error.code : String(error);
      }
    },
  };
}

/** All bites of what may go, and the ids that went. */
async function inBites(store: Store, query: PruneQuery) {
  const bites = [];
  for (let after: EndedPlace | null | undefined; after !== null; after = bites.at(-1)!.next) {
    bites.push(await store.prune({ ...query, ...(after && { after }) }));
  }
  return { bites, gone: query.isDryRun ? [] : bites.flatMap(({ actors }) => actors) };
}

const withoutPosition = <T extends { position: number }>(rows: T[]) => rows.map(({ position: _, ...row }) => row);

/** All rows in pages of two, as a recovery reads them. */
async function inPages<T extends { position: number }>(
  page: (range: { after: number; limit: number }) => Promise<T[]> | T[],
) {
  const rows: T[] = [];
  for (;;) {
    const next = await page({ after: rows.at(-1)?.position ?? 0, limit: 2 });
    if (next.length === 0) return withoutPosition(rows);
    rows.push(...next);
  }
}

/** A whole list in pages of two. */
async function inListPages(store: Store, query: Omit<ListQuery, 'kind' | 'limit' | 'after'>): Promise<ActorRow[]> {
  const rows: ActorRow[] = [];
  for (;;) {
    const last = rows.at(-1);
    const after = last && { isLiving: last.status === 'active', createdAt: last.createdAt, id: last.id };
    const page = await store.list({ ...query, kind: 'task', limit: 2, ...(after && { after }) });
    if (page.length === 0) return rows;
    rows.push(...page);
  }
}

/** What has ended, in pages of two. */
async function endedInPages(store: Store, since: number): Promise<ActorRow[]> {
  const rows: ActorRow[] = [];
  for (;;) {
    const after = rows.at(-1);
    const page = await store.ended({ kind: 'task', since, limit: 2, ...(after && { after }) });
    if (page.length === 0) return rows;
    rows.push(...page);
  }
}

async function readAll(store: Store) {
  const dead = await store.deadLetters(1_000);
  const each = <T>(read: (id: string) => T) => Promise.all(actorIds.map(read));
  return {
    actors: await each(id => store.actor(id)),
    page: await store.actors({ after: 'a', limit: 2 }),
    active: await store.actors({ kind: 'task', status: 'active', limit: 10 }),
    done: await store.actors({ status: 'done', limit: 10 }),
    below: await Promise.all(states.map(state => store.actors({ state, limit: 10 }))),
    counts: await store.counts('task'),
    gone: await store.gone('task'),
    areGone: await each(id => store.isGone('task', id)),
    definition: await store.definition('hash-1'),
    list: await inListPages(store, {}),
    waiting: await inListPages(store, { tags: ['urgent', 'person'] }),
    ended: await inListPages(store, { status: 'ended', state: 'review' }),
    neighbours: await each(id => store.neighbours('task', id, 3)),
    endedSince: await Promise.all([0, 3, 20].map(age => endedInPages(store, at + age))),
    since: withoutPosition(await store.logSince(0, 1_000)),
    logs: await each(async id => withoutPosition(await store.log(id, { after: 1, limit: 10 }))),
    keys: await each(id => Promise.all(keys.map(key => store.hasKey(id, key)))),
    next: await store.nextTimer(),
    due: await store.dueTimers(3, 5),
    timers: await each(id => store.timers(id)),
    jobs: await inPages(range => store.openJobs(range)),
    jobsOf: await each(async id => withoutPosition(await store.jobs(id))),
    open: await inPages(range => store.openOutbox({ lane: null, ...range })),
    inLane: await inPages(range => store.openOutbox({ lane: 'forge', ...range })),
    lanes: await store.lanes(),
    linked: await each(id => store.linked(`branch of ${id}`, 10)),
    outboxOf: await each(async id => withoutPosition(await store.outbox(id))),
    inbox: await inPages(range => store.pendingInbox(range)),
    dead: { events: withoutPosition(dead.events), outbox: withoutPosition(dead.outbox) },
  };
}

test(`${runs * commitsPerRun} random commits read the same from memory and from SQLite`, async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed}; repeat with SEED=${seed}`);
  const history = fc.array(step, { minLength: commitsPerRun, maxLength: commitsPerRun });
  let removed = 0;
  await fc.assert(
    fc.asyncProperty(history, async steps => {
      const script = createScript();
      const [memory, sqlite] = places.map(place => createPlayer(place.find().open()));
      for (const [index, step] of steps.entries()) {
        const { commit, takes, isStale } = script.write(step);
        const results = [await memory!.commit(commit, takes), await sqlite!.commit(commit, takes)];
        expect(results).toEqual(isStale ? ['conflict', 'conflict'] : ['stored', 'stored']);
        if (step.prune !== null) {
          const query = script.prune(step.prune);
          const { bites, gone } = await inBites(sqlite!.store, query);
          expect(bites).toEqual((await inBites(memory!.store, query)).bites);
          script.forget(gone);
          removed += gone.length;
        }
        if (index % 8 === 7) expect(await readAll(sqlite!.store)).toEqual(await readAll(memory!.store));
      }
      expect(await sqlite!.store.integrity()).toEqual([]);
      await sqlite!.store.close();
    }),
    { seed, numRuns: runs, interruptAfterTimeLimit: 50_000 },
  );
  expect(removed).toBeGreaterThan(15);
}, 60_000);
