/** Rows and commits with everything filled in, so that a test names only what it is about. */
import {
  type ActorWrite,
  type Commit,
  emptyCommit,
  type InboxRow,
  type JobRow,
  type LogEntry,
  type OutboxRow,
  type TimerRow,
} from '../../src/persistence/store.ts';

export const at = 1_700_000_000_000;

/**
 * A commit with these lists and nothing else. The definition that actors live by is always part of it, and so is the
 * line in the log that comes with every version of an actor, unless the test writes its own.
 */
export function commitOf(parts: Partial<Commit> = {}): Commit {
  const { actors = [], log = [] } = parts;
  const isLogged = (row: ActorWrite) => log.some(entry => entry.actorId === row.id && entry.seq === row.version);
  const missing = actors
    .filter(row => !isLogged(row))
    .map(({ id, version }) => logEntry({ actorId: id, seq: version }));
  const definition = { hash: 'hash-1', kind: 'task', definition: { name: 'default' } };
  return { ...emptyCommit(at), definitions: [definition], ...parts, log: [...log, ...missing] };
}

export function actorWrite(more: Partial<ActorWrite> = {}): ActorWrite {
  return {
    id: 'task-1',
    kind: 'task',
    definition: 'hash-1',
    parentId: null,
    childId: null,
    status: 'active',
    state: 'created',
    tags: [],
    createdAt: at,
    listedBefore: null,
    baseVersion: 0,
    version: 1,
    snapshot: '{"value":"created"}',
    isOnlyMoved: false,
    ...more,
  };
}

export function logEntry(more: Partial<LogEntry> = {}): LogEntry {
  const type = more.type ?? 'task.create';
  return {
    actorId: 'task-1',
    seq: 1,
    at,
    type,
    event: { type },
    source: 'cli',
    dedupeKey: null,
    outcome: 'applied',
    from: '',
    to: 'created',
    reason: null,
    ...more,
  };
}

export function timerRow(more: Partial<TimerRow> = {}): TimerRow {
  return { actorId: 'task-1', timerId: 'cooldown', due: at + 1_000, event: { type: 'timer' }, target: null, ...more };
}

export function jobRow(more: Partial<JobRow> = {}): JobRow {
  return { ref: 'task-1:1:prepare', actorId: 'task-1', childId: 'prepare', src: 'prepare', input: {}, at, ...more };
}

export function outboxRow(more: Partial<OutboxRow> = {}): OutboxRow {
  return { key: 'task-1:1:0', actorId: 'task-1', type: 'alert', params: {}, target: null, lane: null, at, ...more };
}

export function inboxRow(more: Partial<InboxRow> = {}): InboxRow {
  return {
    actorId: 'task-1',
    event: { type: 'task.approve' },
    source: 'cli',
    dedupeKey: null,
    ref: null,
    at,
    parked: false,
    error: null,
    ...more,
  };
}
