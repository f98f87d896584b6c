/**
 * The connection to the events of the service, as a machine:
 *
 *   idle ─▶ connecting ─▶ live ──dropped──▶ lost ──after a pause──▶ connecting
 *                │ signed out ▶ out          away: nobody looks; it goes on from where it was when somebody does
 */
import { assign, fromCallback, setup } from 'xstate';
import { Refused } from '../api/ask.ts';
import { followEvents } from '../api/events.ts';
import type { FeedEntry } from '../api/types.ts';

export interface LinkInput {
  /** Where to go on from. */
  position(): number;
  onEntries(entries: FeedEntry[]): void;
  /** The position is not in the log: another database is behind it, and everything is to be read anew. */
  onBeyond(): void;
}

type LinkEvent =
  | { type: 'link.start' }
  | { type: 'link.stop' }
  | { type: 'link.opened' }
  | { type: 'link.beat' }
  | { type: 'link.dropped' }
  | { type: 'link.refused'; status: number }
  | { type: 'link.beyond' }
  | { type: 'page.hidden' }
  | { type: 'page.shown' }
  | { type: 'page.online' };

/** The server gives a sign of life every fifteen seconds; two that are missing mean that nobody is there. */
const silenceMs = 35_000;
/** A page that nobody sees holds no connection for longer than this: a browser has six for each service. */
const hiddenMs = 120_000;
const shortestPauseMs = 500;
const longestPauseMs = 15_000;

export const linkMachine = setup({
  types: {} as { context: { input: LinkInput; tries: number }; input: LinkInput; events: LinkEvent },
  actors: {
    stream: fromCallback<{ type: 'none' }, LinkInput>(({ input, sendBack }) => {
      const end = new AbortController();
      const told = {
        onOpen: () => sendBack({ type: 'link.opened' }),
        onBeat: () => sendBack({ type: 'link.beat' }),
        onEntries(entries: FeedEntry[]) {
          input.onEntries(entries);
          sendBack({ type: 'link.beat' });
        },
      };
      followEvents(input.position(), told, end.signal).then(
        () => sendBack({ type: 'link.dropped' }),
        (error: unknown) => {
          if (end.signal.aborted) return;
          const status = error instanceof Refused ? error.status : 0;
          const isBeyond = error instanceof Refused && error.problem.reason === 'beyondLog';
          if (isBeyond) sendBack({ type: 'link.beyond' });
          else if (status === 401 || status === 403) sendBack({ type: 'link.refused', status });
          else sendBack({ type: 'link.dropped' });
        },
      );
      return () => end.abort();
    }),
  },
  delays: {
    silence: silenceMs,
    hidden: hiddenMs,
    // Exponential with half of it by chance, so that the pages of a team do not all come back at once.
    pause: ({ context }) => {
      const full = Math.min(longestPauseMs, shortestPauseMs * 2 ** context.tries);
      return full / 2 + Math.random() * (full / 2);
    },
  },
  actions: {
    countTry: assign({ tries: ({ context }) => context.tries + 1 }),
    forgetTries: assign({ tries: 0 }),
    readAnew: ({ context }) => context.input.onBeyond(),
  },
}).createMachine({
  id: 'link',
  context: ({ input }) => ({ input, tries: 0 }),
  initial: 'idle',
  on: { 'link.stop': '.out' },
  states: {
    idle: { on: { 'link.start': 'following' } },
    following: {
      initial: 'connecting',
      invoke: { src: 'stream', input: ({ context }) => context.input },
      on: {
        'link.dropped': 'lost',
        'link.refused': 'out',
        'link.beyond': { target: 'idle', actions: 'readAnew' },
        // The same state anew: what was one connection ends with it.
        'page.online': { target: 'following', reenter: true },
      },
      states: {
        connecting: {
          on: { 'link.opened': { target: 'live', actions: 'forgetTries' } },
          after: { silence: '#link.lost' },
        },
        live: {
          on: { 'link.beat': { target: 'live', reenter: true }, 'page.hidden': 'unseen' },
          after: { silence: '#link.lost' },
        },
        unseen: { on: { 'page.shown': 'live' }, after: { hidden: '#link.away' } },
      },
    },
    lost: {
      entry: 'countTry',
      after: { pause: 'following' },
      on: { 'page.online': 'following', 'page.shown': 'following' },
    },
    away: { on: { 'page.shown': 'following' } },
    out: { on: { 'link.start': 'following' } },
  },
});
