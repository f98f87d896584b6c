/** What goes when it ended long ago, what stays, and what nobody may notice of it. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import type { ActorWrite, Commit, EndedPlace, PruneQuery, Store } from '../../src/persistence/store.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { closedAtTheEnd, places } from './places.ts';
import { actorWrite, at, commitOf, inboxRow, jobRow, logEntry, outboxRow, timerRow } from './rows.ts';

const everything = { after: 0, limit: 1_000 };
const ended: Partial<ActorWrite> = { status: 'done', state: 'done', tags: ['done'] };
const long = { kind: 'task', endedBefore: at + 1_000, limit: 100, entries: 1_000 } satisfies PruneQuery;

/** A task that has ended, with a run of it below; both have two lines in their logs. */
function endedTask(id: string, when = at, more: Partial<Commit> = {}): Commit {
  const run = { id: `${id}.review.2`, kind: 'agentRun', definition: 'hash-2', parentId: id, childId: 'review' };
  const lines = [id, run.id].map(actorId => logEntry({ actorId, seq: 1, dedupeKey: `key of ${actorId}` }));
  return commitOf({
    at: when,
    definitions: [
      { hash: 'hash-1', kind: 'task', definition: 1 },
      { hash: 'hash-2', kind: 'agentRun', definition: 2 },
    ],
    actors: [actorWrite({ id, ...ended, version: 2 }), actorWrite({ ...run, ...ended, tags: [], version: 2 })],
    ...more,
    log: [...lines, ...(more.log ?? [])],
  });
}

/** Everything that can be read, as far as it concerns some actors. */
async function readAll(store: Store, ids: string[]) {
  const each = <T>(read: (id: string) => T) => Promise.all(ids.map(read));
  return {
    actors: await each(id => store.actor(id)),
    logs: await each(id => store.log(id, everything)),
    keys: await each(id => store.hasKey(id, `key of ${id}`)),
    timers: await each(id => store.timers(id)),
    jobs: await each(id => store.jobs(id)),
    outbox: await each(id => store.outbox(id)),
    counts: [await store.counts('task'), await store.counts('agentRun')],
    list: await store.list({ kind: 'task', limit: 100 }),
    definitions: [await store.definition('hash-1'), await store.definition('hash-2')],
  };
}

