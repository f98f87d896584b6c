/** Rebuilds actors from their logs: the time machine, and the proof that the stored snapshot is the true one. */
import type { AnyMachineSnapshot } from 'xstate';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { ActorRow, Store, StoredLogEntry } from '../persistence/store.ts';
import type { Definitions } from './definitions.ts';
import type { Definition } from './kind.ts';
import { statePath } from './stepper.ts';

const pageSize = 500;

/** An actor as it was after some event of its log. */
export interface Replayed {
  actorId: string;
  seq: number;
  state: string;
  /** The persisted snapshot as JSON text, byte for byte what the store held then. */
  snapshot: string;
  /** By which it lived then. */
  definition: Json;
}

export interface Difference {
  actorId: string;
  reason: string;
}

/** An actor as it was after some event of its log, ready to be moved. */
export interface Stood {
  definition: Definition;
  snapshot: AnyMachineSnapshot;
  seq: number;
  /** When that was, in epoch milliseconds. */
  at: number;
}

/**
 * Moves the actor again through its log, up to and including `at` (all of it by default). Throws `not_found` for an
 * unknown actor or a position beyond its log, `conflict` when the log does not lead where it says.
 */
export async function replay(
  store: Store,
  definitions: Definitions,
  actorId: string,
  { at }: { at?: number } = {},
): Promise<Replayed> {
  const { definition, snapshot, seq } = await stoodAt(store, definitions, actorId, at);
  const { stepper, json } = definition;
  return { actorId, seq, state: statePath(snapshot.value), snapshot: stepper.encode(snapshot), definition: json };
}

/** The same as something that can be moved on. Throws as `replay` does. */
export async function stoodAt(
  store: Store,
  definitions: Definitions,
  actorId: string,
  at = Number.POSITIVE_INFINITY,
): Promise<Stood> {
  const row = await store.actor(actorId);
  if (row === undefined) throw new SignalboxError('not_found', 'noActor', `There is no actor ${actorId}.`);
  if (at < 1 || (Number.isFinite(at) && at > row.version)) {
    throw new SignalboxError(
      'not_found',
      'beyondLog',
      `The log of ${actorId} goes from 1 to ${row.version}; ${at} is not in it.`,
    );
  }
  let definition = await definitions.load(row.kind, await firstDefinition(store, row));
  let snapshot: AnyMachineSnapshot | undefined;
  let seq = 0;
  let then = row.createdAt;
  while (seq < Math.min(at, row.version)) {
    const entries = await store.log(actorId, { after: seq, limit: pageSize });
    if (entries.length === 0) throw diverged(actorId, seq + 1, 'the log has a gap');
    for (const entry of entries) {
      if (entry.seq > at) break;
      if (entry.seq !== seq + 1) throw diverged(actorId, seq + 1, 'the log has a gap');
      seq = entry.seq;
      then = entry.at;
      if (entry.type === 'signalbox.migrate') {
        definition = await definitions.load(row.kind, String(entry.event.definition));
        snapshot = definition.stepper.decode(String(entry.event.snapshot));
      } else {
        snapshot = again(definition.stepper, entry, snapshot);
      }
      const state = statePath(snapshot.value);
      if (state !== entry.to) throw diverged(actorId, seq, `the log says ${entry.to}, the machine is in ${state}`);
    }
  }
  return { definition, snapshot: snapshot!, seq, at: then };
}

function again(
  stepper: Awaited<ReturnType<Definitions['load']>>['stepper'],
  entry: StoredLogEntry,
  before: AnyMachineSnapshot | undefined,
): AnyMachineSnapshot {
  const step = { actorId: entry.actorId, seq: entry.seq };
  if (before === undefined) return stepper.initial((entry.event.input ?? null) as Json, step).snapshot;
  if (entry.outcome !== 'applied') return before;
  if (entry.type === 'xstate.stop') return { ...before, status: 'stopped' } as AnyMachineSnapshot;
  try {
    return stepper.next(before, { ...entry.event, at: entry.at }, step).snapshot;
  } catch (error) {
    throw diverged(entry.actorId, entry.seq, `the machine refuses the event: ${messageOf(error)}`);
  }
}

/** The definition that the actor began with: what the first migration replaced, or the present one. */
async function firstDefinition(store: Store, row: ActorRow): Promise<string> {
  for (let after = 0; after < row.version; ) {
    const entries = await store.log(row.id, { after, limit: pageSize });
    const migration = entries.find(entry => entry.type === 'signalbox.migrate');
    if (migration !== undefined) return String(migration.event.replaced);
    const last = entries.at(-1);
    if (last === undefined) break;
    after = last.seq;
  }
  return row.definition;
}

/** So many actors are replayed without a pause. */
const replayedAtOnce = 10;

/** Replays every actor and compares with what is stored. Answers what differs, and how many were looked at. */
export async function verifyAll(
  store: Store,
  definitions: Definitions,
  onProgress: (checked: number) => void = () => {},
): Promise<{ checked: number; differences: Difference[] }> {
  const differences: Difference[] = [];
  let checked = 0;
  for (let after = ''; ; ) {
    const rows = await store.actors({ after, limit: 200 });
    if (rows.length === 0) return { checked, differences };
    for (const row of rows) {
      const reason = await differenceOf(store, definitions, row);
      if (reason !== undefined) differences.push({ actorId: row.id, reason });
      checked += 1;
      onProgress(checked);
      // Others come in between: a large log takes long.
      if (checked % replayedAtOnce === 0) await new Promise(resolve => setImmediate(resolve));
    }
    after = rows.at(-1)!.id;
  }
}

/** Why the stored snapshot is not what the log leads to; undefined when it is. */
export async function differenceOf(store: Store, definitions: Definitions, row: ActorRow): Promise<string | undefined> {
  try {
    // As of the row: whoever owns the store may go on writing.
    const replayed = await replay(store, definitions, row.id, { at: row.version });
    return replayed.snapshot === row.snapshot ? undefined : 'the stored snapshot is not the one that its log leads to';
  } catch (error) {
    return messageOf(error);
  }
}

function diverged(actorId: string, seq: number, reason: string): SignalboxError {
  return new SignalboxError(
    'conflict',
    'logDiverged',
    `The log of ${actorId} cannot be replayed at ${seq}: ${reason}.`,
  );
}
