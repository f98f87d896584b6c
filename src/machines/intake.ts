/**
 * Takes up work of a project from one place of a tracker. Deliveries name items, looks find them; each is read and judged by
 * an actor of its own, a few at a time, and what becomes a task is made in the commit in which that is known.
 *
 *   resting ── time to look, or intake.look ──▶ scanning ── done, or failed ──▶ resting
 *      └── no longer configured: retired
 */
import { assign, enqueueActions, setup } from 'xstate';
import type { CardState } from '../domain/board.ts';
import { type CandidateOutput, candidateMachine } from './candidate.ts';
import { failureIn } from './failure.ts';
import { notProvided, pureActor } from './provided.ts';
import type { Difference } from './reconciler.ts';

export interface IntakeInput {
  project: string;
  tracker: string;
  /** As the configuration says it: an id, an identifier, `owner/name`. */
  place: string;
  /** Milliseconds between two looks; null while it is not configured. */
  pollMs: number | null;
}

/** Where tracker and task say different things. */
export interface Drift {
  task: string;
  /** What people call the item. */
  key: string;
  url: string | null;
  field: 'state' | 'text' | 'existence';
  /** What each side says. */
  tracker: string;
  ours: string;
  /** What settles it: the task ends, its card is moved, or it takes over what the tracker says. */
  settle: 'task.cancel' | 'card.move' | 'text.take';
  /** Of a card that is moved the state that it comes to, by its name; null otherwise. */
  moveTo: string | null;
  /** The same for people. */
  does: string;
}

/** The parameters of the action that moves a card. */
export interface CardMove {
  tracker: string;
  ref: { project: string; id: string };
  /** The name of the state. */
  state: string;
}

/** A place as its tracker tells it: its own id, what it is called there, and where cards can stand in it. */
export interface FoundPlace {
  id: string;
  name: string;
  states: CardState[];
}

/** Reported by the actor `scan`. */
export interface Scanned {
  found: FoundPlace;
  /** From where on it is looked next, by the tracker's clock. */
  cursor: number;
  /** Items that may be work and have no task. */
  items: { id: string; updatedAt: number }[];
  looked: number;
  differences: Difference[];
  /** What differs still; null where not everything was looked at. */
  drift: Drift[] | null;
}

/** What became of an item. */
export interface TakenUp {
  id: string;
  key: string;
  task: string | null;
  why: string | null;
  /** What could not be read of it, and why its agent works on it. */
  notes: string[];
  at: number;
}

export interface IntakeContext extends IntakeInput {
  /** As it was with the last look at everything; null before the first. */
  found: FoundPlace | null;
  cursor: number | null;
  lastScanAt: number | null;
  /** When everything that is open was looked at last. */
  lastFullAt: number | null;
  looked: number;
  /** Why the last look failed; null where it did not. */
  why: string | null;
  failures: number;
  /** Items at which somebody works, and whether there was news of them since. */
  inFlight: Record<string, { again: boolean }>;
  queue: string[];
  /** Items that were found and left alone, as they were then. */
  judged: Record<string, number>;
  /** The last ones, newest last. */
  recent: TakenUp[];
  differences: (Difference & { at: number })[];
  drift: Drift[];
  /** What the model has used today. */
  used: { day: number; tokens: number };
}

export type IntakeEvent =
  | { type: 'intake.heard'; item: string; at: number }
  | { type: 'intake.look'; at: number }
  /** A person has a difference settled by us: the card is moved to where the task has it. */
  | { type: 'intake.settle'; task: string; field: Drift['field']; move: CardMove; by: string; at: number }
  /** A difference was settled elsewhere. */
  | { type: 'intake.agreed'; task: string; field: Drift['field']; by: string; at: number }
  | { type: 'intake.configured'; pollMs: number | null; at: number };

/** Everything that is open is looked at so often, whatever was heard: with the wait for the next look, in twenty minutes. */
const fullEveryMs = 900_000;
const mostAtOnce = 4;
const mostQueued = 5_000;
const mostRecent = 50;
const mostJudged = 500;
const dayMs = 86_400_000;
const longestPauseMs = 600_000;

