/**
 * What can be known of actors without moving them. Reads rows; machines are built only for what is restored or replayed,
 * so that a list costs no machine.
 */
import { SignalboxError } from '../domain/errors.ts';
import { nearest } from '../domain/nearest.ts';
import type { ActorRow, Store } from '../persistence/store.ts';
import type { Reader, Runtime } from './contract.ts';
import type { Definitions } from './definitions.ts';
import { logSince, until } from './feed.ts';
import type { MachineKind } from './kind.ts';
import { revive, tagOldRows } from './revive.ts';

const replaying = () => import('./replay.ts');
const rehearsing = () => import('./rehearsal.ts');

/** `definitions` is asked for when the first machine is needed. Nobody waits on when `over` aborts. */
export function createReader(
  store: Store,
  definitions: () => Promise<Definitions>,
  over: AbortSignal = new AbortController().signal,
): Reader {
  const andOver = (signal: AbortSignal | undefined) => (signal === undefined ? [over] : [signal, over]);
  async function revived(row: ActorRow) {
    const live = await revive(row, await definitions());
    if (live.broken === undefined) return live;
    throw new SignalboxError('invalid', 'brokenActor', `${row.id} cannot be used: ${live.broken}`);
  }
  async function rowOf(id: string): Promise<ActorRow> {
    const row = await store.actor(id);
    if (row !== undefined) return row;
    throw new SignalboxError('not_found', 'noActor', `There is no actor ${id}.`);
  }
  return {
    definitionOf: async id => (await revived(await rowOf(id))).definition.json,
    actor: async id => store.actor(id),
    actors: async query => store.actors(query),
    list: async query => store.list(query),
    ended: async query => store.ended(query),
    definition: async hash => (await store.definition(hash))?.definition,
    counts: async kind => store.counts(kind),
    linked: async (link, limit = 10) => store.linked(link, limit),
    lanes: async () => store.lanes(),
    nearestIds: (kind, id) => nearestIds(store, kind, id),
    async machineOf(actorId) {
      const row = await store.actor(actorId);
      if (row === undefined) return { kind: '', machine: undefined };
      const definition = await (await definitions()).load(row.kind, row.definition).catch(() => undefined);
      return { kind: row.kind, machine: definition?.stepper.machine };
    },
    async restore(row) {
      const { definition, snapshot } = await revived(row);
      return { machine: definition.stepper.machine, snapshot };
    },
    entryUnder: async (actorId, key) => store.entryUnder(actorId, key),
    log: async (actorId, range) => store.log(actorId, range),
    replay: async (id, at) => (await replaying()).replay(store, await definitions(), id, at),
    async rehearse(id, { at } = {}) {
      const { rehearsalOf } = await rehearsing();
      if (at === undefined) return rehearsalOf(store, await revived(await rowOf(id)));
      const { stoodAt } = await replaying();
      const { definition, snapshot, seq: version, at: since } = await stoodAt(store, await definitions(), id, at);
      return rehearsalOf(store, { id, definition, snapshot, version }, since);
    },
    difference: async id => (await replaying()).differenceOf(store, await definitions(), await rowOf(id)),
    verify: async onProgress => (await replaying()).verifyAll(store, await definitions(), onProgress),
    deadLetters: async () => store.deadLetters(1_000),
    onChange: listener => store.watch(listener),
    logSince: (position, signal) => logSince(store, position, andOver(signal)),
    logAfter: async (position, limit) => store.logSince(position, limit),
    lastPosition: async () => store.lastPosition(),
    until: (look, signal) => until(store, look, andOver(signal)),
  };
}

/**
 * Looks at a store beside whoever owns it. It is a runtime of which everything that would write throws `storeReadOnly`.
 * The kinds are asked for when the first machine is needed, and taken as they are stored.
 */
export function openReader(store: Store, kinds: () => Promise<readonly MachineKind[]>): Runtime {
  let definitions: Promise<Definitions> | undefined;
  const load = async () => (await import('./definitions.ts')).createDefinitions(await kinds(), store, true);
  const reader = createReader(store, () => {
    definitions ??= load();
    return definitions;
  });
  const refuse = async (): Promise<never> => {
    throw new SignalboxError('unavailable', 'storeReadOnly', 'The data is open for reading only.');
  };
  return {
    ...reader,
    create: refuse,
    send: refuse,
    announce: refuse,
    retryDeadLetter: refuse,
    migrate: refuse,
    prune: refuse,
    // Nothing is ever committed here.
    listen: () => () => {},
    idle: async () => {},
    stop: async () => {},
    load: { cached: 0, jobs: 0, actions: 0, queued: 0 },
  };
}

/** Gives the rows of older data their tags, for those who only look. Moves no actor. */
export async function tagStored(store: Store, kinds: readonly MachineKind[]): Promise<void> {
  const { createDefinitions } = await import('./definitions.ts');
  await tagOldRows(store, createDefinitions(kinds, store, true), Date.now());
}

/** Neighbours of an id, and of its beginnings: who mistypes the end of an id has its beginning right, and the reverse. */
async function nearestIds(store: Store, kind: string, id: string): Promise<string[]> {
  const found = new Set<string>();
  for (const length of new Set([id.length, Math.ceil(id.length / 2), 1])) {
    for (const other of await store.neighbours(kind, id.slice(0, length), 20)) found.add(other);
  }
  return nearest(id, [...found]);
}
