/** Follows the log for whoever tells people, hears of the buttons that they press, and brings notices to chats. */
import { setTimeout as pause } from 'node:timers/promises';
import { type AnyEventObject, fromCallback } from 'xstate';
import { commandFor } from '../../domain/command-line.ts';
import type { Press } from '../../integrations/chat.ts';
import { OutsideError } from '../../integrations/outside.ts';
import { notifierId } from '../../machines/addresses.ts';
import { isTelling, type News, newsOf } from '../../machines/notices.ts';
import type { NotifierContext, Telling } from '../../machines/notifier.ts';
import { projectsIn } from '../../machines/standing.ts';
import type { WordInput } from '../../machines/word.ts';
import type { StoredLogEntry } from '../../persistence/store.ts';
import { type JobInput, type Runtime, untilStopped } from '../../runtime/index.ts';
import { contextOf } from '../context.ts';
import type { Ground } from './ground.ts';
import { wordId } from './listening.ts';

/** Entries of the log after which it is remembered how far it was followed, whether there was anything to tell or not. */
const rememberEvery = 2_000;

type FollowInput = Pick<NotifierContext, 'position' | 'dead'>;

/** How far a notifier has come. What it was first given is what it is started with again, however often. */
async function followedBy(runtime: Runtime, { job, position, dead }: JobInput<FollowInput>): Promise<FollowInput> {
  const row = await runtime.actor(job.actorId);
  const now = row === undefined ? { position, dead } : contextOf<NotifierContext>(row);
  return now.position > position ? now : { position, dead };
}

/** Tells its parent what is worth telling, from where it has left off in the log on, until it is stopped. */
export const followLog = (ground: Ground) =>
  untilStopped(
    fromCallback<AnyEventObject, JobInput<FollowInput>>(({ input, sendBack }) => {
      const stopping = new AbortController();
      const follow = async () => {
        const runtime = await ground.runtime();
        const from = await followedBy(runtime, input);
        let { position: remembered, dead } = from;
        for await (const entries of runtime.logSince(from.position, stopping.signal)) {
          const letters = await deadLettersOf(runtime);
          const fresh = letters.filter(({ subject }) => !dead.includes(subject));
          const news = [...(await newsIn(runtime, entries)), ...fresh];
          dead = letters.map(({ subject }) => subject);
          const position = entries.at(-1)!.position;
          if (news.length === 0 && position - remembered < rememberEvery) continue;
          remembered = position;
          sendBack({ type: 'notifier.heard', news, position, dead });
        }
      };
      follow().catch(error => {
        if (!stopping.signal.aborted) sendBack({ type: 'notifier.faltered', why: String(error) });
      });
      return () => stopping.abort();
    }),
  );

async function newsIn(runtime: Runtime, entries: readonly StoredLogEntry[]): Promise<News[]> {
  const found: News[] = [];
  for (const { actorId, type, from, to, at, outcome, position } of entries) {
    if (outcome !== 'applied' || !isTelling({ from, to, type })) continue;
    const row = await runtime.actor(actorId);
    if (row === undefined) continue;
    const step = { actorId, kind: row.kind, type, from, to, at, position };
    const news = newsOf(step, { state: row.state, tags: row.tags, context: contextOf(row) });
    if (news !== null) found.push(news);
  }
  return found;
}

/** What waits for a person because nobody could carry it out. */
async function deadLettersOf(runtime: Runtime): Promise<News[]> {
  const { events, outbox } = await runtime.deadLetters();
  // What could not be told is no news to tell: it would be told again for ever.
  const others = <T extends { actorId: string }>(all: readonly T[]) =>
    all.filter(({ actorId }) => actorId !== notifierId);
  const letters = [
    ...others(events).map(({ position, actorId, error, at }) => ({ id: `event:${position}`, actorId, error, at })),
    ...others(outbox).map(({ key, actorId, error, at }) => ({ id: key, actorId, error, at })),
  ];
  return Promise.all(
    letters.map(async ({ id, actorId, error, at }): Promise<News> => {
      const row = await runtime.actor(actorId);
      return {
        event: 'deadLetter',
        severity: 'critical',
        subject: id,
        project: row === undefined ? null : (projectsIn(row.tags)[0] ?? null),
        title: `Something of ${actorId} could not be done and waits for a person`,
        text: error ?? '',
        task: row?.kind === 'task' ? actorId : null,
        command: commandFor('deadLetter.retry', { id }),
        question: null,
        isQuestion: false,
        at,
      };
    }),
  );
}

// ---- Buttons -------------------------------------------------------------------------------------------------------

/** How long a chat is asked to wait for a press before it is asked again. */
const waitMs = 25_000;
const pauseMs = 15_000;

interface ButtonsInput {
  chats: string[];
  cursors: Record<string, string>;
}

/** Tells its parent of every button that is pressed in one of the chats, until it is stopped. */
export const hearButtons = (ground: Ground) =>
  untilStopped(
    fromCallback<AnyEventObject, ButtonsInput>(({ input, sendBack }) => {
      const stopping = new AbortController();
      for (const chat of input.chats) {
        void hearChat(ground, chat, { cursor: input.cursors[chat] ?? null, signal: stopping.signal, sendBack });
      }
      return () => stopping.abort();
    }),
  );

interface Hearing {
  cursor: string | null;
  signal: AbortSignal;
  sendBack(event: AnyEventObject): void;
}

async function hearChat(ground: Ground, name: string, { cursor: from, signal, sendBack }: Hearing): Promise<void> {
  let cursor = from;
  while (!signal.aborted) {
    try {
      const chat = await ground.chats.get(name);
      if (chat.presses === undefined) return;
      const heard = await chat.presses(cursor, { waitMs, signal });
      if (signal.aborted) return;
      if (heard.presses.length > 0) {
        const words = await Promise.all(heard.presses.map(press => wordOf(ground, name, press)));
        sendBack({
          type: 'button.pressed',
          chat: name,
          cursor: heard.cursor,
          words: words.filter(word => word !== null),
        });
      }
      cursor = heard.cursor;
    } catch (error) {
      // It may be away for long, or have gone from the configuration: both are seen where notices wait for it.
      const retryAt = error instanceof OutsideError ? error.retryAt : null;
      const waits = Math.max(pauseMs, (retryAt ?? 0) - Date.now());
      // It ends early when nobody listens any more.
      await pause(waits, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** What a button means: its token names a task and the number of its question. */
async function wordOf(
  { runtime }: Ground,
  chat: string,
  { id, verb, token, by, at }: Press,
): Promise<{ id: string; input: WordInput } | null> {
  const [, taskId = '', number = ''] = /^(.+)\.(\d+)$/.exec(token) ?? [];
  const row = taskId === '' ? undefined : await (await runtime()).actor(taskId);
  if (row?.kind !== 'task') return null;
  const said = { by: 'button' as const, id };
  const input: WordInput = {
    ...{ taskId, project: projectsIn(row.tags)[0] ?? '', place: { at: 'chat', name: chat }, said, verb },
    person: { id: by.id, login: by.name, email: null },
    change: null,
    text: verb === 'reject' ? `rejected by a button in ${chat}` : '',
    // The button says which question it answers; when it was pressed says nothing more.
    saidAt: Math.max(at, Date.now()),
    question: Number(number),
  };
  return { id: wordId(chat, said), input };
}

/** Brings a notice to its chat. */
export async function sendNotice({ chats }: Ground, { chat, notice }: Telling): Promise<void> {
  await (await chats.get(chat)).send(notice);
}
