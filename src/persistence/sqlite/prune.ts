/**
 * Retention: whole trees of actors that ended long ago go, a bite at a time. Every step is a look-up in an index; what a
 * bite costs depends on what it removes, not on how much there is.
 */
import type { Database } from 'better-sqlite3';
import type { EndedPlace, KeptBecause, Pruned, PruneQuery } from '../store.ts';
import type { createDefinitionTable } from './definitions.ts';
import type { createInboxTable } from './inbox.ts';
import type { createJobTable } from './jobs.ts';
import type { createLinkTable } from './links.ts';
import type { createLogTable } from './log.ts';
import type { createOutboxTable } from './outbox.ts';
import type { createTagTable } from './tags.ts';
import type { createTimerTable } from './timers.ts';

interface Tables {
  definitions: ReturnType<typeof createDefinitionTable>;
  tags: ReturnType<typeof createTagTable>;
  links: ReturnType<typeof createLinkTable>;
  log: ReturnType<typeof createLogTable>;
  inbox: ReturnType<typeof createInboxTable>;
  timers: ReturnType<typeof createTimerTable>;
  jobs: ReturnType<typeof createJobTable>;
  outbox: ReturnType<typeof createOutboxTable>;
  gone: ReturnType<typeof createGoneTable>;
}

/** An actor of a tree, as far as it has to be known to remove it. */
interface Member {
  id: string;
  kind: string;
  definition: string;
  status: string;
  tags: string | null;
  head: number;
  createdAt: number;
}

/** The ids of roots that were removed. */
export function createGoneTable(db: Database) {
  const insert = db.prepare('INSERT OR IGNORE INTO gone (kind, id) VALUES (?, ?)');
  const select = db.prepare('SELECT 1 FROM gone WHERE kind = ? AND id = ?');
  const count = db.prepare<[string], number>('SELECT count(*) FROM gone WHERE kind = ?').pluck();
  return {
    add: (kind: string, id: string) => insert.run(kind, id),
    has: (kind: string, id: string) => select.get(kind, id) !== undefined,
    count: (kind: string) => count.get(kind) ?? 0,
  };
}

/** Removes within a transaction that somebody else has begun and will end. */
export function createPrune(db: Database, tables: Tables) {
  const ended = db.prepare<[string, number, number, string, number], EndedPlace>(`
    SELECT updated_at AS updatedAt, id FROM actors
    WHERE kind = ? AND parent_id IS NULL AND status <> 'active' AND updated_at < ? AND (updated_at, id) > (?, ?)
    ORDER BY updated_at, id LIMIT ?`);
  const tree = db.prepare<[string], Member>(`
    WITH RECURSIVE tree (id) AS (
      SELECT ?
      UNION ALL
      SELECT actors.id FROM tree JOIN actors ON actors.parent_id = tree.id
    )
    SELECT actors.id, kind, definition, status, tags, head, created_at AS createdAt
    FROM tree CROSS JOIN actors ON actors.id = tree.id`);
  const remove = db.prepare<[string]>('DELETE FROM actors WHERE id = ?');

  /** The children of an actor go before it. */
  const removeTree = (members: Member[], pruned: Pruned, remembers: string | undefined): void => {
    for (const { id, kind, tags, head, createdAt } of members.toReversed()) {
      pruned.logEntries += tables.log.removeFrom(head);
      pruned.outbox += tables.outbox.clear(id);
      tables.timers.clear(id);
      tables.jobs.clear(id);
      for (const link of remembers === undefined ? [] : tables.links.of(id)) {
        if (link.includes(remembers!)) tables.gone.add('link', link);
      }
      tables.links.clear(id);
      tables.tags.remove({ id, kind, createdAt, tags: tags ? tags.split(' ') : [] });
      remove.run(id);
    }
    pruned.actors.push(...members.map(({ id }) => id));
  };

  return (query: PruneQuery, lastPosition: number): Pruned => {
    const {
      kind,
      endedBefore,
      limit,
      entries,
      after = { updatedAt: -1, id: '' },
      mayReturn = false,
      remembers,
    } = query;
    const pruned: Pruned = { roots: [], actors: [], logEntries: 0, outbox: 0, definitions: 0, kept: [], next: null };
    const definitions = new Set<string>();
    const found = ended.all(kind, endedBefore, after.updatedAt, after.id, limit);
    let last: EndedPlace | undefined;
    for (const place of found) {
      if (pruned.logEntries >= entries) break;
      last = place;
      const members = tree.all(place.id);
      const why = whyKept(members, tables);
      if (why !== undefined) {
        pruned.kept.push({ id: place.id, why });
        continue;
      }
      removeTree(members, pruned, remembers);
      pruned.roots.push(place.id);
      if (!mayReturn) tables.gone.add(kind, place.id);
      for (const { definition } of members) definitions.add(definition);
    }
    for (const hash of definitions) pruned.definitions += tables.definitions.removeUnused(hash);
    if (pruned.roots.length > 0) tables.log.rememberEnd(lastPosition);
    tables.tags.tally();
    const isAll = found.length < limit && last === found.at(-1);
    return { ...pruned, next: isAll ? null : (last ?? null) };
  };
}

function whyKept(members: readonly Member[], { inbox, outbox }: Tables): KeptBecause | undefined {
  if (members.some(({ status }) => status === 'active')) return 'living';
  const events = members.map(({ id }) => inbox.waiting(id));
  const actions = members.flatMap(({ id }) => outbox.unsettled(id));
  if (events.some(({ parked }) => parked) || actions.includes('dead')) return 'deadLetter';
  return events.some(({ pending }) => pending) || actions.includes('open') ? 'underWay' : undefined;
}
