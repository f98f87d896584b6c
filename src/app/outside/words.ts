/** Brings what a person has said to the task, and says to the person why it does not count where it does not. */
import { isBecause } from '../../domain/errors.ts';
import { isNamed } from '../../domain/pick.ts';
import { isAbsent } from '../../integrations/outside.ts';
import type { ItemRef, Tracker } from '../../integrations/tracker.ts';
import { taskTag } from '../../machines/delivery.ts';
import { standingIn } from '../../machines/standing.ts';
import type { TaskContext } from '../../machines/task/context.ts';
import { isForAnother } from '../../machines/task/question.ts';
import type { Checked, Told, WordContext, WordInput } from '../../machines/word.ts';
import { whyOf } from '../../machines/words.ts';
import type { EventObject } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import { outside, renderText } from '../../texts/render.ts';
import { contextOf } from '../context.ts';
import type { Ground } from './ground.ts';
import { textsOf } from './texts.ts';
import { whoMay } from './who.ts';

/** Looks whether it still stands, and whether whoever has said it may. Throws `OutsideError` while the place is away. */
export async function checkWord(
  { settings, trackers, runtime }: Pick<Ground, 'settings' | 'trackers' | 'runtime'>,
  word: WordInput,
): Promise<Checked> {
  const { place, project, person, verb } = word;
  const before = await wordBefore(await runtime(), word);
  if (before !== undefined)
    return { result: 'early', why: `what ${before.person.login} said before it is not through` };
  const tracker = place.at === 'tracker' ? await trackers.get(place.name) : undefined;
  if (tracker !== undefined) {
    const look = { comment: whyChanged, change: whyUndone, reaction: whyTakenBack, button: async () => null };
    const refused = await look[word.said.by](tracker, word);
    if (refused !== null) return refused;
  }
  const ref = place.at === 'tracker' ? place.ref : null;
  const mayWrite = () =>
    tracker === undefined || ref === null ? null : tracker.mayWrite(ref.project, { ...person, isProgram: false });
  const allowed = await whoMay(settings(), { project, place: place.name, person, verb, mayWrite });
  if ('by' in allowed) return { result: 'good', by: allowed.by };
  // Whoever only talks while an agent asks has ordered nothing.
  return { result: 'refused', why: allowed.not, isWorthAnswer: verb !== 'answer' };
}

/** What is said in one place is taken in the order in which it was said: `/pause` and `/resume` mean nothing without it. */
async function wordBefore(runtime: Runtime, word: WordInput): Promise<WordContext | undefined> {
  const living = await runtime.list({
    kind: 'word',
    tags: [taskTag(word.taskId)],
    status: 'living',
    limit: mostAtOnce,
  });
  return living.map(row => contextOf<WordContext>(row)).find(other => isBefore(other, word));
}

const mostAtOnce = 100;

function isBefore(one: WordInput, other: WordInput): boolean {
  if (one.place.at !== other.place.at || one.place.name !== other.place.name) return false;
  if (one.saidAt !== other.saidAt) return one.saidAt < other.saidAt;
  // Of the same second the ids tell, where they are numbers.
  return one.said.by === other.said.by && Number(one.said.id) < Number(other.said.id);
}

/** What is taken back, or was changed afterwards, orders nothing: somebody else may have changed it. */
async function whyChanged(tracker: Tracker, { place, said, person, verb }: WordInput): Promise<Checked | null> {
  if (place.at !== 'tracker') return null;
  const now = await tracker.comment(place.ref, said.id);
  if (now === undefined) return { result: 'refused', why: 'it was deleted', isWorthAnswer: false };
  const isOther = now.by?.id !== person.id || (now.command?.verb ?? 'answer') !== verb;
  if (!isOther && !now.isEdited) return null;
  return {
    result: 'refused',
    why: 'it was changed after it was written; write it anew',
    isWorthAnswer: verb !== 'answer',
  };
}

/** A change that was taken back, or was never made although the tracker's history has it, orders nothing. */
async function whyUndone(tracker: Tracker, { place, said, saidAt, change }: WordInput): Promise<Checked | null> {
  if (place.at !== 'tracker' || change === null) return null;
  const { on, value } = change;
  const item = await tracker.item(place.ref);
  const isSame = (name: string) => name.toLowerCase() === value.toLowerCase();
  const isThere = {
    state: () => item !== undefined && isSame(item.state.name),
    label: () => item?.labels.some(isSame) === true,
    unlabel: () => item?.labels.some(isSame) === false,
    assigned: () => item?.assignees.some(person => isNamed(value, person)) === true,
    unassigned: () => item?.assignees.some(person => isNamed(value, person)) === false,
  };
  const stands = isThere[on]() || (on === 'state' && (await haveOnlyWeMoved(tracker, place.ref, { said, saidAt })));
  return stands ? null : { result: 'refused', why: 'it was changed again since', isWorthAnswer: false };
}

