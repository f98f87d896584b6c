/** A stored actor as one that can be moved. */
import { messageOf } from '../domain/errors.ts';
import { type ActorRow, emptyCommit, type Store } from '../persistence/store.ts';
import type { LiveActor } from './cache.ts';
import type { Definitions } from './definitions.ts';
import type { Definition } from './kind.ts';

const rowsPerCommit = 256;

/** Makes a stored actor ready to be moved; says why when that is not possible. */
export async function revive(row: ActorRow, definitions: Definitions): Promise<LiveActor & { broken?: string }> {
  const { id, parentId, childId, status, state, tags, createdAt, version } = row;
  try {
    const definition = definitions.find(row.definition) ?? (await definitions.load(row.kind, row.definition));
    const snapshot = definition.stepper.decode(row.snapshot);
    return { id, definition, parentId, childId, status, state, tags, createdAt, version, snapshot };
  } catch (error) {
    const definition = definitions.forNew(row.kind);
    const broken = `its snapshot cannot be restored: ${messageOf(error)}`;
    const rest = { parentId, childId, status, state, tags, createdAt, version };
    return { id, definition, ...rest, snapshot: {} as never, broken };
  }
}

/** Tags are for people: a machine that cannot say what its state means still goes on. */
export function tagsOf(definition: Definition, snapshot: LiveActor['snapshot']): readonly string[] {
  try {
    return definition.tagsOf(snapshot);
  } catch {
    return [];
  }
}

/** A machine that cannot say what it is called elsewhere is found under nothing, and still goes on. */
export function linksOf(definition: Definition, snapshot: LiveActor['snapshot']): readonly string[] {
  try {
    return definition.linksOf(snapshot);
  } catch {
    return [];
  }
}

/** Rows that are older than tags get theirs, so that lists show them; what cannot be restored gets none. */
export async function tagOldRows(store: Store, definitions: Definitions, at: number): Promise<void> {
  const next = () => store.untagged(rowsPerCommit);
  for (let rows = await next(); rows.length > 0; rows = await next()) {
    const commit = emptyCommit(at);
    for (const row of rows) commit.tagged.push({ actorId: row.id, tags: await tagsOfRow(row, definitions) });
    await store.commit(commit);
  }
}

async function tagsOfRow(row: ActorRow, definitions: Definitions): Promise<readonly string[]> {
  const live = await revive(row, definitions).catch(() => undefined);
  return live === undefined || live.broken !== undefined ? [] : tagsOf(live.definition, live.snapshot);
}
