/**
 * Reads what people have said of a task since the last look: comments under its item and its pull request, changes of the
 * item, reactions to a question. What is our own, a program's, or older than the task is nobody's word.
 */
import { type Change, type Verb, verbOf } from '../../domain/board.ts';
import { isProgramName } from '../../integrations/program.ts';
import type { ItemChange, ItemComment, ItemRef, Person, Tracker } from '../../integrations/tracker.ts';
import type { ConversationInput, Cursor, Heard } from '../../machines/conversation.ts';
import type { TaskContext } from '../../machines/task/context.ts';
import { clockToleranceMs, isBefore } from '../../machines/task/question.ts';
import type { WordInput } from '../../machines/word.ts';
import type { ActorRow } from '../../persistence/store.ts';
import { contextOf } from '../context.ts';
import type { Ground } from './ground.ts';
import { type ProjectSource, sourceFor } from './trackers.ts';

/** A place where people speak of a task. */
interface Place {
  name: string;
  ref: ItemRef;
  /** What changes of the item order; null where only comments count, as under a pull request. */
  source: ProjectSource | null;
}

/** What is read again each time: not everything is seen in the order in which it was written. */
const overlapMs = 60_000;

export type ListenInput = ConversationInput & {
  cursors: Record<string, Cursor>;
  /** Whether nobody has told of news; absent: somebody has. */
  isPoll?: boolean;
};

export async function listen(
  ground: Ground,
  { taskId, project, cursors, isPoll = false }: ListenInput,
): Promise<Heard> {
  const runtime = await ground.runtime();
  const row = await runtime.actor(taskId);
  if (row === undefined || row.status !== 'active') return { cursors: {}, words: [], isAsking: false };
  const task = contextOf<TaskContext>(row);
  const heard: Heard = { cursors: {}, words: [], isAsking: task.asks != null };
  for (const place of placesOf(ground, task)) {
    const key = `${place.name} ${place.ref.project} ${place.ref.id}`;
    const found = await listenAt(ground, place, { row, task, project, cursor: cursors[key] ?? unread, isPoll });
    heard.cursors[key] = found.cursor;
    for (const word of found.words) {
      const id = wordId(place.name, word.said);
      // Whoever was heard before is not heard again; it would be refused, and on record.
      if ((await runtime.actor(id)) === undefined) heard.words.push({ id, input: word });
    }
  }
  return heard;
}

const unread: Cursor = { comments: null, changes: null };

export const wordId = (place: string, { by, id }: WordInput['said']) => `word:${place}:${by}:${encodeURIComponent(id)}`;

function placesOf({ settings }: Ground, { source, forge, project }: TaskContext): Place[] {
  const places: Place[] = [];
  if (source?.item !== undefined) {
    const ref = { project: source.project, id: source.item };
    places.push({ name: source.tracker, ref, source: sourceFor(settings(), project, source) ?? null });
  }
  if (forge?.pullRequest != null) {
    const { name, repository, pullRequest } = forge;
    const isMergeRequest = settings().forges[name]?.kind === 'gitlab';
    const id = `${isMergeRequest ? '!' : ''}${pullRequest.number}`;
    places.push({ name, ref: { project: repository, id }, source: null });
  }
  return places;
}

interface At {
  row: ActorRow;
  task: TaskContext;
  project: string;
  cursor: Cursor;
  isPoll: boolean;
}

async function listenAt(
  { trackers }: Ground,
  { name, ref, source }: Place,
  { row, task, project, cursor, isPoll }: At,
): Promise<{ cursor: Cursor; words: WordInput[] }> {
  const tracker = await trackers.get(name);
  const us = await tracker.account();
  const begin = row.createdAt + tracker.skewMs;
  const common = { taskId: row.id, project, place: { at: 'tracker' as const, name, ref } };
  // Some let whoever writes say when he did: nothing is from the future, and nothing after it would be heard otherwise.
  const latest = Date.now() + tracker.skewMs + clockToleranceMs;
  const ours = (at: number) => Math.min(at, latest) - tracker.skewMs;

  // Whoever takes up work there sees twice a minute which items have changed, and tells of it: a hundred tasks that wait
  // for a person would ask four hundred times a minute for the same. Reactions change no item.
  const isSeen = isPoll && source?.name === name;
  const comments = isSeen ? [] : await tracker.comments(ref, cursor.comments ?? begin);
  const said = comments.flatMap(comment => {
    const verb = comment.createdAt >= begin && isPerson(comment.by, us) ? verbIn(comment, task, ours) : null;
    if (verb === null) return [];
    const text = comment.command === null ? comment.text : comment.command.reason;
    return [
      wordOf(common, { by: 'comment', id: comment.id }, comment.by!, { verb, text, saidAt: ours(comment.createdAt) }),
    ];
  });

  const changes = source === null || isSeen ? [] : ((await tracker.history(ref, cursor.changes ?? begin)) ?? []);
  const done = await Promise.all(
    changes
      .filter(({ at, by }) => at >= begin && isPerson(by, us))
      .map(async change => {
        const order = await orderOf(change, { tracker, source: source!, ref, us });
        if (order === null) return [];
        const { verb, ...what } = order;
        const text = `${change.field}: ${change.from ?? '–'} → ${change.to ?? '–'}`;
        return [
          wordOf(common, { by: 'change', id: change.id }, change.by!, {
            verb,
            text,
            saidAt: ours(change.at),
            change: what,
          }),
        ];
      }),
  );

  return {
    cursor: {
      comments: nextFrom(
        comments.map(({ createdAt }) => Math.min(createdAt, latest)),
        cursor.comments,
        begin,
      ),
      changes: nextFrom(
        changes.map(({ at }) => Math.min(at, latest)),
        cursor.changes,
        begin,
      ),
    },
    words: [...said, ...done.flat(), ...(await reactionsTo(task, { tracker, source, ref, us, common }))],
  };
}

