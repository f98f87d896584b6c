/** All trackers: a client is loaded when a configuration names its kind, and not before. */
import type { Tracker, TrackerKind, TrackerOptions } from '../tracker.ts';

const makers: Readonly<Partial<Record<TrackerKind, (options: TrackerOptions) => Promise<Tracker>>>> = {
  plane: async options => (await import('./plane.ts')).createPlaneTracker(options),
};

export async function createTracker(kind: TrackerKind, options: TrackerOptions): Promise<Tracker> {
  const make = makers[kind];
  if (!make) throw new Error(`There is no client for the tracker ${kind} yet.`);
  return make(options);
}
