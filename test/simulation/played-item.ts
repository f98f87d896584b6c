/** The work item of the recorded deliveries, as a look at its tracker shows it: what has happened there so far. */
import type { ItemComment, Person, Tracker, WorkItem } from '../../src/integrations/tracker.ts';
import { recorded } from '../integrations/webhooks/deliveries.ts';

interface Payload {
  data: {
    id: string;
    project: string;
    name: string;
    description_stripped: string;
    sequence_id: number;
    comment_html: string;
  };
  activity: { actor: { id: string; display_name: string; email: string } };
}

const payloadOf = (name: string) => JSON.parse(recorded(`scenario/${name}`).body.toString()) as Payload;
const { data, activity } = payloadOf('01_plane.work_item_to_todo.json');
const approval = payloadOf('04_plane.comment_approved.json').data.id;

export const item = { project: data.project, id: data.id };

const ana: Person = {
  ...{ id: activity.actor.id, login: activity.actor.display_name, email: activity.actor.email, isProgram: false },
};
const us: Person = { id: 'a-bot-of-plane', login: 'dev-bot', email: null, isProgram: false };
const states = [
  ...(['Backlog', 'Todo', 'In Progress', 'Done'] as const).map((name, index) => ({
    ...{ id: name, name, group: (['backlog', 'unstarted', 'started', 'completed'] as const)[index]! },
  })),
];

export interface PlayedItem {
  tracker: Tracker;
  handOver(at: number): void;
  approve(at: number): void;
  /** What we have written there: where the card was moved, and the comments that are kept, by their markers. */
  readonly moves: readonly string[];
  readonly comments: ReadonlyMap<string, string>;
}

/** What `now` says is the time of the tracker as well. */
export function playItem(now: () => number): PlayedItem {
  let state = 'Backlog';
  let updatedAt = now();
  let approvedAt: number | null = null;
  const moves: string[] = [];
  const comments = new Map<string, string>();
  const look = (): WorkItem => ({
    ...{ ...item, key: `ORCH-${data.sequence_id}`, number: data.sequence_id, url: 'u', title: data.name },
    ...{
      body: data.description_stripped,
      state: states.find(({ name }) => name === state)!,
      labels: [],
      assignees: [],
    },
    ...{ author: ana, createdAt: 0, updatedAt, isGone: false },
  });
  const approved = (): ItemComment[] =>
    approvedAt === null
      ? []
      : [
          {
            ...{ id: approval, by: ana, createdAt: approvedAt, isEdited: false, text: ':approved:', raw: '' },
            command: { verb: 'approve', reason: '' },
          },
        ];
  const tracker: Partial<Tracker> = {
    ...{ kind: 'plane', name: 'plan', skewMs: 0 },
    account: async () => us,
    project: async () => ({ id: data.project, identifier: 'ORCH', name: 'Orchestrator', states, labels: [] }),
    item: async () => look(),
    async *changed(_, since) {
      if (since === null || updatedAt >= since) yield look();
    },
    comments: async (_, since) => approved().filter(({ createdAt }) => createdAt >= (since ?? 0)),
    comment: async () => approved()[0],
    history: async () => [],
    reactions: async () => null,
    relations: async () => null,
    mayWrite: async (_, { id }) => id === ana.id,
    async keepComment(_, { marker, body }) {
      comments.set(marker, body);
      return { id: marker, createdAt: now() };
    },
    async show(_, { state: wanted }) {
      const isChanged = wanted !== undefined && wanted !== state;
      if (isChanged) {
        state = wanted;
        moves.push(wanted);
        updatedAt = now();
      }
      return { isChanged, unknown: [] };
    },
  };
  return {
    tracker: tracker as Tracker,
    handOver(at) {
      state = 'Todo';
      updatedAt = at;
    },
    approve(at) {
      approvedAt = at;
      updatedAt = at;
    },
    moves,
    comments,
  };
}

/** A place where nobody says anything. */
export const silentTracker = (name: string): Tracker =>
  ({
    name,
    skewMs: 0,
    account: async () => us,
    comments: async () => [],
    history: async () => [],
  }) as unknown as Tracker;