const scannedIn = (event: unknown) => event as { output: Scanned; at: number };
const outputIn = (event: unknown) => (event as { output: CandidateOutput }).output;
/** The name of the child that works at an item. */
const childOf = (item: string) => `item.${item}`;
const itemOf = (event: { type: string }) => event.type.replace(/^xstate\.(?:done|error)\.actor\.item\./, '');

const queued = (context: IntakeContext, items: readonly string[]): Pick<IntakeContext, 'queue' | 'inFlight'> => {
  const inFlight = { ...context.inFlight };
  const queue = [...context.queue];
  for (const item of items) {
    if (Object.hasOwn(inFlight, item)) inFlight[item] = { again: true };
    else if (!queue.includes(item) && queue.length < mostQueued) queue.push(item);
  }
  return { queue, inFlight };
};

const lately = (judged: Record<string, number>) => Object.fromEntries(Object.entries(judged).slice(-mostJudged));

const usedToday = ({ used }: IntakeContext, at: number) => {
  const day = Math.floor(at / dayMs);
  return used.day === day ? used : { day, tokens: 0 };
};

const settleByMove = {
  type: 'moveCard',
  params: ({ event }: { event: unknown }) => (event as { move: CardMove }).move,
} as const;

export const intakeMachine = setup({
  types: {} as { input: IntakeInput; context: IntakeContext; events: IntakeEvent },
  actors: { scan: pureActor, candidate: candidateMachine },
  guards: {
    isConfigured: ({ context }) => context.pollMs !== null,
    isInFlight: ({ context, event }) => Object.hasOwn(context.inFlight, itemOf(event)),
  },
  delays: {
    poll: ({ context }) => Math.min((context.pollMs ?? 0) * 2 ** Math.min(context.failures, 8), longestPauseMs),
  },
  actions: {
    configure: assign(({ event }) => (event.type === 'intake.configured' ? { pollMs: event.pollMs } : {})),
    forgetFull: assign({ lastFullAt: null, judged: {} }),
    forgetDrift: assign(({ context, event }) =>
      event.type === 'intake.settle' || event.type === 'intake.agreed'
        ? { drift: context.drift.filter(({ task, field }) => task !== event.task || field !== event.field) }
        : {},
    ),
    moveCard: notProvided,
    hear: assign(({ context, event }) => (event.type === 'intake.heard' ? queued(context, [event.item]) : {})),
    recordScan: assign(({ context, event }) => {
      const { output, at } = scannedIn(event);
      const { found, cursor, items, looked, differences, drift } = output;
      return {
        ...{ found, cursor, looked, lastScanAt: at, why: null, failures: 0 },
        ...queued(
          context,
          items.map(({ id }) => id),
        ),
        judged: lately({ ...context.judged, ...Object.fromEntries(items.map(({ id, updatedAt }) => [id, updatedAt])) }),
        differences: [...context.differences, ...differences.map(one => ({ ...one, at }))].slice(-mostRecent),
        ...(drift !== null && { drift, lastFullAt: at }),
      };
    }),
    recordFailure: assign(({ context, event }) => ({
      lastScanAt: (event as unknown as { at: number }).at,
      why: failureIn(event),
      failures: context.failures + 1,
    })),
    recordEnd: enqueueActions(({ context, event, enqueue }) => {
      const { at } = event;
      const item = itemOf(event);
      const output = outputIn(event) as CandidateOutput | undefined;
      const { [item]: mine, ...inFlight } = context.inFlight;
      const why = output === undefined ? 'it could not be worked on' : output.why;
      const taken = {
        id: item,
        key: output?.key ?? item,
        task: output?.task ?? null,
        why,
        notes: output?.notes ?? [],
        at,
      };
      const used = usedToday(context, at);
      const after = { ...context, inFlight };
      const { [item]: _, ...judged } = context.judged;
      // It has ended, and would stay in the snapshot for ever.
      enqueue.stopChild(childOf(item));
      enqueue.assign({
        ...(mine?.again === true && output?.task == null ? queued(after, [item]) : { inFlight, queue: context.queue }),
        recent: [...context.recent.filter(({ id }) => id !== item), taken].slice(-mostRecent),
        // What only could not be made now is tried again with the next look at everything.
        ...(output?.isJudged !== true && { judged }),
        used: { ...used, tokens: used.tokens + (output?.tokens ?? 0) },
      });
    }),
    /** A few at a time: each asks the tracker, and git. */
    begin: enqueueActions(({ context, event, enqueue }) => {
      const { project, tracker, place, found, queue, inFlight } = context;
      if (found === null) return;
      const next = queue.slice(0, Math.max(0, mostAtOnce - Object.keys(inFlight).length));
      if (next.length === 0) return;
      const tokensUsed = usedToday(context, event.at).tokens;
      for (const item of next) {
        const ref = { project: found.id, id: item };
        enqueue.spawnChild('candidate', { id: childOf(item), input: { project, tracker, place, ref, tokensUsed } });
      }
      enqueue.assign({
        queue: queue.slice(next.length),
        inFlight: { ...inFlight, ...Object.fromEntries(next.map(item => [item, { again: false }])) },
      });
    }),
  },
}).createMachine({
  id: 'intake',
  description: 'Takes up work of a project from a tracker.',
  context: ({ input: { project, tracker, place, pollMs } }) => ({
    ...{ project, tracker, place, pollMs },
    ...{ found: null, cursor: null, lastScanAt: null, lastFullAt: null, looked: 0, why: null, failures: 0 },
    ...{ inFlight: {}, queue: [], judged: {}, recent: [], differences: [], drift: [], used: { day: 0, tokens: 0 } },
  }),
  initial: 'considering',
  on: {
    'intake.heard': { actions: ['hear', 'begin'] },
    // A look that is under way may still have seen it.
    'intake.settle': { actions: ['forgetDrift', 'forgetFull', settleByMove] },
    'intake.agreed': { actions: ['forgetDrift', 'forgetFull'] },
    'xstate.done.actor.item.*': { guard: 'isInFlight', actions: ['recordEnd', 'begin'] },
    'xstate.error.actor.item.*': { guard: 'isInFlight', actions: ['recordEnd', 'begin'] },
  } as object,
  states: {
    considering: { always: [{ guard: 'isConfigured', target: 'resting' }, { target: 'retired' }] },
    resting: {
      after: { poll: 'scanning' },
      on: {
        'intake.look': { target: 'scanning', actions: 'forgetFull' },
        'intake.configured': { target: 'considering', actions: ['configure', 'forgetFull'] },
      },
    },
    scanning: {
      invoke: {
        id: 'scan',
        src: 'scan',
        input: ({
          context: { project, tracker, place, found, cursor, lastFullAt, inFlight, queue, judged },
          event,
        }) => {
          const isFull = lastFullAt === null || (event as { at: number }).at - lastFullAt >= fullEveryMs;
          const known = [...Object.keys(inFlight), ...queue];
          return { project, tracker, place, found, since: isFull ? null : cursor, known, judged };
        },
        onDone: { target: 'considering', actions: ['recordScan', 'begin'] },
        onError: { target: 'considering', actions: 'recordFailure' },
      },
      on: {
        'intake.configured': { actions: 'configure' },
        'intake.look': { target: 'scanning', reenter: true, actions: 'forgetFull' },
      },
    },
    retired: {
      meta: { why: 'the project takes no work from there any more', owner: 'the configuration' },
      on: { 'intake.configured': { target: 'considering', actions: 'configure' } },
    },
  },
});

/** The name of a place of a tracker: under it deliveries find whoever takes up work there. */
export const placeLink = (tracker: string, place: string) => `${tracker} place ${place.toLowerCase()}`;

/** What an intake is called outside: by the tracker's own id of its place, once that is known. */
export const intakeLinks = ({ context: { tracker, place, found } }: { context: IntakeContext }): string[] => [
  ...new Set([place, ...(found === null ? [] : [found.id])].map(name => placeLink(tracker, name))),
];
