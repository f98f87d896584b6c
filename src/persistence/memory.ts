/** The Store contract in memory: for tests and as the plain-language reading of what a store does. */

import { SignalboxError } from '../domain/errors.ts';
import { tellAll } from './listeners.ts';
import type {
  ActorRow,
  Commit,
  Committed,
  DefinitionRow,
  ListPlace,
  ListQuery,
  Store,
  StoredInbox,
  StoredJob,
  StoredLogEntry,
  StoredOutbox,
  TagCount,
  TimerRow,
} from './store.ts';

/** What outlives a store that is closed: open another on it, as a process would on a file. */
export interface MemoryDisk {
  epoch: number;
  position: number;
  definitions: Map<string, DefinitionRow>;
  actors: Map<string, ActorRow>;
  log: Map<string, StoredLogEntry[]>;
  keys: Set<string>;
  inbox: Map<number, StoredInbox>;
  timers: Map<string, TimerRow>;
  jobs: Map<string, StoredJob>;
  outbox: Map<string, StoredOutbox>;
  watchers: Set<() => void>;
}

export function createMemoryDisk(): MemoryDisk {
  return {
    epoch: 0,
    position: 0,
    definitions: new Map(),
    actors: new Map(),
    log: new Map(),
    keys: new Set(),
    inbox: new Map(),
    timers: new Map(),
    jobs: new Map(),
    outbox: new Map(),
    watchers: new Set(),
  };
}

/** Opens a store on the disk and fences every store that was opened on it before. */
export function openMemoryStore(disk: MemoryDisk = createMemoryDisk()): Store {
  disk.epoch += 1;
  const epoch = disk.epoch;
  let isOpen = true;

  return {
    epoch,
    commit(batch) {
      if (!isOpen) throw new SignalboxError('unavailable', 'storeClosed', 'The store is closed.');
      refuse(disk, batch, epoch);
      const committed = apply(disk, structuredClone(batch));
      tellAll(disk.watchers);
      return committed;
    },
    actor: id => copy(disk.actors.get(id)),
    actors: query =>
      [...disk.actors.values()]
        .filter(
          row =>
            row.id > (query.after ?? '') &&
            (query.kind === undefined || row.kind === query.kind) &&
            (query.status === undefined || row.status === query.status) &&
            (query.parentId === undefined || row.parentId === query.parentId) &&
            (query.state === undefined || row.state === query.state || row.state.startsWith(`${query.state}.`)),
        )
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, query.limit)
        .map(copy),
    list: query =>
      [...disk.actors.values()]
        .filter(row => isListed(row, query))
        .sort(byPlace)
        .slice(0, query.limit)
        .map(copy),
    counts(kind) {
      const counts = new Map<string, TagCount>();
      for (const row of disk.actors.values()) {
        if (row.kind !== kind) continue;
        for (const tag of ['', ...row.tags]) {
          const { living, ended } = counts.get(tag) ?? { living: 0, ended: 0 };
          const isLiving = row.status === 'active';
          counts.set(tag, { tag, living: living + Number(isLiving), ended: ended + Number(!isLiving) });
        }
      }
      return [...counts.values()].sort((a, b) => compare(a.tag, b.tag));
    },
    neighbours(kind, id, limit) {
      const ids = [...disk.actors.values()].filter(row => row.kind === kind).map(row => row.id);
      const before = ids.filter(other => other < id).sort((a, b) => compare(b, a));
      const after = ids.filter(other => other >= id).sort(compare);
      const half = Math.ceil(limit / 2);
      return [...before.slice(0, half), ...after.slice(0, half)].slice(0, limit);
    },
    untagged: () => [],
    definition: hash => copy(disk.definitions.get(hash)),
    hasKey: (actorId, dedupeKey) => disk.keys.has(keyOf(actorId, dedupeKey)),
    entryUnder: (actorId, dedupeKey) =>
      copy(
        (disk.log.get(actorId) ?? []).find(
          entry => entry.dedupeKey === dedupeKey && (entry.outcome === 'applied' || entry.outcome === 'ignored'),
        ),
      ),
    log: (actorId, { after, limit }) =>
      (disk.log.get(actorId) ?? [])
        .filter(entry => entry.seq > after)
        .slice(0, limit)
        .map(copy),
    logSince: (position, limit) => page([...disk.log.values()].flat(), { after: position, limit }),
    lastPosition: () => Math.max(0, ...[...disk.log.values()].map(entries => entries.at(-1)!.position)),
    watch(onChange) {
      const own = () => onChange();
      disk.watchers.add(own);
      return () => void disk.watchers.delete(own);
    },
    nextTimer: () => sortedTimers(disk)[0]?.due,
    dueTimers: (now, limit) =>
      sortedTimers(disk)
        .filter(timer => timer.due <= now)
        .slice(0, limit)
        .map(copy),
    timers: actorId =>
      sortedTimers(disk)
        .filter(timer => timer.actorId === actorId)
        .map(copy),
    openJobs: range => page(disk.jobs.values(), range),
    jobs: actorId => [...disk.jobs.values()].filter(job => job.actorId === actorId).map(copy),
    openOutbox: range =>
      page(
        [...disk.outbox.values()].filter(row => row.state === 'open'),
        range,
      ),
    outbox: actorId => [...disk.outbox.values()].filter(row => row.actorId === actorId).map(copy),
    outboxRow: key => copy(disk.outbox.get(key)),
    pendingInbox: range =>
      page(
        [...disk.inbox.values()].filter(row => !row.parked),
        range,
      ),
    inboxRow: position => copy(disk.inbox.get(position)),
    deadLetters: limit => ({
      events: [...disk.inbox.values()]
        .filter(row => row.parked)
        .slice(0, limit)
        .map(copy),
      outbox: [...disk.outbox.values()]
        .filter(row => row.state === 'dead')
        .slice(0, limit)
        .map(copy),
    }),
    integrity: () => [],
    backup: () =>
      Promise.reject(new SignalboxError('invalid', 'notInMemory', 'A store in memory cannot be backed up to a file.')),
    close() {
      isOpen = false;
      tellAll(disk.watchers);
    },
  };
}

