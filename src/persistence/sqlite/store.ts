/** The Store contract on one SQLite file. */
import { chmodSync, lstatSync } from 'node:fs';
import Sqlite, { type Database } from 'better-sqlite3';
import { SignalboxError } from '../../domain/errors.ts';
import { ownIdentity, type ProcessIdentity } from '../../host/process-identity.ts';
import type { Commit, Committed, Owner, Pruned, PruneQuery, Store } from '../store.ts';
import { createActorTable } from './actors.ts';
import { checkApart, checkInBackground } from './background-check.ts';
import { createDefinitionTable } from './definitions.ts';
import { explain } from './errors.ts';
import { createInboxTable } from './inbox.ts';
import { createJobTable } from './jobs.ts';
import { createLinkTable } from './links.ts';
import { createLogTable } from './log.ts';
import { openDatabase, requireDirectory } from './open.ts';
import { createOutboxTable } from './outbox.ts';
import { createOwnerTable } from './owner.ts';
import { createGoneTable, createPrune } from './prune.ts';
import { createTagTable } from './tags.ts';
import { createTimerTable } from './timers.ts';
import { createWatch } from './watch.ts';

export interface SqliteStoreOptions {
  file: string;
  /** Who takes ownership; this process unless a test says otherwise. */
  identity?: ProcessIdentity;
  /** Opens without taking ownership; every commit is refused. */
  readonly?: boolean;
  /** Called with every statement before it runs. */
  trace?: (sql: string) => void;
  /** Whether a large file is checked from end to end while it is in use. Small files are always checked at once. */
  checksLargeFiles?: boolean;
  /** Called when the background check of a large file finds damage. */
  onDamage?: (problems: string[]) => void;
}

/**
 * Opens the store and takes ownership. Throws `conflict` when a living process owns it (and names that process),
 * `unavailable` and `invalid` as `openDatabase` does.
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const { file, readonly = false, identity = ownIdentity() } = options;
  const { db, isChecked } = openDatabase(file, options);
  const tables = createTables(db);
  let epoch: number;
  try {
    epoch = readonly ? 0 : tables.owner.take(identity, file);
  } catch (error) {
    db.close();
    throw explain(error, file);
  }
  const isLeftToCheck = !isChecked && !readonly && (options.checksLargeFiles ?? true);
  const check = isLeftToCheck ? checkInBackground(file, options.onDamage ?? (() => {})) : undefined;
  const writer = createWriter(db, tables, epoch);
  const watch = createWatch(file, readonly);

  const requireOpen = () => {
    if (!db.open) throw new SignalboxError('unavailable', 'storeClosed', 'The store is closed.');
  };
  const reading =
    <Asked extends unknown[], T>(look: (...asked: Asked) => T) =>
    (...asked: Asked): T => {
      requireOpen();
      try {
        return look(...asked);
      } catch (error) {
        throw explain(error, file);
      }
    };
  const write = <T>(work: () => T): T => {
    requireOpen();
    if (readonly) throw new SignalboxError('unavailable', 'storeReadOnly', `${file} is open for reading only.`);
    try {
      const done = work();
      watch.changed();
      return done;
    } catch (error) {
      throw explain(error, file);
    }
  };

  return {
    epoch,
    commit: batch => write(() => writer.commit(batch)),
    prune: query => write(() => writer.prune(query)),
    isGone: reading((kind, id) => tables.gone.has(kind, id)),
    gone: reading(kind => tables.gone.count(kind)),
    actor: reading(id => tables.actors.get(id)),
    actors: reading(query => tables.actors.query(query)),
    list: reading(query => tables.actors.list(query)),
    ended: reading(query => tables.actors.ended(query)),
    linked: reading((link, limit) => tables.links.find(link, limit)),
    lanes: reading(() => tables.outbox.lanes()),
    counts: reading(kind => tables.tags.counts(kind)),
    neighbours: reading((kind, id, limit) => tables.actors.neighbours(kind, id, limit)),
    untagged: reading(limit => tables.actors.untagged(limit)),
    definition: reading(hash => tables.definitions.get(hash)),
    hasKey: reading((actorId, dedupeKey) => tables.log.hasKey(actorId, dedupeKey)),
    entryUnder: reading((actorId, dedupeKey) => tables.log.entryUnder(actorId, dedupeKey)),
    log: reading((actorId, range) => tables.log.page(actorId, range)),
    logSince: reading((position, limit) => tables.log.since(position, limit)),
    lastPosition: reading(() => tables.log.last()),
    watch: onChange => watch.add(onChange),
    nextTimer: reading(() => tables.timers.next()),
    dueTimers: reading((now, limit) => tables.timers.due(now, limit)),
    timers: reading(actorId => tables.timers.ofActor(actorId)),
    openJobs: reading(({ after, limit }) => tables.jobs.page(after, limit)),
    jobs: reading(actorId => tables.jobs.ofActor(actorId)),
    openOutbox: reading(({ lane, after, limit }) => tables.outbox.open(lane, after, limit)),
    outbox: reading(actorId => tables.outbox.ofActor(actorId)),
    outboxRow: reading(key => tables.outbox.get(key)),
    pendingInbox: reading(({ after, limit }) => tables.inbox.pending(after, limit)),
    inboxRow: reading(position => tables.inbox.get(position)),
    deadLetters: reading(limit => ({ events: tables.inbox.parked(limit), outbox: tables.outbox.dead(limit) })),
    integrity: () => checkApart(file),
    async backup(target) {
      requireOpen();
      if (isTaken(target)) {
        throw new SignalboxError(
          'conflict',
          'fileExists',
          `${target} exists; a backup never overwrites. Give another name.`,
        );
      }
      requireDirectory(target);
      try {
        await db.backup(target);
        chmodSync(target, 0o600);
        disown(target);
      } catch (error) {
        throw explain(error, target);
      }
    },
    close() {
      if (!db.open) return;
      check?.cancel();
      try {
        if (!readonly) tables.owner.release(epoch);
      } catch {
        // A full disk: the next process finds a dead owner.
      } finally {
        db.close();
        watch.close();
      }
    },
  };
}

/** Also by a link that leads nowhere: what is written would come where somebody else wants it. */
const isTaken = (file: string) => lstatSync(file, { throwIfNoEntry: false }) !== undefined;

