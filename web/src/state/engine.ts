/** Keeps the tasks: reads the board, follows what happens from there on, and asks anew for what the events do not say. */
import { createActor } from 'xstate';
import { ask } from '../api/ask.ts';
import type { Board, FeedEntry } from '../api/types.ts';
import { linkMachine } from './link.ts';
import { sessionStore } from './session.ts';
import { tasksStore } from './tasks.ts';

/** Cards of one page, and tasks that have ended beyond which older ones are not read by themselves. */
const pageSize = 1_000;
const mostEnded = 20_000;
/** Cards that were moved are asked for again so often, and so many at once. */
const againMs = 400;
const mostAgain = 200;

type Listener = (entries: readonly FeedEntry[]) => void;
const listeners = new Set<Listener>();

/** Told of everything that happens, once and in order, while the page is connected. Answers how to end that. */
export function onEntries(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What happens within two frames is shown together: a busy service would have the page draw itself for each event. */
const togetherMs = 32;
let happened: FeedEntry[] = [];
let telling: ReturnType<typeof setTimeout> | undefined;

function tell(): void {
  telling = undefined;
  const entries = happened;
  happened = [];
  tasksStore.trigger.happened({ entries });
  for (const { taskId } of entries) if (taskId !== null) stale.add(taskId);
  askAgain();
  for (const listener of listeners) listener(entries);
}

const stale = new Set<string>();
let asking: ReturnType<typeof setTimeout> | undefined;

export const link = createActor(linkMachine, {
  input: {
    // What was received and is not shown yet is not asked for again.
    position: () => happened.at(-1)?.position ?? tasksStore.getSnapshot().context.position,
    onEntries(entries) {
      happened.push(...entries);
      if (telling === undefined) telling = setTimeout(tell, togetherMs);
    },
    onBeyond() {
      happened = [];
      tasksStore.trigger.forgotten();
      void begin();
    },
  },
});

/** Reads the board and goes on from there. Called again after signing in. */
export async function begin(): Promise<void> {
  try {
    let board = await ask<Board>('/board', { query: { limit: pageSize } });
    tasksStore.trigger.read({ board, loaded: board.nextCursor === null ? 'all' : 'some' });
    link.send({ type: 'link.start' });
    for (let read = board.items.length; board.nextCursor !== null && read < mostEnded; read += board.items.length) {
      board = await ask<Board>('/board', { query: { limit: pageSize, cursor: board.nextCursor } });
      tasksStore.trigger.read({ board });
    }
    tasksStore.trigger.read({ board: { ...board, items: [] }, loaded: 'all' });
  } catch (error) {
    if (sessionStore.getSnapshot().context.phase !== 'in') return;
    tasksStore.trigger.failed({ problem: error instanceof Error ? error.message : String(error) });
    setTimeout(() => void begin(), 2_000);
  }
}

/** Whoever is refused waits twice as long each time, up to this. */
const longestAgainMs = 30_000;
let pauseMs = againMs;

function askAgain(): void {
  if (asking !== undefined || stale.size === 0) return;
  asking = setTimeout(async () => {
    const ids = [...stale].slice(0, mostAgain);
    for (const id of ids) stale.delete(id);
    try {
      const board = await ask<Board>('/board', { query: { ids: ids.join(','), limit: pageSize } });
      tasksStore.trigger.read({ board });
      pauseMs = againMs;
    } catch {
      // The connection says so itself; what was to be read again still is.
      for (const id of ids) stale.add(id);
      pauseMs = Math.min(longestAgainMs, pauseMs * 2);
    }
    asking = undefined;
    if (stale.size > 0) askAgain();
  }, pauseMs);
}

/** Nothing is followed, asked for or kept of what somebody saw who is not signed in any more. */
function leave(): void {
  link.send({ type: 'link.stop' });
  clearTimeout(asking);
  asking = undefined;
  stale.clear();
  happened = [];
  tasksStore.trigger.forgotten();
}

/** Starts everything that runs for as long as the page does. */
export function startEngine(): void {
  link.start();
  const look = () => link.send({ type: document.visibilityState === 'hidden' ? 'page.hidden' : 'page.shown' });
  document.addEventListener('visibilitychange', look);
  window.addEventListener('online', () => link.send({ type: 'page.online' }));
  link.subscribe(({ value }) => {
    if (value === 'out' && sessionStore.getSnapshot().context.phase === 'in') sessionStore.trigger.left({});
  });
  sessionStore.subscribe(({ context: { phase } }) => {
    if (phase === 'out') leave();
  });
}
