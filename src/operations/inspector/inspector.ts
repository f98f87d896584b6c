/**
 * The live inspector: tells viewers of the actors there are and of everything that they do, in the protocol of Stately's
 * inspector. Who looks and what comes over the socket is the caller's business; a viewer has nothing to say here.
 */
import { machineKinds } from '../../app/machine-kinds.ts';
import type { Transition } from '../../runtime/index.ts';
import type { Site } from '../operation.ts';
import { toldOf } from './messages.ts';
import { type Attached, createAttached, rootIn, type Viewer } from './viewer.ts';

export type { Viewer } from './viewer.ts';

export interface InspectorOptions {
  /** Kinds of actors that are shown at first; all of ours without it. */
  kinds?: readonly string[];
  /** Actors that are shown at first, at the most: those that were moved last. */
  mostActors?: number;
  /** Bytes that may wait for a viewer before it is closed. */
  mostBuffered?: number;
}

export interface Inspector {
  /**
   * Shows a viewer the actors that live, and tells it of everything that is committed from now on. A viewer that is too
   * slow for it is closed with 1013. Answers how to end it, which must be called when the socket is closed.
   */
  attach(viewer: Viewer, filter?: { task?: string | undefined }): () => void;
}

/** Without viewers it does not even listen. */
export function createInspector({ runtime }: Pick<Site, 'runtime'>, options: InspectorOptions = {}): Inspector {
  const { kinds = machineKinds.map(({ name }) => name), mostActors = 200, mostBuffered = 1_000_000 } = options;
  const viewers = new Set<Attached>();
  const roots = new Map<string, string>();
  let stopListening = () => {};

  function hear(transition: Transition): void {
    const { actorId: id, parentId } = transition;
    const told = toldOf(transition, () => rootIn(roots, { id, parentId }));
    for (const viewer of viewers) viewer.hear(told);
    if (told.isOver) roots.delete(id);
  }

  return {
    attach(viewer, { task } = {}) {
      // Before anything is read: nothing that is committed meanwhile is missed.
      if (viewers.size === 0) stopListening = runtime.listen(hear);
      const attached = createAttached(viewer, {
        ...{ runtime, kinds, task, mostActors, mostBuffered, roots },
        onEnd() {
          viewers.delete(attached);
          if (viewers.size > 0) return;
          stopListening();
          roots.clear();
        },
      });
      viewers.add(attached);
      return attached.end;
    },
  };
}