/** Who owns the store in this file, whether it lives or not. Takes nothing and changes nothing. */
export function readOwner(file: string): Owner | undefined {
  const { db } = openDatabase(file, { readonly: true });
  try {
    return createOwnerTable(db).read();
  } finally {
    db.close();
  }
}

/** A copy of the store belongs to nobody, whoever owned the original while it was made. */
function disown(file: string): void {
  const db = new Sqlite(file);
  try {
    db.pragma('journal_mode = DELETE');
    createOwnerTable(db).disown();
  } finally {
    db.close();
  }
}

function createTables(db: Database) {
  return {
    owner: createOwnerTable(db),
    definitions: createDefinitionTable(db),
    actors: createActorTable(db),
    tags: createTagTable(db),
    links: createLinkTable(db),
    log: createLogTable(db),
    inbox: createInboxTable(db),
    timers: createTimerTable(db),
    jobs: createJobTable(db),
    outbox: createOutboxTable(db),
    gone: createGoneTable(db),
  };
}

const knownHeadsLimit = 10_000;

function createWriter(db: Database, tables: ReturnType<typeof createTables>, epoch: number) {
  const prune = createPrune(db, tables);
  const begin = db.prepare('BEGIN IMMEDIATE');
  const end = db.prepare('COMMIT');
  const undo = db.prepare('ROLLBACK');

  // This store is the only writer, so it knows where the log ends.
  let lastPosition = tables.log.last();

  // … and where the log of each actor ended that it has written lately.
  const knownHeads = new Map<string, number>();
  const headOf = (actorId: string) => knownHeads.get(actorId) ?? tables.log.head(actorId);

  /** Where each log entry goes, which entry of the same actor came before it, and where each actor's log ends then. */
  const place = (batch: Commit) => {
    const heads = new Map<string, number>();
    const created = new Set(batch.actors.filter(row => row.baseVersion === 0).map(row => row.id));
    const previous = batch.log.map(({ actorId }, index) => {
      const before = heads.get(actorId) ?? (created.has(actorId) ? null : headOf(actorId));
      heads.set(actorId, lastPosition + 1 + index);
      return before;
    });
    return { heads, previous };
  };

  /** One transaction under the epoch. What it has done is undone when it is not wanted, or throws. */
  const inTransaction = <T>(work: () => T, isWanted = true): T => {
    begin.run();
    try {
      tables.owner.verify(epoch);
      const done = work();
      if (isWanted) {
        end.run();
        return done;
      }
      undo.run();
      tables.tags.forget();
      return done;
    } catch (error) {
      // A full disk may already have rolled back by itself.
      if (db.inTransaction) undo.run();
      tables.tags.forget();
      throw error;
    }
  };

  const apply = (batch: Commit): Committed & { heads: Map<string, number> } => {
    for (const row of batch.definitions) tables.definitions.keep(row);
    const positions = place(batch);
    for (const row of batch.actors) {
      tables.actors.write(row, positions.heads.get(row.id) ?? headOf(row.id) ?? 0, batch.at);
      tables.tags.write(row);
    }
    for (const { actorId, tags } of batch.tagged) {
      tables.actors.retag(actorId, tags);
      tables.tags.tag(tables.actors.get(actorId)!, tags);
    }
    for (const row of batch.linked) tables.links.write(row);
    tables.tags.tally();
    const log = batch.log.map((entry, index) => {
      const position = lastPosition + 1 + index;
      tables.log.append(entry, position, positions.previous[index] ?? null);
      return position;
    });
    for (const position of batch.inboxTaken) tables.inbox.take(position);
    for (const actorId of batch.ended) {
      tables.timers.clear(actorId);
      tables.jobs.clear(actorId);
      tables.inbox.clear(actorId);
    }
    for (const { actorId, timerId } of batch.timersCleared) tables.timers.remove(actorId, timerId);
    for (const row of batch.timersSet) tables.timers.set(row);
    for (const ref of batch.jobsClosed) tables.jobs.close(ref);
    const jobs = batch.jobsOpened.map(tables.jobs.open);
    const outbox = batch.outbox.map(tables.outbox.add);
    for (const row of batch.outboxUpdates) tables.outbox.update(row);
    const inbox = batch.inbox.map(tables.inbox.add);
    return { log, inbox, jobs, outbox, heads: positions.heads };
  };

  return {
    commit(batch: Commit): Committed {
      const { heads, ...committed } = inTransaction(() => apply(batch));
      lastPosition += committed.log.length;
      if (knownHeads.size > knownHeadsLimit) knownHeads.clear();
      for (const [actorId, head] of heads) knownHeads.set(actorId, head);
      return committed;
    },
    prune(query: PruneQuery): Pruned {
      const isWanted = query.isDryRun !== true;
      const pruned = inTransaction(() => prune(query, lastPosition), isWanted);
      if (isWanted) for (const actorId of pruned.actors) knownHeads.delete(actorId);
      return pruned;
    },
  };
}