/** Everything that can be wrong with a batch, before anything of it is applied. */
function refuse(disk: MemoryDisk, batch: Commit, epoch: number): void {
  if (disk.epoch !== epoch) {
    throw new SignalboxError(
      'fenced',
      'takenOver',
      `Another process has taken over the store: it writes under epoch ${disk.epoch}, this one held ${epoch}.`,
    );
  }
  for (const { actorId, dedupeKey, outcome } of batch.log) {
    const isTaken = outcome === 'applied' || outcome === 'ignored';
    if (dedupeKey !== null && isTaken && disk.keys.has(keyOf(actorId, dedupeKey))) {
      throw new Error(`Actor ${actorId} has taken the key ${dedupeKey} before.`);
    }
  }
  for (const row of batch.actors) {
    if ((disk.actors.get(row.id)?.version ?? 0) !== row.baseVersion) {
      throw new SignalboxError(
        'conflict',
        'versionConflict',
        `Actor ${row.id} is no longer at version ${row.baseVersion}: another transition came first.`,
      );
    }
  }
}

function apply(disk: MemoryDisk, batch: Commit): Committed {
  const next = () => {
    disk.position += 1;
    return disk.position;
  };
  for (const row of batch.definitions) disk.definitions.set(row.hash, row);
  for (const { baseVersion: _, isOnlyMoved: __, listedBefore: ___, snapshot, tags, ...row } of batch.actors) {
    const before = disk.actors.get(row.id);
    if (before !== undefined && snapshot === null) {
      disk.actors.set(row.id, { ...before, version: row.version, updatedAt: batch.at });
      continue;
    }
    disk.actors.set(row.id, {
      ...row,
      tags: [...tags],
      snapshot: snapshot ?? before?.snapshot ?? '',
      createdAt: before?.createdAt ?? row.createdAt,
      updatedAt: batch.at,
    });
  }
  for (const { actorId, tags } of batch.tagged) {
    const row = disk.actors.get(actorId);
    if (row) disk.actors.set(actorId, { ...row, tags: [...tags] });
  }
  const log = batch.log.map(entry => {
    const position = next();
    const entries = disk.log.get(entry.actorId) ?? [];
    disk.log.set(entry.actorId, entries);
    entries.push({ ...entry, position });
    const isTaken = entry.outcome === 'applied' || entry.outcome === 'ignored';
    if (entry.dedupeKey !== null && isTaken) disk.keys.add(keyOf(entry.actorId, entry.dedupeKey));
    return position;
  });
  for (const position of batch.inboxTaken) disk.inbox.delete(position);
  for (const actorId of batch.ended) {
    for (const [key, timer] of disk.timers) if (timer.actorId === actorId) disk.timers.delete(key);
    for (const [ref, job] of disk.jobs) if (job.actorId === actorId) disk.jobs.delete(ref);
    for (const [position, row] of disk.inbox) {
      if (row.actorId === actorId && !row.parked) disk.inbox.delete(position);
    }
  }
  for (const { actorId, timerId } of batch.timersCleared) disk.timers.delete(keyOf(actorId, timerId));
  for (const timer of batch.timersSet) disk.timers.set(keyOf(timer.actorId, timer.timerId), timer);
  for (const ref of batch.jobsClosed) disk.jobs.delete(ref);
  const jobs = batch.jobsOpened.map(job => {
    const position = next();
    disk.jobs.set(job.ref, { ...job, position });
    return position;
  });
  const outbox = batch.outbox.map(row => {
    const position = next();
    disk.outbox.set(row.key, { ...row, position, state: 'open', attempts: 0, notBefore: 0, error: null });
    return position;
  });
  for (const update of batch.outboxUpdates) {
    const row = disk.outbox.get(update.key);
    if (row) disk.outbox.set(update.key, { ...row, ...update });
  }
  const inbox = batch.inbox.map(row => {
    const position = next();
    disk.inbox.set(position, { ...row, position });
    return position;
  });
  return { log, inbox, jobs, outbox };
}

