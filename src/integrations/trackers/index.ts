/** All trackers: a client is loaded when a configuration names its kind, and not before. */
import type { Tracker, TrackerKind, TrackerOptions } from '../tracker.ts';

const makers: Readonly<Record<TrackerKind, (options: TrackerOptions) => Promise<Tracker>>> = {
  plane: async options => (await import('./plane.ts')).createPlaneTracker(options),
  gitea: async options => (await import('./gitea.ts')).createGiteaTracker(options),
  github: async options => (await import('./github.ts')).createGithubTracker(options),
  gitlab: async options => (await import('./gitlab.ts')).createGitlabTracker(options),
};

export const createTracker = (kind: TrackerKind, options: TrackerOptions): Promise<Tracker> => makers[kind](options);