/** A reaction that is not there any more orders nothing. It is named by the comment that it is to, and its own id there. */
async function whyTakenBack(tracker: Tracker, { place, said }: WordInput): Promise<Checked | null> {
  const [, comment, reaction] = /^([^.]+)\.(.+)$/.exec(said.id) ?? [];
  if (place.at !== 'tracker' || comment === undefined) return null;
  const given = (await tracker.reactions(place.ref, comment)) ?? [];
  if (given.some(({ id }) => id === reaction)) return null;
  return { result: 'refused', why: 'it was taken back', isWorthAnswer: false };
}

/** Whether the card is elsewhere only because we have shown there meanwhile how the task stands: that undoes no order. */
async function haveOnlyWeMoved(
  tracker: Tracker,
  ref: ItemRef,
  { said, saidAt }: Pick<WordInput, 'said' | 'saidAt'>,
): Promise<boolean> {
  const us = await tracker.account();
  const moves = ((await tracker.history(ref, saidAt + tracker.skewMs)) ?? []).filter(({ field }) => field === 'state');
  const later = moves.slice(moves.findIndex(({ id }) => id === said.id) + 1);
  return later.length > 0 && later.length < moves.length && later.every(({ by }) => by?.id === us.id);
}

const decides = { approve: 'task.approve', reject: 'task.reject', answer: 'task.answer', retry: 'task.retry' } as const;
const moves = { pause: 'task.pause', resume: 'task.resume', cancel: 'task.cancel' } as const;

function eventOf({ verb, text, by, saidAt, question }: WordContext): EventObject {
  const who = by ?? 'a person';
  if (verb in moves) return { type: moves[verb as keyof typeof moves], by: who };
  const answering = { saidAt, ...(question !== null && { question }) };
  const event = { type: decides[verb as keyof typeof decides], by: who, ...answering };
  if (verb === 'reject') return { ...event, reason: text || 'no reason given' };
  return verb === 'answer' ? { ...event, text } : event;
}

/** Tells the task. Told twice it is one: the word's own name is the key. */
export async function tellWord(runtime: Runtime, wordId: string, word: WordContext): Promise<Told> {
  const { taskId } = word;
  try {
    const receipt = await runtime.send(taskId, eventOf(word), { source: wordId, dedupeKey: wordId });
    const outcome =
      receipt.outcome === 'duplicate'
        ? ((await runtime.entryUnder(taskId, wordId))?.outcome ?? 'ignored')
        : receipt.outcome;
    return { outcome, why: outcome === 'applied' ? null : await whyNot(runtime, word) };
  } catch (error) {
    if (!isBecause(error, 'noActor')) throw error;
    return { outcome: 'ignored', why: `${taskId} is not there any more` };
  }
}

const wantsOf = {
  approval: 'an approval',
  answer: 'an answer',
  decision: 'a decision',
  budget: 'a budget',
  blocked: 'a retry',
  blockers: 'a decision',
};

/** Why a task did not take it, for whoever has said it. */
async function whyNot(runtime: Runtime, { taskId, saidAt, question }: WordContext): Promise<string> {
  const row = await runtime.actor(taskId);
  if (row === undefined) return `${taskId} is not there any more`;
  if (row.status !== 'active') return `${taskId} is ${standingIn(row.tags)}`;
  const { asks } = contextOf<TaskContext>(row);
  if (asks == null) {
    const { machine, snapshot } = await runtime.restore(row);
    return `${taskId} asks nobody anything now: ${whyOf(machine, snapshot) ?? 'it works'}`;
  }
  if (isForAnother(asks, { saidAt, question: question ?? undefined })) {
    return `it was said before ${taskId} asked what it asks now`;
  }
  return `${taskId} waits for ${wantsOf[asks.kind]}`;
}

export type AnswerOrder = Pick<
  WordContext,
  'place' | 'said' | 'taskId' | 'project' | 'outcome' | 'why' | 'person' | 'verb'
>;

/** Answers where it was said. */
export async function answerWord({ settings, trackers, chats }: Ground, order: AnswerOrder): Promise<void> {
  const { place, said, outcome, why, person, verb } = order;
  const name = place.at === 'chat' ? 'heard' : 'refused';
  const text = renderText(textsOf(settings()), name, { outcome, why: outside(why) });
  if (place.at === 'chat') {
    const chat = await chats.get(place.name);
    const by = { id: person.id, name: person.login };
    const press = {
      id: said.id,
      verb: verb === 'reject' ? ('reject' as const) : ('approve' as const),
      token: '',
      by,
      at: 0,
    };
    // Nobody waits for the answer to a button for long.
    const keepsButtons = outcome === 'refused';
    await chat.answerPress?.(press, text.replaceAll('`', ''), { keepsButtons }).catch(ignoreAbsent);
    return;
  }
  const marker = `<!-- signalbox:${place.name}:${said.by}:${said.id} -->`;
  const tracker = await trackers.get(place.name);
  await tracker.keepComment(place.ref, { marker, body: text }).catch(ignoreAbsent);
}

const ignoreAbsent = (error: unknown) => {
  if (!isAbsent(error)) throw error;
};
