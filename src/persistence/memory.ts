/** The Store contract in memory: for tests and as the plain-language reading of what a store does. */

import { SignalboxError } from '../domain/errors.ts';
import { tellAll } from './listeners.ts';
import type {
  ActorRow,
  Commit,
  Committed,
  DefinitionRow,
  EndedPlace,
  KeptBecause,
  LinkWrite,
  ListOrder,
  ListPlace,
  ListQuery,
  Pruned,
  PruneQuery,
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
  /** The position of the last log entry that there ever was. */
  logEnd: number;
  definitions: Map<string, DefinitionRow>;
  /** Definitions that some actor was migrated away from. */
  replaced: Set<string>;
  /** Roots that were removed: kind and id. */
  gone: Set<string>;
  actors: Map<string, ActorRow>;
  log: Map<string, StoredLogEntry[]>;
  keys: Set<string>;
  inbox: Map<number, StoredInbox>;
  timers: Map<string, TimerRow>;
  jobs: Map<string, StoredJob>;
  outbox: Map<string, StoredOutbox>;
  /** By actor. */
  links: Map<string, LinkWrite>;
  watchers: Set<() => void>;
}

export function createMemoryDisk(): MemoryDisk {
  return {
    epoch: 0,
    position: 0,
    logEnd: 0,
    definitions: new Map(),
    replaced: new Set(),
    gone: new Set(),
    actors: new Map(),
    log: new Map(),
    keys: new Set(),
    inbox: new Map(),
    timers: new Map(),
    jobs: new Map(),
    outbox: new Map(),
    links: new Map(),
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
      if (!isOpen) throw closed();
      refuseFenced(disk, epoch);
      refuse(disk, batch);
      const committed = apply(disk, structuredClone(batch));
      tellAll(disk.watchers);
      return committed;
    },
    prune(query) {
      if (!isOpen) throw closed();
      refuseFenced(disk, epoch);
      const pruned = prune(disk, query);
      tellAll(disk.watchers);
      return pruned;
    },
    isGone: (kind, id) => disk.gone.has(keyOf(kind, id)),
    gone: kind => [...disk.gone].filter(key => key.startsWith(keyOf(kind, ''))).length,
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
        .sort(byPlace(query.order))
        .slice(0, query.limit)
        .map(copy),
    ended: ({ kind, since, after, limit }) =>
      [...disk.actors.values()]
        .filter(row => row.kind === kind && row.parentId === null && row.status !== 'active')
        .filter(row => row.updatedAt >= since && (after === undefined || byAge(row, after) < 0))
        .sort((a, b) => byAge(b, a))
        .slice(0, limit)
        .map(copy),
    linked: (link, limit) =>
      [...disk.links.values()]
        .filter(({ links }) => links.includes(link))
        .sort((a, b) => Number(b.isLiving) - Number(a.isLiving) || compare(a.actorId, b.actorId))
        .slice(0, limit)
        .map(({ actorId, isLiving }) => ({ actorId, isLiving })),
    lanes() {
      const open = [...disk.outbox.values()].filter(row => row.state === 'open' && row.lane !== null);
      return [...Map.groupBy(open, row => row.lane!)]
        .map(([lane, rows]) => ({ lane, open: rows.length, oldestAt: Math.min(...rows.map(({ at }) => at)) }))
        .sort((a, b) => compare(a.lane, b.lane));
    },
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
    lastPosition: () => disk.logEnd,
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
        [...disk.outbox.values()].filter(row => row.state === 'open' && row.lane === range.lane),
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

const closed = () => new SignalboxError('unavailable', 'storeClosed', 'The store is closed.');

function refuseFenced(disk: MemoryDisk, epoch: number): void {
  if (disk.epoch !== epoch) {
    throw new SignalboxError(
      'fenced',
      'takenOver',
      `Another process has taken over the store: it writes under epoch ${disk.epoch}, this one held ${epoch}.`,
    );
  }
}

/** Everything that can be wrong with a batch, before anything of it is applied. */
function refuse(disk: MemoryDisk, batch: Commit): void {
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
    if (before !== undefined && before.definition !== row.definition) disk.replaced.add(before.definition);
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
  for (const row of batch.linked) disk.links.set(row.actorId, row);
  const log = batch.log.map(entry => {
    const position = next();
    const entries = disk.log.get(entry.actorId) ?? [];
    disk.log.set(entry.actorId, entries);
    entries.push({ ...entry, position });
    disk.logEnd = position;
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

function prune(disk: MemoryDisk, query: PruneQuery): Pruned {
  const { kind, endedBefore, limit, entries, after, isDryRun = false, mayReturn = false, remembers } = query;
  const pruned: Pruned = { roots: [], actors: [], logEntries: 0, outbox: 0, definitions: 0, kept: [], next: null };
  const ended = [...disk.actors.values()]
    .filter(row => row.kind === kind && row.parentId === null && row.status !== 'active')
    .filter(row => row.updatedAt < endedBefore && (after === undefined || byAge(row, after) > 0))
    .sort(byAge);
  let looked = 0;
  for (const root of ended.slice(0, limit)) {
    if (pruned.logEntries >= entries) break;
    looked += 1;
    const members = treeOf(disk, root);
    const why = whyKept(disk, members);
    if (why !== undefined) {
      pruned.kept.push({ id: root.id, why });
      continue;
    }
    pruned.roots.push(root.id);
    pruned.actors.push(...members.map(({ id }) => id));
    for (const { id } of members) pruned.logEntries += disk.log.get(id)?.length ?? 0;
  }
  const gone = new Set(pruned.actors);
  const isUsed = (hash: string) => [...disk.actors.values()].some(row => row.definition === hash && !gone.has(row.id));
  const left = new Set(pruned.actors.map(id => disk.actors.get(id)!.definition));
  const unused = [...left].filter(hash => !isUsed(hash) && !disk.replaced.has(hash));
  pruned.outbox = [...disk.outbox.values()].filter(row => gone.has(row.actorId)).length;
  pruned.definitions = unused.length;
  const { updatedAt, id } = ended[looked - 1] ?? { updatedAt: 0, id: '' };
  pruned.next = looked < limit && looked === ended.length ? null : { updatedAt, id };
  if (isDryRun) return pruned;
  if (!mayReturn) for (const id of pruned.roots) disk.gone.add(keyOf(kind, id));
  for (const id of remembers === undefined ? [] : gone) {
    const links = disk.links.get(id)?.links ?? [];
    for (const link of links) if (link.includes(remembers!)) disk.gone.add(keyOf('link', link));
  }
  for (const id of gone) remove(disk, id);
  for (const hash of unused) disk.definitions.delete(hash);
  return pruned;
}

const byAge = (a: EndedPlace, b: EndedPlace) => a.updatedAt - b.updatedAt || compare(a.id, b.id);

function treeOf(disk: MemoryDisk, root: ActorRow): ActorRow[] {
  const members = [root];
  // The list grows while it is walked.
  for (const { id } of members) {
    const children = [...disk.actors.values()].filter(row => row.parentId === id);
    members.push(...children.sort((a, b) => compare(a.id, b.id)));
  }
  return members;
}

function whyKept(disk: MemoryDisk, members: readonly ActorRow[]): KeptBecause | undefined {
  const ids = new Set(members.map(({ id }) => id));
  const events = [...disk.inbox.values()].filter(row => ids.has(row.actorId));
  const actions = [...disk.outbox.values()].filter(row => ids.has(row.actorId));
  if (members.some(({ status }) => status === 'active')) return 'living';
  if (events.some(({ parked }) => parked) || actions.some(({ state }) => state === 'dead')) return 'deadLetter';
  return events.length > 0 || actions.some(({ state }) => state === 'open') ? 'underWay' : undefined;
}

/** Removes an actor with everything that belongs to it. */
function remove(disk: MemoryDisk, actorId: string): void {
  disk.actors.delete(actorId);
  disk.log.delete(actorId);
  for (const key of disk.keys) if (key.startsWith(keyOf(actorId, ''))) disk.keys.delete(key);
  for (const rows of [disk.timers, disk.jobs, disk.outbox, disk.inbox, disk.links] as Map<
    unknown,
    { actorId: string }
  >[]) {
    for (const [key, row] of rows) if (row.actorId === actorId) rows.delete(key);
  }
}

function isListed(row: ActorRow, { kind, tags = [], state, status, after, order }: ListQuery): boolean {
  const isLiving = row.status === 'active';
  return (
    row.kind === kind &&
    tags.every(tag => row.tags.includes(tag)) &&
    (state === undefined || row.state === state || row.state.startsWith(`${state}.`)) &&
    (status === undefined || (status === 'living') === isLiving) &&
    (after === undefined || comparePlaces({ isLiving, createdAt: row.createdAt, id: row.id }, after, order) > 0)
  );
}

const byPlace = (order: ListOrder | undefined) => (a: ActorRow, b: ActorRow) =>
  comparePlaces({ ...a, isLiving: a.status === 'active' }, { ...b, isLiving: b.status === 'active' }, order);

function comparePlaces(a: ListPlace, b: ListPlace, order: ListOrder = 'living'): number {
  const newestFirst = b.createdAt - a.createdAt || compare(b.id, a.id);
  if (order !== 'living') return order === 'newest' ? newestFirst : -newestFirst;
  return Number(b.isLiving) - Number(a.isLiving) || newestFirst;
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