/** Whether somebody has done it who may order something: neither we nor a program. */
export const isPerson = (by: Person | null, us: Person): boolean =>
  by !== null && by.id !== us.id && !by.isProgram && !isProgramName(by.login);

const orderLike = /^\s*(?::(?:approved|rejected):|\/(?:approve|reject|answer|retry|pause|resume|cancel)\b)/im;

/** What a comment orders: what it says, or, where the agent asks, that it is the answer. */
function verbIn(
  { command, createdAt, text }: ItemComment,
  { asks }: TaskContext,
  ours: (at: number) => number,
): Verb | null {
  if (command !== null) return command.verb;
  // Two orders in one are none, and no answer either.
  if (orderLike.test(text)) return null;
  const isAnswer = asks?.kind === 'answer' && !isBefore({ saidAt: ours(createdAt) }, asks.at) && text.trim() !== '';
  return isAnswer ? 'answer' : null;
}

function wordOf(
  common: Pick<WordInput, 'taskId' | 'project' | 'place'>,
  said: WordInput['said'],
  { id, login, email }: Person,
  { change = null, ...what }: Pick<WordInput, 'verb' | 'text' | 'saidAt'> & Partial<Pick<WordInput, 'change'>>,
  question: number | null = null,
): WordInput {
  return { ...common, said, person: { id, login, email }, change, ...what, question };
}

const nextFrom = (times: readonly number[], before: number | null, begin: number): number =>
  Math.max(before ?? begin, ...times.map(time => time - overlapMs));

interface Around {
  tracker: Tracker;
  ref: ItemRef;
  us: Person;
}

type Ordered = NonNullable<WordInput['change']> & { verb: Verb };

/** What a change of the item orders, by the table of the project. */
export async function orderOf(
  change: ItemChange,
  { tracker, source, ref, us }: Around & { source: ProjectSource },
): Promise<Ordered | null> {
  const changes = await changesIn(change, { tracker, ref, us });
  for (const one of changes) {
    const verb = verbOf(source.board, one);
    // Whoever is meant by `me` is found again by his name.
    if (verb !== null) return { on: one.on, value: changes[0]!.value, verb };
  }
  return null;
}

type OwnChange = Change & { on: Exclude<Change['on'], 'reaction'> };

async function changesIn({ field, from, to }: ItemChange, { tracker, ref, us }: Around): Promise<OwnChange[]> {
  if (field === 'state') {
    if (to === null) return [];
    const { states } = await tracker.project(ref.project);
    return [{ on: 'state', value: to, group: states.find(({ name }) => name === to)?.group }];
  }
  const on = { label: ['label', 'unlabel'], assignee: ['assigned', 'unassigned'] } as const;
  const value = to ?? from ?? '';
  const name = to === null ? on[field][1] : on[field][0];
  const isUs = field === 'assignee' && (value === us.login || value === us.id);
  return [{ on: name, value }, ...(isUs ? [{ on: name, value: 'me' }] : [])];
}

/** A reaction to the comment that puts the question decides that question, and no other. */
async function reactionsTo(
  { asks, questionComment }: TaskContext,
  {
    tracker,
    source,
    ref,
    us,
    common,
  }: Around & { source: ProjectSource | null; common: Pick<WordInput, 'taskId' | 'project' | 'place'> },
): Promise<WordInput[]> {
  if (asks == null || source === null || questionComment?.question !== asks.number) return [];
  const reactions = (await tracker.reactions(ref, questionComment.id)) ?? [];
  return reactions.flatMap(({ id, by, verb: reaction }) => {
    const verb = isPerson(by, us) ? verbOf(source.board, { on: 'reaction', value: reaction }) : null;
    if (verb === null) return [];
    const said = { by: 'reaction' as const, id: `${questionComment.id}.${id}` };
    return [wordOf(common, said, by, { verb, text: `a reaction: ${reaction}`, saidAt: asks.at }, asks.number)];
  });
}
