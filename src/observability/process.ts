/** What every Node.js process can tell of itself: memory, processor time, files, the lag of its event loop, garbage collection. */
import { collectDefaultMetrics, Registry } from '@prometheus-io/client';

let registry: Registry | undefined;

/** There is one process and one set of these; its monitors have no end, so they are started once, when first asked for. */
export function processRegistry(): Registry {
  if (registry === undefined) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry;
}
