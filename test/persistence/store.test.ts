/** What every store promises, whatever it is kept in. */
import { describe, expect, test } from 'vitest';
import { SignalboxError } from '../../src/domain/errors.ts';
import type { ActorWrite, Commit, ListQuery, Store } from '../../src/persistence/store.ts';
import { places } from './places.ts';
import { actorWrite, at, commitOf, inboxRow, jobRow, logEntry, outboxRow, timerRow } from './rows.ts';

/** The code with which the store refuses a commit; undefined when it takes it, `unexpected` for an error without a code. */
async function refusal(store: Store, commit: Commit): Promise<string | undefined> {
  try {
    await store.commit(commit);
    return undefined;
  } catch (error) {
    return error instanceof SignalboxError ? error.code : 'unexpected';
  }
}

const everything = { after: 0, limit: 100 };

/** All that can be read of the actor `task-1` and its rows. */
async function readAll(store: Store) {
  return {
    actor: await store.actor('task-1'),
    definition: await store.definition('hash-2'),
    log: await store.log('task-1', everything),
    timers: await store.timers('task-1'),
    jobs: await store.openJobs(everything),
    outbox: await store.openOutbox({ ...everything, lane: null }),
    inbox: await store.pendingInbox(everything),
    dead: await store.deadLetters(100),
  };
}

