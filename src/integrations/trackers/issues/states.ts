/** The two states that issues of all forges have. */
import type { TrackerState } from '../../tracker.ts';

export const open: TrackerState = { id: 'open', name: 'open', group: 'unstarted' };
export const closed: TrackerState = { id: 'closed', name: 'closed', group: 'completed' };
/** Closed, but nothing came of it. */
export const cancelled: TrackerState = { ...closed, group: 'cancelled' };
export const states: readonly TrackerState[] = [open, closed];
