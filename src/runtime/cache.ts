/** Actors in memory: the most recently used ones, up to a limit. An actor that is not here costs nothing. */
import type { AnyMachineSnapshot } from 'xstate';
import type { ActorStatus } from '../persistence/store.ts';
import type { Definition } from './kind.ts';

/** An actor as it is stored, with its snapshot ready to be moved. Never changed in place. */
export interface LiveActor {
  id: string;
  definition: Definition;
  parentId: string | null;
  childId: string | null;
  status: ActorStatus;
  state: string;
  tags: readonly string[];
  createdAt: number;
  version: number;
  snapshot: AnyMachineSnapshot;
}

export interface ActorCache {
  get(id: string): LiveActor | undefined;
  put(actor: LiveActor): void;
  /** These are not stored any more. */
  forget(ids: readonly string[]): void;
  clear(): void;
  readonly size: number;
}

/** A least-recently-used cache. A limit of 0 keeps nothing. */
export function createActorCache(limit: number): ActorCache {
  const actors = new Map<string, LiveActor>();
  return {
    get(id) {
      const actor = actors.get(id);
      // A Map iterates in the order of insertion: putting an entry back makes it the youngest.
      if (actor !== undefined && actors.size * 2 > limit) {
        actors.delete(id);
        actors.set(id, actor);
      }
      return actor;
    },
    put(actor) {
      actors.delete(actor.id);
      if (limit > 0) actors.set(actor.id, actor);
      for (const oldest of actors.keys()) {
        if (actors.size <= limit) break;
        actors.delete(oldest);
      }
    },
    forget(ids) {
      for (const id of ids) actors.delete(id);
    },
    clear: () => actors.clear(),
    get size() {
      return actors.size;
    },
  };
}
