/**
 * All tasks as cards, kept up with what happens. A transition moves its card at once, by what the event stream says; what
 * only the service can say (why it waits, what it has cost) is asked for a moment later, for many cards together.
 */
import { createStore } from '@xstate/store';
import { type Standing, stageAt, standings } from '../../../src/machines/standing.ts';
import type { Board, Card, FeedEntry } from '../api/types.ts';

export interface TasksState {
  cards: ReadonlyMap<string, Card>;
  /** Stages in their order, by the name of the pipeline. */
  pipelines: ReadonlyMap<string, readonly string[]>;
  /** In the log of all actors: everything up to it is in the cards. */
  position: number;
  /** Whether the first page is there, and whether all of them are. */
  loaded: 'nothing' | 'some' | 'all';
  problem: string | null;
}

const nothing: TasksState = { cards: new Map(), pipelines: new Map(), position: 0, loaded: 'nothing', problem: null };

export const tasksStore = createStore({
  context: nothing,
  on: {
    /** A page of the board, or some cards of it anew. */
    read: (state, { board, loaded }: { board: Board; loaded?: TasksState['loaded'] }) => {
      const isFirst = state.loaded === 'nothing';
      return {
        ...state,
        cards: withCards(state.cards, board.items),
        pipelines: withPipelines(state.pipelines, board.pipelines),
        // What comes later was read at a later position, and the events from the first one on are told anyway.
        position: isFirst ? board.position : state.position,
        loaded: loaded ?? (isFirst ? 'some' : state.loaded),
        problem: null,
      };
    },
    happened: (state, { entries }: { entries: readonly FeedEntry[] }) => ({
      ...state,
      cards: moved(state.cards, entries),
      position: entries.at(-1)?.position ?? state.position,
    }),
    failed: (state, { problem }: { problem: string }) => ({ ...state, problem }),
    forgotten: () => nothing,
  },
});

/** Of two cards of one task the one that knows more of its log. */
function withCards(present: ReadonlyMap<string, Card>, items: readonly Card[]): ReadonlyMap<string, Card> {
  const cards = new Map(present);
  for (const card of items) {
    const known = cards.get(card.id);
    if (known === undefined || card.version >= known.version) cards.set(card.id, card);
  }
  return cards;
}

function withPipelines(present: TasksState['pipelines'], found: Board['pipelines']): TasksState['pipelines'] {
  const isNew = found.some(({ name, stages }) => present.get(name)?.join() !== stages.join());
  return isNew ? new Map([...present, ...found.map(({ name, stages }) => [name, stages] as const)]) : present;
}

function moved(present: ReadonlyMap<string, Card>, entries: readonly FeedEntry[]): ReadonlyMap<string, Card> {
  let cards: Map<string, Card> | undefined;
  for (const entry of entries) {
    if (entry.kind !== 'task' || entry.taskId !== entry.actorId) continue;
    const card = (cards ?? present).get(entry.actorId);
    if (card === undefined || entry.seq <= card.version) continue;
    cards ??= new Map(present);
    cards.set(card.id, movedCard(card, entry));
  }
  return cards ?? present;
}

function movedCard(card: Card, { to, seq, at, headline, tags, from }: FeedEntry): Card {
  const isElsewhere = to !== from;
  return {
    ...card,
    version: seq,
    updatedAt: at,
    state: to,
    stage: stageAt(to),
    standing: standingOf(tags),
    headline: isElsewhere ? headline : card.headline,
    // The reason of before is not the reason now.
    why: isElsewhere ? (headline ?? '…') : card.why,
    deadline: isElsewhere ? null : card.deadline,
    moves: isElsewhere ? [] : card.moves,
  };
}

const standingOf = (tags: readonly string[]): Standing => standings.find(word => tags.includes(word)) ?? 'working';

export const hasEnded = ({ standing }: Pick<Card, 'standing'>) =>
  standing === 'done' || standing === 'cancelled' || standing === 'failed' || standing === 'broken';

/** Whether it goes on only when a person says something. */
export const needsPerson = ({ standing }: Pick<Card, 'standing'>) => standing === 'person' || standing === 'blocked';
