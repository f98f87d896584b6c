/** A stored actor as one that can be moved. */
import { messageOf } from '../domain/errors.ts';
import type { ActorRow } from '../persistence/store.ts';
import type { LiveActor } from './cache.ts';
import type { Definitions } from './definitions.ts';

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