describe.each(places)('a store in $name', ({ find }) => {
  const openStore = () => find().open();

  test('gives back every kind of row as it was committed', async () => {
    const store = openStore();
    const definition = { hash: 'hash-2', kind: 'task', definition: { stages: [{ name: 'review', limit: null }] } };
    const log = logEntry({
      event: { type: 'task.create', nested: { list: [1, 'two', null, true] } },
      dedupeKey: 'key-1',
    });
    const timer = timerRow({ target: 'task-2', event: { type: 'late', by: 5 } });
    const job = jobRow({ input: { deep: [{ a: 1 }] } });
    const outbox = outboxRow({ params: ['x', { y: null }], target: 'job-1' });
    const pending = inboxRow({ dedupeKey: 'key-2', ref: 'child-1' });
    const parked = inboxRow({ parked: true, error: 'the guard threw' });
    const positions = await store.commit(
      commitOf({
        definitions: [definition],
        actors: [actorWrite({ definition: 'hash-2', childId: 'child' })],
        log: [log],
        timersSet: [timer],
        jobsOpened: [job],
        outbox: [outbox],
        inbox: [pending, parked],
      }),
    );
    expect(await readAll(store)).toEqual({
      actor: {
        id: 'task-1',
        kind: 'task',
        definition: 'hash-2',
        parentId: null,
        childId: 'child',
        status: 'active',
        state: 'created',
        tags: [],
        version: 1,
        snapshot: '{"value":"created"}',
        createdAt: at,
        updatedAt: at,
      },
      definition,
      log: [{ ...log, position: positions.log[0] }],
      timers: [timer],
      jobs: [{ ...job, position: positions.jobs[0] }],
      outbox: [{ ...outbox, position: positions.outbox[0], state: 'open', attempts: 0, notBefore: 0, error: null }],
      inbox: [{ ...pending, position: positions.inbox[0] }],
      dead: { events: [{ ...parked, position: positions.inbox[1] }], outbox: [] },
    });
    expect(await store.jobs('task-1')).toEqual(await store.openJobs(everything));
    expect(await store.outbox('task-1')).toEqual(await store.openOutbox({ ...everything, lane: null }));
    expect(await store.outboxRow(outbox.key)).toMatchObject({ key: outbox.key, state: 'open' });
    expect(await store.inboxRow(positions.inbox[1]!)).toMatchObject({ parked: true });
  });

  test('knows nothing of what was never committed', async () => {
    const store = openStore();
    expect(await readAll(store)).toEqual({
      actor: undefined,
      definition: undefined,
      log: [],
      timers: [],
      jobs: [],
      outbox: [],
      inbox: [],
      dead: { events: [], outbox: [] },
    });
    expect(await store.outboxRow('nothing')).toBeUndefined();
    expect(await store.inboxRow(1)).toBeUndefined();
    expect(await store.nextTimer()).toBeUndefined();
    expect(await store.counts('task')).toEqual([]);
    expect(await store.list({ kind: 'task', limit: 10 })).toEqual([]);
    expect(await store.neighbours('task', 'x', 10)).toEqual([]);
    expect(await store.logSince(0, 10)).toEqual([]);
    expect(await store.lastPosition()).toBe(0);
    expect(await store.hasKey('task-1', 'key')).toBe(false);
    expect(await store.integrity()).toEqual([]);
  });

  test('keeps every character of a text, quotes, emoji and control characters included', async () => {
    const store = openStore();
    const text = `it's "quoted"; DROP TABLE actors; -- \u0000 \u001b[31m \u{1F684} ä %_*\n`;
    const log = logEntry({ source: text, dedupeKey: text, reason: text, event: { type: 'note', text } });
    await store.commit(commitOf({ actors: [actorWrite({ snapshot: JSON.stringify({ text }) })], log: [log] }));
    expect(await store.log('task-1', everything)).toMatchObject([{ source: text, reason: text, event: { text } }]);
    expect(await store.hasKey('task-1', text)).toBe(true);
    expect(JSON.parse((await store.actor('task-1'))!.snapshot)).toEqual({ text });
  });

  test('hands out copies: changing what was read changes nothing that is stored', async () => {
    const store = openStore();
    await store.commit(commitOf({ actors: [actorWrite()], timersSet: [timerRow({ event: { type: 'a', n: 1 } })] }));
    const [timer] = await store.timers('task-1');
    timer!.event.n = 2;
    expect((await store.timers('task-1'))[0]!.event.n).toBe(1);
  });

  test('replaces an actor with its next version and remembers when it was made', async () => {
    const store = openStore();
    await store.commit(commitOf({ actors: [actorWrite()] }));
    await store.commit(
      commitOf({
        at: at + 5,
        actors: [
          actorWrite({ baseVersion: 1, version: 2, state: 'done', status: 'done', snapshot: '{"value":"done"}' }),
        ],
      }),
    );
    expect(await store.actor('task-1')).toMatchObject({
      version: 2,
      state: 'done',
      status: 'done',
      snapshot: '{"value":"done"}',
      createdAt: at,
      updatedAt: at + 5,
    });
  });

  test('an actor that only moves on keeps its status and definition', async () => {
    const store = openStore();
    await store.commit(commitOf({ actors: [actorWrite()] }));
    const next = { baseVersion: 1, version: 2, isOnlyMoved: true, state: 'review', snapshot: '{"value":"review"}' };
    await store.commit(commitOf({ at: at + 5, actors: [actorWrite(next)] }));
    expect(await store.actor('task-1')).toMatchObject({
      version: 2,
      state: 'review',
      status: 'active',
      definition: 'hash-1',
      snapshot: '{"value":"review"}',
      updatedAt: at + 5,
    });
  });

  test('moves only the version of an actor when no snapshot is given', async () => {
    const store = openStore();
    await store.commit(commitOf({ actors: [actorWrite()] }));
    await store.commit(
      commitOf({
        actors: [actorWrite({ baseVersion: 1, version: 2, snapshot: null, state: 'elsewhere', status: 'done' })],
      }),
    );
    expect(await store.actor('task-1')).toMatchObject({
      version: 2,
      snapshot: '{"value":"created"}',
      state: 'created',
      status: 'active',
    });
  });

  test.each([
    ['is at a later version', { baseVersion: 1, version: 2 }],
    ['exists already', { baseVersion: 0, version: 1 }],
    ['is not that far yet', { baseVersion: 7, version: 8 }],
  ])('refuses a whole batch when one of its actors %s', async (_, belief) => {
    const store = openStore();
    await store.commit(commitOf({ actors: [actorWrite()] }));
    await store.commit(commitOf({ actors: [actorWrite({ baseVersion: 1, version: 2 })] }));
    const before = await readAll(store);
    const batch = commitOf({
      definitions: [{ hash: 'hash-2', kind: 'task', definition: {} }],
      actors: [actorWrite({ id: 'task-0' }), actorWrite(belief)],
      log: [logEntry({ actorId: 'task-0', dedupeKey: 'key-1' })],
      timersSet: [timerRow({ actorId: 'task-0' })],
      jobsOpened: [jobRow({ actorId: 'task-0' })],
      outbox: [outboxRow({ actorId: 'task-0' })],
      inbox: [inboxRow()],
    });
    expect(await refusal(store, batch)).toBe('conflict');
    expect(await readAll(store)).toEqual(before);
    expect(await store.actor('task-0')).toBeUndefined();
    expect(await store.hasKey('task-0', 'key-1')).toBe(false);
    expect(await store.nextTimer()).toBeUndefined();
  });

  test('lets exactly one of two writers win who both read the same version', async () => {
    const store = openStore();
    await store.commit(commitOf({ actors: [actorWrite()] }));
    const next = commitOf({ actors: [actorWrite({ baseVersion: 1, version: 2 })] });
    expect(await refusal(store, next)).toBeUndefined();
    expect(await refusal(store, next)).toBe('conflict');
    expect((await store.actor('task-1'))?.version).toBe(2);
  });

  test('fences the process before: its late writes fail and leave nothing', async () => {
    const place = find();
    const first = place.open();
    await first.commit(commitOf({ actors: [actorWrite()] }));
    const second = place.open();
    expect(second.epoch).toBeGreaterThan(first.epoch);
    const late = commitOf({
      actors: [actorWrite({ baseVersion: 1, version: 2 })],
      log: [logEntry({ seq: 2, dedupeKey: 'late' })],
      inbox: [inboxRow()],
    });
    expect(await refusal(first, late)).toBe('fenced');
    expect(await refusal(first, commitOf({ inboxTaken: [1] }))).toBe('fenced');
    expect((await second.actor('task-1'))?.version).toBe(1);
    expect(await second.hasKey('task-1', 'late')).toBe(false);
    expect(await second.pendingInbox(everything)).toEqual([]);
    expect(await refusal(second, late)).toBeUndefined();
  });

  test('a fenced process that closes takes nothing away from its successor', async () => {
    const place = find();
    const first = place.open();
    const second = place.open();
    await first.close();
    expect(await refusal(second, commitOf({ actors: [actorWrite()] }))).toBeUndefined();
  });

  test('what was committed is there for the next process, under a higher epoch', async () => {
    const place = find();
    const first = place.open();
    await first.commit(commitOf({ actors: [actorWrite()], log: [logEntry()], timersSet: [timerRow()] }));
    const before = await readAll(first);
    await first.close();
    await first.close();
    const second = place.open();
    expect(second.epoch).toBe(first.epoch + 1);
    expect(await readAll(second)).toEqual(before);
  });

  test('a key is taken by an event that was applied or ignored, not by a duplicate or a rejected one', async () => {
    const store = openStore();
    const outcomes = ['applied', 'ignored', 'duplicate', 'rejected'] as const;
    const log = outcomes.map((outcome, index) => logEntry({ seq: index + 1, outcome, dedupeKey: outcome }));
    await store.commit(commitOf({ actors: [actorWrite({ version: 4 })], log }));
    const isTaken = await Promise.all(outcomes.map(outcome => store.hasKey('task-1', outcome)));
    expect(isTaken).toEqual([true, true, false, false]);
    expect(await store.hasKey('task-2', 'applied')).toBe(false);
  });

  test('takes a rejected key when it is applied at last, and records repetitions of it', async () => {
    const store = openStore();
    const outcomes = ['rejected', 'rejected', 'applied', 'duplicate', 'duplicate'] as const;
    for (const [index, outcome] of outcomes.entries()) {
      const seq = index + 1;
      const actors = [actorWrite({ baseVersion: index, version: seq })];
      await store.commit(commitOf({ actors, log: [logEntry({ seq, outcome, dedupeKey: 'key-1' })] }));
    }
    expect(await store.hasKey('task-1', 'key-1')).toBe(true);
    expect((await store.log('task-1', everything)).map(entry => entry.outcome)).toEqual(outcomes);
  });

  // I2: the store is the last line of defence, whatever the runtime believes.
  test('never lets an actor take the same key twice', async () => {
    const store = openStore();
    await store.commit(commitOf({ actors: [actorWrite()], log: [logEntry({ dedupeKey: 'key-1' })] }));
    const again = commitOf({
      actors: [actorWrite({ baseVersion: 1, version: 2 })],
      log: [logEntry({ seq: 2, dedupeKey: 'key-1' })],
    });
    expect(await refusal(store, again)).toBeDefined();
    expect((await store.actor('task-1'))?.version).toBe(1);
    expect(await store.log('task-1', everything)).toHaveLength(1);
  });

  test('answers timers by due time, and only those that are due', async () => {
    const store = openStore();
    const dues = { late: 30, early: 10, middle: 20 };
    const timersSet = Object.entries(dues).map(([timerId, due]) => timerRow({ timerId, due }));
    await store.commit(commitOf({ actors: [actorWrite()], timersSet }));
    const due = async (now: number, limit = 10) => (await store.dueTimers(now, limit)).map(timer => timer.timerId);
    expect(await store.nextTimer()).toBe(10);
    expect(await due(9)).toEqual([]);
    expect(await due(20)).toEqual(['early', 'middle']);
    expect(await due(99)).toEqual(['early', 'middle', 'late']);
    expect(await due(99, 2)).toEqual(['early', 'middle']);
    expect((await store.timers('task-1')).map(timer => timer.due)).toEqual([10, 20, 30]);
  });

  test('answers timers that are due together in the order of their ids, in every store the same', async () => {
    const store = openStore();
    const ids = ['b', 'B', 'ä', 'a', 'z'];
    const actors = ids.map(id => actorWrite({ id }));
    await store.commit(commitOf({ actors, timersSet: ids.map(actorId => timerRow({ actorId })) }));
    const due = await store.dueTimers(at + 9_999, 10);
    expect(due.map(timer => timer.actorId)).toEqual(['B', 'a', 'b', 'z', 'ä']);
  });

  test('sets a timer again under the same name, and clears it', async () => {
    const store = openStore();
    await store.commit(
      commitOf({ actors: [actorWrite()], timersSet: [timerRow({ due: 10 }), timerRow({ timerId: 'b', due: 20 })] }),
    );
    await store.commit(commitOf({ timersSet: [timerRow({ due: 30 })] }));
    expect((await store.timers('task-1')).map(({ timerId, due }) => [timerId, due])).toEqual([
      ['b', 20],
      ['cooldown', 30],
    ]);
    const cleared = { actorId: 'task-1', timerId: 'cooldown' };
    await store.commit(commitOf({ timersCleared: [cleared, { actorId: 'task-1', timerId: 'never set' }] }));
    expect(await store.nextTimer()).toBe(20);
    // Cleared and set in one commit: it is set.
    await store.commit(commitOf({ timersCleared: [cleared], timersSet: [timerRow({ due: 5 })] }));
    expect(await store.nextTimer()).toBe(5);
  });

  test('an actor that has ended keeps no timers, jobs or waiting events, but its log, outbox and dead letters', async () => {
    const store = openStore();
    const ids = ['task-1', 'task-2'];
    await store.commit(
      commitOf({
        actors: ids.map(id => actorWrite({ id })),
        log: ids.map(actorId => logEntry({ actorId })),
        timersSet: ids.map(actorId => timerRow({ actorId })),
        jobsOpened: ids.map(actorId => jobRow({ actorId, ref: `${actorId}:job` })),
        outbox: ids.map(actorId => outboxRow({ actorId, key: `${actorId}:alert` })),
        inbox: ids.flatMap(actorId => [inboxRow({ actorId }), inboxRow({ actorId, parked: true })]),
      }),
    );
    await store.commit(
      commitOf({ actors: [actorWrite({ baseVersion: 1, version: 2, status: 'done' })], ended: ['task-1'] }),
    );
    const ofBoth = async (rows: (id: string) => Promise<unknown[]> | unknown[]) =>
      Promise.all(ids.map(async id => (await rows(id)).length));
    expect(await ofBoth(id => store.timers(id))).toEqual([0, 1]);
    expect(await ofBoth(id => store.jobs(id))).toEqual([0, 1]);
    expect((await store.pendingInbox(everything)).map(row => row.actorId)).toEqual(['task-2']);
    expect(await ofBoth(id => store.log(id, everything))).toEqual([2, 1]);
    expect(await ofBoth(id => store.outbox(id))).toEqual([1, 1]);
    expect((await store.deadLetters(10)).events.map(row => row.actorId)).toEqual(ids);
  });

  test('a last word of an actor that ends is still sent', async () => {
    const store = openStore();
    await store.commit(commitOf({ actors: [actorWrite()] }));
    await store.commit(
      commitOf({
        actors: [actorWrite({ baseVersion: 1, version: 2, status: 'done' })],
        ended: ['task-1'],
        outbox: [outboxRow()],
        inbox: [inboxRow({ actorId: 'parent' })],
      }),
    );
    expect(await store.openOutbox({ ...everything, lane: null })).toHaveLength(1);
    expect(await store.pendingInbox(everything)).toMatchObject([{ actorId: 'parent' }]);
  });

  test('answers what has ended since a time, the last first, and neither children nor what lives', async () => {
    const store = openStore();
    const ended = { baseVersion: 1, version: 2, status: 'done' as const, state: 'done' };
    const ids = ['a', 'b', 'c', 'd', 'living'];
    await store.commit(commitOf({ actors: ids.map(id => actorWrite({ id })) }));
    await store.commit(commitOf({ actors: [actorWrite({ id: 'child', parentId: 'a' })] }));
    const end = (id: string, after: number, parentId: string | null = null) =>
      store.commit(commitOf({ at: at + after, actors: [actorWrite({ id, parentId, ...ended })] }));
    await end('a', 10);
    await end('c', 20);
    await end('b', 20);
    await end('d', 30);
    await end('child', 40, 'a');
    const since = async (after: number) =>
      (await store.ended({ kind: 'task', since: at + after, limit: 10 })).map(({ id }) => id);
    expect(await since(0)).toEqual(['d', 'c', 'b', 'a']);
    expect(await since(20)).toEqual(['d', 'c', 'b']);
    expect(await since(31)).toEqual([]);
    const [row] = await store.ended({ kind: 'task', since: at, limit: 1 });
    expect(row).toEqual(await store.actor('d'));
    const behind = await store.ended({ kind: 'task', since: at, after: { updatedAt: at + 20, id: 'c' }, limit: 1 });
    expect(behind.map(({ id }) => id)).toEqual(['b']);
    expect(await store.ended({ kind: 'other', since: 0, limit: 10 })).toEqual([]);
  });

  test('pages through jobs, outbox, inbox and log without missing or repeating a row', async () => {
    const store = openStore();
    const names = Array.from({ length: 7 }, (_, index) => `n${index}`);
    await store.commit(
      commitOf({
        actors: [actorWrite({ version: 7 })],
        log: names.map((type, index) => logEntry({ seq: index + 1, type })),
        jobsOpened: names.map(ref => jobRow({ ref })),
        outbox: names.map(key => outboxRow({ key })),
        inbox: names.map(source => inboxRow({ source })),
      }),
    );
    // A gap in the positions, as there always is one sooner or later.
    await store.commit(commitOf({ jobsClosed: ['n3'] }));
    type Range = { after: number; limit: number };
    const collect = async <T>(page: (range: Range) => Promise<T[]> | T[], last: (row: T) => number) => {
      const rows: T[] = [];
      for (let after = 0; ; after = last(rows.at(-1)!)) {
        const next = await page({ after, limit: 3 });
        rows.push(...next);
        if (next.length < 3) return rows;
      }
    };
    const byPosition = (row: { position: number }) => row.position;
    const jobs = await collect(range => store.openJobs(range), byPosition);
    const outbox = await collect(range => store.openOutbox({ ...range, lane: null }), byPosition);
    const inbox = await collect(range => store.pendingInbox(range), byPosition);
    const log = await collect(
      range => store.log('task-1', range),
      row => row.seq,
    );
    expect(jobs.map(row => row.ref)).toEqual(names.filter(name => name !== 'n3'));
    expect(outbox.map(row => row.key)).toEqual(names);
    expect(inbox.map(row => row.source)).toEqual(names);
    expect(log.map(row => row.type)).toEqual(names);
    expect(log.map(byPosition)).toEqual(log.map(byPosition).toSorted((a, b) => a - b));
  });

  test('pages through a long log that has grown beside another, with pages of any size', async () => {
    const store = openStore();
    const length = 150;
    for (let version = 0; version < length; ) {
      // Commits of different sizes, as a busy and an idle runtime make them.
      const next = Math.min(version + 1 + (version % 5), length);
      const range = Array.from({ length: next - version }, (_, index) => version + 1 + index);
      const ids = ['task-1', 'task-2'];
      await store.commit(
        commitOf({
          actors: ids.map(id => actorWrite({ id, baseVersion: version, version: next })),
          log: range.flatMap(seq => ids.map(actorId => logEntry({ actorId, seq }))),
        }),
      );
      version = next;
    }
    const page = async (after: number, limit: number) =>
      (await store.log('task-1', { after, limit })).map(({ actorId, seq }) => `${actorId} ${seq}`);
    const expected = Array.from({ length }, (_, index) => `task-1 ${index + 1}`);
    for (const limit of [1, 7, 63, 64, 65, length, 1_000]) {
      for (const after of [0, 1, 63, 64, 65, 128, 129, length - 1, length, length + 50]) {
        expect(await page(after, limit), `${limit} after ${after}`).toEqual(expected.slice(after, after + limit));
      }
    }
  });

  test('never gives a position twice, so that whoever pages misses nothing', async () => {
    const store = openStore();
    const rows = { jobsOpened: [jobRow()], outbox: [outboxRow()], inbox: [inboxRow()] };
    const first = await store.commit(commitOf({ actors: [actorWrite()], ...rows }));
    await store.commit(commitOf({ inboxTaken: first.inbox, jobsClosed: [rows.jobsOpened[0]!.ref] }));
    const second = await store.commit(commitOf({ ...rows, outbox: [] }));
    expect(second.inbox[0]).toBeGreaterThan(first.inbox[0]!);
    expect(second.jobs[0]).toBeGreaterThan(first.jobs[0]!);
    expect(await store.inboxRow(first.inbox[0]!)).toBeUndefined();
  });

  test('an effect that will not go becomes a dead letter, and one that has gone stays on record', async () => {
    const store = openStore();
    const keys = ['open', 'gone', 'dead'];
    await store.commit(commitOf({ actors: [actorWrite()], outbox: keys.map(key => outboxRow({ key })) }));
    await store.commit(
      commitOf({
        outboxUpdates: [
          { key: 'open', state: 'open', attempts: 1, notBefore: at + 50, error: 'try again' },
          { key: 'gone', state: 'delivered', attempts: 1, notBefore: 0, error: null },
          { key: 'dead', state: 'dead', attempts: 9, notBefore: 0, error: 'gave up' },
          { key: 'unknown', state: 'dead', attempts: 1, notBefore: 0, error: null },
        ],
      }),
    );
    expect(await store.openOutbox({ ...everything, lane: null })).toMatchObject([
      { key: 'open', attempts: 1, notBefore: at + 50 },
    ]);
    expect((await store.deadLetters(10)).outbox).toMatchObject([{ key: 'dead', attempts: 9, error: 'gave up' }]);
    expect((await store.outbox('task-1')).map(row => [row.key, row.state])).toEqual([
      ['open', 'open'],
      ['gone', 'delivered'],
      ['dead', 'dead'],
    ]);
    expect(await store.outboxRow('unknown')).toBeUndefined();
  });

  test('lists dead letters oldest first, within the limit, until somebody takes them', async () => {
    const store = openStore();
    const inbox = ['a', 'b', 'c'].map(source => inboxRow({ source, parked: true, error: 'no' }));
    const { inbox: positions } = await store.commit(commitOf({ inbox }));
    const sources = async (limit: number) => (await store.deadLetters(limit)).events.map(row => row.source);
    expect(await sources(2)).toEqual(['a', 'b']);
    await store.commit(commitOf({ inboxTaken: [positions[0]!] }));
    expect(await sources(10)).toEqual(['b', 'c']);
  });

  test('finds actors by kind, status and parent, by id in pages', async () => {
    const store = openStore();
    await store.commit(
      commitOf({
        actors: [
          actorWrite({ id: 'a' }),
          actorWrite({ id: 'b', status: 'done' }),
          actorWrite({ id: 'c', kind: 'worker' }),
          actorWrite({ id: 'a/run', kind: 'agentRun', parentId: 'a', childId: 'run' }),
        ],
      }),
    );
    const ids = async (query: Parameters<Store['actors']>[0]) => (await store.actors(query)).map(row => row.id);
    expect(await ids({ limit: 10 })).toEqual(['a', 'a/run', 'b', 'c']);
    expect(await ids({ limit: 2 })).toEqual(['a', 'a/run']);
    expect(await ids({ limit: 2, after: 'a/run' })).toEqual(['b', 'c']);
    expect(await ids({ limit: 10, kind: 'task' })).toEqual(['a', 'b']);
    expect(await ids({ limit: 10, kind: 'task', status: 'active' })).toEqual(['a']);
    expect(await ids({ limit: 10, status: 'done' })).toEqual(['b']);
    expect(await ids({ limit: 10, parentId: 'a' })).toEqual(['a/run']);
    expect(await ids({ limit: 10, kind: 'breaker' })).toEqual([]);
  });

  test('finds actors in a state and everything below it, and in no other that begins the same', async () => {
    const store = openStore();
    const states = ['development', 'development.gating', 'development.gating.deep', 'developmentX', 'dev', '%', '_.x'];
    await store.commit(commitOf({ actors: states.map(state => actorWrite({ id: state, state })) }));
    const found = async (state: string) => (await store.actors({ state, limit: 10 })).map(row => row.state);
    expect(await found('development')).toEqual(['development', 'development.gating', 'development.gating.deep']);
    expect(await found('development.gating')).toEqual(['development.gating', 'development.gating.deep']);
    expect(await found('develop')).toEqual([]);
    expect(await found('%')).toEqual(['%']);
    expect(await found('_')).toEqual(['_.x']);
  });

  /** A list of tasks as `id`s, in pages of one, so that every place in it is a cursor once. */
  async function listed(store: Store, query: Partial<ListQuery> = {}): Promise<string[]> {
    const ids: string[] = [];
    for (let after: ListQuery['after']; ; ) {
      const [row] = await store.list({ kind: 'task', limit: 1, ...query, ...(after && { after }) });
      if (row === undefined) return ids;
      ids.push(row.id);
      after = { isLiving: row.status === 'active', createdAt: row.createdAt, id: row.id };
    }
  }

  const listOf = (...rows: [id: string, createdAt: number, more?: Partial<ActorWrite>][]) =>
    commitOf({ actors: rows.map(([id, createdAt, more]) => actorWrite({ id, createdAt, ...more })) });

  test('lists the living before the ended, and the newest first, page by page', async () => {
    const store = openStore();
    await store.commit(
      listOf(
        ['ended-2', 5, { status: 'done' }],
        ['old', 1],
        ['twin-b', 3],
        ['twin-a', 3],
        ['ended-1', 2, { status: 'error' }],
        ['new', 4],
        ['other', 9, { kind: 'worker' }],
      ),
    );
    expect(await listed(store)).toEqual(['new', 'twin-b', 'twin-a', 'old', 'ended-2', 'ended-1']);
    expect(await listed(store, { status: 'ended' })).toEqual(['ended-2', 'ended-1']);
    expect(await listed(store, { status: 'living' })).toEqual(['new', 'twin-b', 'twin-a', 'old']);
    const rows = await store.list({ kind: 'task', limit: 5 });
    expect(rows.map(({ id }) => id)).toEqual(['new', 'twin-b', 'twin-a', 'old', 'ended-2']);
  });

  test('lists by tags and by state, as they are now', async () => {
    const store = openStore();
    await store.commit(
      listOf(
        ['a', 1, { tags: ['person', 'urgent'], state: 'review' }],
        ['b', 2, { tags: ['person'], state: 'review.gating' }],
        ['c', 3, { tags: ['urgent'], state: 'reviewed' }],
      ),
    );
    expect(await listed(store, { tags: ['person'] })).toEqual(['b', 'a']);
    expect(await listed(store, { tags: ['urgent', 'person'] })).toEqual(['a']);
    expect(await listed(store, { tags: ['urg'] })).toEqual([]);
    expect(await listed(store, { state: 'review' })).toEqual(['b', 'a']);
    await store.commit(
      listOf(
        [
          'a',
          1,
          { baseVersion: 1, version: 2, tags: [], listedBefore: { tags: ['person', 'urgent'], status: 'active' } },
        ],
        [
          'b',
          2,
          {
            baseVersion: 1,
            version: 2,
            tags: ['person'],
            status: 'done',
            listedBefore: { tags: ['person'], status: 'active' },
          },
        ],
      ),
    );
    expect(await listed(store, { tags: ['person'] })).toEqual(['b']);
    expect(await listed(store)).toEqual(['c', 'a', 'b']);
    expect(await store.counts('task')).toEqual([
      { tag: '', living: 2, ended: 1 },
      { tag: 'person', living: 0, ended: 1 },
      { tag: 'urgent', living: 1, ended: 0 },
    ]);
  });

  test('counts nothing of a commit that was refused', async () => {
    const store = openStore();
    await store.commit(listOf(['a', 1, { tags: ['person'] }]));
    const stale = listOf(['b', 2, { tags: ['person'] }], ['a', 1, { baseVersion: 7, version: 8 }]);
    expect(await refusal(store, stale)).toBe('conflict');
    await store.commit(listOf(['c', 3]));
    expect(await store.counts('task')).toEqual([
      { tag: '', living: 2, ended: 0 },
      { tag: 'person', living: 1, ended: 0 },
    ]);
    expect(await listed(store, { tags: ['person'] })).toEqual(['a']);
  });

  test('finds the ids on both sides of a text that is none', async () => {
    const store = openStore();
    await store.commit(listOf(['ET-1', 1], ['ET-2', 2], ['ET-4', 3], ['ET-5', 4], ['worker', 5, { kind: 'worker' }]));
    expect((await store.neighbours('task', 'ET-3', 2)).toSorted()).toEqual(['ET-2', 'ET-4']);
    expect((await store.neighbours('task', 'zzz', 4)).toSorted()).toEqual(['ET-4', 'ET-5']);
  });

  test('tells the log of all actors behind a position, oldest first', async () => {
    const store = openStore();
    const { log } = await store.commit(listOf(['a', 1], ['b', 2], ['c', 3]));
    expect(await store.lastPosition()).toBe(log[2]);
    const page = await store.logSince(log[0]!, 1);
    expect(page.map(({ actorId, position }) => [actorId, position])).toEqual([['b', log[1]]]);
    expect((await store.logSince(log[1]!, 10)).map(({ actorId }) => actorId)).toEqual(['c']);
    expect(await store.logSince(log[2]!, 10)).toEqual([]);
  });

  test('calls back after a commit, and no more once that is ended', async () => {
    const store = openStore();
    let calls = 0;
    const end = store.watch(() => {
      calls += 1;
    });
    await store.commit(listOf(['a', 1]));
    expect(calls).toBe(1);
    end();
    await store.commit(listOf(['b', 1]));
    expect(calls).toBe(1);
  });

  test('refuses to commit after it was closed, and says so', async () => {
    const store = openStore();
    await store.close();
    expect(await refusal(store, commitOf({ actors: [actorWrite()] }))).toBe('unavailable');
  });
});