describe.each(places)('a store in $name', ({ find }) => {
  const openStore = () => find().open();

  test('an ended root goes with all that is below it and all that belongs to them', async () => {
    const store = openStore();
    const rows = { timersSet: [timerRow({ actorId: 'a' })], jobsOpened: [jobRow({ actorId: 'a.review.2' })] };
    const delivered = { key: 'a:1', state: 'delivered', attempts: 1, notBefore: 0, error: null } as const;
    await store.commit(endedTask('a', at, { ...rows, outbox: [outboxRow({ key: 'a:1', actorId: 'a' })] }));
    await store.commit(commitOf({ outboxUpdates: [delivered] }));
    const pruned = await store.prune(long);
    expect(pruned).toEqual({
      ...{ roots: ['a'], actors: ['a', 'a.review.2'], kept: [], next: null },
      ...{ logEntries: 4, outbox: 1, definitions: 2 },
    });
    expect(await readAll(store, ['a', 'a.review.2'])).toEqual({
      actors: [undefined, undefined],
      logs: [[], []],
      keys: [false, false],
      timers: [[], []],
      jobs: [[], []],
      outbox: [[], []],
      counts: [[], []],
      list: [],
      definitions: [undefined, undefined],
    });
    expect(await store.nextTimer()).toBeUndefined();
    expect(await store.openJobs(everything)).toEqual([]);
    expect(await store.logSince(0, 100)).toEqual([]);
    expect(await store.integrity()).toEqual([]);
  });

  test('nothing else goes, and lists and counts stay exact', async () => {
    const store = openStore();
    for (const id of ['a', 'b']) await store.commit(endedTask(id));
    await store.commit(endedTask('later', at + 1_000));
    await store.commit(
      commitOf({ actors: [actorWrite({ id: 'lives' }), actorWrite({ id: 'w', kind: 'worker', ...ended })] }),
    );
    const kept = ['later', 'later.review.2', 'lives', 'w'];
    const before = await readAll(store, kept);
    expect((await store.prune(long)).roots).toEqual(['a', 'b']);
    const after = await readAll(store, kept);
    expect(after).toEqual({
      ...before,
      counts: [
        [
          { tag: '', living: 1, ended: 1 },
          { tag: 'done', living: 0, ended: 1 },
        ],
        [{ tag: '', living: 0, ended: 1 }],
      ],
      list: before.list.filter(({ id }) => kept.includes(id)),
    });
    expect(after.list.map(({ id }) => id)).toEqual(['lives', 'later']);
  });

  test.each([
    ['living', 'a run of it lives', { actors: [actorWrite({ id: 'a.x.1', parentId: 'a' })] }],
    ['deadLetter', 'an event waits for a person', { inbox: [inboxRow({ actorId: 'a.review.2', parked: true })] }],
    ['deadLetter', 'an action waits for a person', { outbox: [outboxRow({ key: 'dead', actorId: 'a' })] }],
    ['underWay', 'an event is still to be taken', { inbox: [inboxRow({ actorId: 'a' })] }],
    ['underWay', 'an action is still to be carried out', { outbox: [outboxRow({ actorId: 'a.review.2' })] }],
  ] as const)('a root stays, and it is said why: %s, %s', async (why, _, more) => {
    const store = openStore();
    await store.commit(endedTask('a'));
    await store.commit(commitOf(more as never));
    const dead = { key: 'dead', state: 'dead', attempts: 5, notBefore: 0, error: 'no' } as const;
    await store.commit(commitOf({ outboxUpdates: [dead] }));
    const before = await readAll(store, ['a', 'a.review.2', 'a.x.1']);
    expect(await store.prune(long)).toMatchObject({
      roots: [],
      actors: [],
      logEntries: 0,
      kept: [{ id: 'a', why }],
      next: null,
    });
    expect(await readAll(store, ['a', 'a.review.2', 'a.x.1'])).toEqual(before);
    expect(await store.isGone('task', 'a')).toBe(false);
  });

  test('a bite looks at no more roots than it may, those that ended first come first, and what stays is passed by', async () => {
    const store = openStore();
    for (const [index, id] of ['e', 'd', 'c', 'b', 'a'].entries()) await store.commit(endedTask(id, at + index));
    await store.commit(commitOf({ inbox: [inboxRow({ actorId: 'd', parked: true })] }));
    const bites = [];
    for (let after: EndedPlace | null | undefined; after !== null; after = bites.at(-1)!.next) {
      bites.push(await store.prune({ ...long, limit: 2, ...(after && { after }) }));
    }
    const looked = bites.map(({ roots, kept }) => [...roots, ...kept.map(({ id }) => `${id} stays`)]);
    expect(looked).toEqual([['e', 'd stays'], ['c', 'b'], ['a']]);
  });

  test('a bite ends with the tree after which enough has gone', async () => {
    const store = openStore();
    for (const id of ['a', 'b', 'c']) await store.commit(endedTask(id));
    const first = await store.prune({ ...long, entries: 5 });
    expect(first).toMatchObject({ roots: ['a', 'b'], logEntries: 8, next: { updatedAt: at, id: 'b' } });
    expect(await store.prune({ ...long, entries: 5, after: first.next! })).toMatchObject({ roots: ['c'], next: null });
  });

  test('a dry run answers what would go and changes nothing', async () => {
    const store = openStore();
    for (const id of ['a', 'b']) await store.commit(endedTask(id));
    const before = await readAll(store, ['a', 'b', 'a.review.2']);
    const told = await store.prune({ ...long, isDryRun: true });
    expect(told).toMatchObject({ roots: ['a', 'b'], actors: expect.arrayContaining(['a.review.2']), logEntries: 8 });
    expect(await readAll(store, ['a', 'b', 'a.review.2'])).toEqual(before);
    expect(await store.gone('task')).toBe(0);
    expect(await store.prune(long)).toEqual(told);
  });

  test('positions go on growing, also in the next process: a reader goes on over the gap and misses nothing', async () => {
    const place = find();
    const first = place.open();
    await first.commit(commitOf({ actors: [actorWrite({ id: 'lives' })] }));
    await first.commit(endedTask('a'));
    const seen = (await first.logSince(0, 2)).at(-1)!.position;
    const end = await first.lastPosition();
    await first.prune(long);
    expect(await first.lastPosition()).toBe(end);
    await first.close();
    const second = place.open();
    expect(await second.lastPosition()).toBe(end);
    const { log } = await second.commit(
      commitOf({ actors: [actorWrite({ id: 'lives', baseVersion: 1, version: 2 })] }),
    );
    expect(log[0]).toBeGreaterThan(end);
    expect(await second.logSince(seen, 100)).toMatchObject([{ actorId: 'lives', position: log[0] }]);
    expect(await second.log('lives', everything)).toMatchObject([{ seq: 1 }, { seq: 2 }]);
  });

  test('I13: what is gone is known by its id, and counted', async () => {
    const place = find();
    const first = place.open();
    await first.commit(endedTask('a'));
    await first.prune(long);
    await first.close();
    const second = place.open();
    expect([await second.isGone('task', 'a'), await second.isGone('task', 'b')]).toEqual([true, false]);
    expect([await second.gone('task'), await second.gone('agentRun')]).toEqual([1, 0]);
  });

  test('I11: a definition stays while somebody lives by it, or began by it and was migrated', async () => {
    const store = openStore();
    await store.commit(endedTask('a'));
    await store.commit(commitOf({ actors: [actorWrite({ id: 'lives' })] }));
    expect(await store.prune(long)).toMatchObject({ definitions: 1 });
    expect([await store.definition('hash-1'), await store.definition('hash-2')]).toEqual([
      expect.anything(),
      undefined,
    ]);
    const definitions = [{ hash: 'hash-3', kind: 'task', definition: 3 }];
    const moved = actorWrite({ id: 'lives', baseVersion: 1, version: 2, definition: 'hash-3' });
    await store.commit(commitOf({ definitions, actors: [moved] }));
    await store.commit(endedTask('b'));
    await store.prune(long);
    expect(await store.definition('hash-1')).toBeDefined();
  });

  test('I9: a process that was taken over removes nothing', async () => {
    const place = find();
    const first = place.open();
    await first.commit(endedTask('a'));
    const second = place.open();
    await expect(async () => first.prune(long)).rejects.toMatchObject({ reason: 'takenOver' });
    expect(await second.actor('a')).toBeDefined();
  });
});