function isListed(row: ActorRow, { kind, tags = [], state, status, after }: ListQuery): boolean {
  const isLiving = row.status === 'active';
  return (
    row.kind === kind &&
    tags.every(tag => row.tags.includes(tag)) &&
    (state === undefined || row.state === state || row.state.startsWith(`${state}.`)) &&
    (status === undefined || (status === 'living') === isLiving) &&
    (after === undefined || comparePlaces({ isLiving, createdAt: row.createdAt, id: row.id }, after) > 0)
  );
}

const byPlace = (a: ActorRow, b: ActorRow) =>
  comparePlaces({ ...a, isLiving: a.status === 'active' }, { ...b, isLiving: b.status === 'active' });

/** The living first, the newest first. */
function comparePlaces(a: ListPlace, b: ListPlace): number {
  return Number(b.isLiving) - Number(a.isLiving) || b.createdAt - a.createdAt || compare(b.id, a.id);
}

const keyOf = (actorId: string, name: string) => `${actorId}\0${name}`;

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const copy = <T>(value: T): T => structuredClone(value);

function sortedTimers(disk: MemoryDisk): TimerRow[] {
  const byDue = (a: TimerRow, b: TimerRow) =>
    a.due - b.due || compare(a.actorId, b.actorId) || compare(a.timerId, b.timerId);
  return [...disk.timers.values()].sort(byDue);
}

function page<T extends { position: number }>(
  rows: Iterable<T>,
  { after, limit }: { after: number; limit: number },
): T[] {
  return [...rows]
    .filter(row => row.position > after)
    .sort((a, b) => a.position - b.position)
    .slice(0, limit)
    .map(copy);
}