test('no step of a bite walks through a table', async () => {
  const file = join(temporaryDirectory(), 'plan.db');
  const statements: string[] = [];
  const store = closedAtTheEnd(openSqliteStore({ file, trace: sql => statements.push(sql) }));
  await store.commit(endedTask('a'));
  statements.length = 0;
  await store.prune(long);
  const db = new Database(file, { readonly: true });
  const planned = statements.filter(sql => !/^\s*(BEGIN|COMMIT)/.test(sql));
  const steps = planned.flatMap(sql => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]);
  db.close();
  expect(planned.filter(sql => /DELETE FROM (log|actors|definitions)/.test(sql)).length).toBeGreaterThan(4);
  // What is walked through was gathered on the way: the tree, the chain of a log. Two tables have one row.
  const walks = steps.filter(({ detail }) => /^SCAN/.test(detail)).map(({ detail }) => detail);
  expect(walks.filter(walk => !/^SCAN (tree|chain|owner|log_end|CONSTANT ROW)/.test(walk))).toEqual([]);
});

test('what has ended is read out of an index, in its order', async () => {
  const file = join(temporaryDirectory(), 'plan.db');
  const statements: string[] = [];
  const store = closedAtTheEnd(openSqliteStore({ file, trace: sql => statements.push(sql) }));
  statements.length = 0;
  await store.ended({ kind: 'task', since: 1, after: { updatedAt: 9, id: 'a' }, limit: 10 });
  const db = new Database(file, { readonly: true });
  const steps = statements.flatMap(sql => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]);
  db.close();
  expect(steps.map(({ detail }) => detail)).toEqual([expect.stringMatching(/^SEARCH actors USING INDEX actors_ended/)]);
});
