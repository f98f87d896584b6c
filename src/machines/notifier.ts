/**
 * Tells people what happens. It follows the log from where it left off, so that nothing is missed over a restart; what it
 * tells goes to each chat as an action of its own, in that chat's lane, marked so that a repeat is recognised.
 *
 *   following ── something happened: to every chat whose rules want it, unless it has just been told ──▶ following
 *      └── nobody wants to hear anything: retired
 */
import { assign, enqueueActions, setup } from 'xstate';
import { type Notice, type Severity, severities } from '../domain/notice.ts';
import type { News } from './notices.ts';
import { notProvided, pureActor } from './provided.ts';
import type { WordInput } from './word.ts';

/** What is told where. */
export interface NotifierRule {
  chat: string;
  /** `breaker.opened`; `task.*` means all that begin so; empty: all. */
  events: string[];
  /** This and what is more severe. */
  severity: Severity;
  /** Empty: all. */
  projects: string[];
  /** The same event about the same thing is not told again before this has passed, in milliseconds. */
  cooldownMs: number;
}

export interface NotifierInput {
  rules: NotifierRule[];
  /** Where people see tasks; null where no address is known. */
  publicUrl: string | null;
  /** Position in the log up to which nothing is told any more. */
  position: number;
}

export interface NotifierContext extends NotifierInput {
  /** When the same was told last, and how often it was held back since, by rule, event and subject. */
  told: Record<string, { at: number; heldBack: number }>;
  count: number;
  /** Dead letters that are there and were told. */
  dead: string[];
  /** How far the buttons of each chat were heard. */
  cursors: Record<string, string>;
}

export type NotifierEvent =
  /** What the log has held since, up to a position. */
  | { type: 'notifier.heard'; news: News[]; position: number; dead: string[]; at: number }
  /** Whoever follows the log cannot go on. */
  | { type: 'notifier.faltered'; why: string; at: number }
  /** Somebody has pressed a button, and how far that chat was heard by it. */
  | {
      type: 'button.pressed';
      chat: string;
      cursor: string | null;
      words: { id: string; input: WordInput }[];
      at: number;
    }
  /** `position` is where the log ends now: whoever begins to hear is not told what was before. */
  | { type: 'notifier.configured'; rules: NotifierRule[]; publicUrl: string | null; position: number; at: number };

/** The parameters of the action that tells one chat. */
export interface Telling {
  chat: string;
  notice: Notice;
}

const mostTold = 2_000;

const fits = (rule: NotifierRule, { event, severity, project }: News): boolean =>
  severities.indexOf(severity) >= severities.indexOf(rule.severity) &&
  (rule.events.length === 0 || rule.events.some(name => isMeant(name, event))) &&
  (rule.projects.length === 0 || (project !== null && rule.projects.includes(project)));

const isMeant = (name: string, event: string) =>
  name.endsWith('*') ? event.startsWith(name.slice(0, -1)) : event === name || event.startsWith(`${name}.`);

/** Of what was told long ago nobody remembers. */
function withoutOld(
  told: NotifierContext['told'],
  rules: readonly NotifierRule[],
  at: number,
): NotifierContext['told'] {
  const longest = Math.max(0, ...rules.map(({ cooldownMs }) => cooldownMs));
  const entries = Object.entries(told).filter(([, { at: then }]) => at - then < longest);
  return Object.fromEntries(entries.slice(-mostTold));
}

interface Decided {
  tellings: Telling[];
  told: NotifierContext['told'];
  count: number;
}

/** What goes to which chat, and what is held back because the same has just been told there. */
function decide(context: NotifierContext, all: readonly News[], at: number): Decided {
  const { rules, publicUrl } = context;
  const told = { ...context.told };
  const tellings: Telling[] = [];
  let { count } = context;
  for (const news of all) {
    const chats = new Set<string>();
    for (const rule of rules) {
      if (chats.has(rule.chat) || !fits(rule, news)) continue;
      chats.add(rule.chat);
      const key = `${rule.chat} ${news.event} ${news.subject}`;
      const before = told[key];
      // A question that is asked anew is another question.
      const isNews = news.isQuestion || rule.cooldownMs === 0;
      if (!isNews && before !== undefined && at - before.at < rule.cooldownMs) {
        told[key] = { at: before.at, heldBack: before.heldBack + 1 };
        continue;
      }
      if (rule.cooldownMs > 0) told[key] = { at, heldBack: 0 };
      count += 1;
      tellings.push({ chat: rule.chat, notice: noticeOf(news, { count, publicUrl, heldBack: before?.heldBack ?? 0 }) });
    }
  }
  return { tellings, told: withoutOld(told, rules, at), count };
}

function noticeOf(
  { project: _, task, question, isQuestion: __, ...news }: News,
  { count, publicUrl, heldBack }: { count: number; publicUrl: string | null; heldBack: number },
): Notice {
  const token = question === null || task === null ? null : `${task}.${question}`;
  return {
    ...news,
    // Whose they are is told by where they are seen; two notifiers never speak in one chat by one name.
    id: `n${count.toString(36)}-${news.at.toString(36)}`,
    url: publicUrl === null || task === null ? null : `${publicUrl}/tasks/${encodeURIComponent(task)}`,
    buttons:
      token === null || token.length > 48
        ? []
        : [
            { label: 'Approve', verb: 'approve' as const, token },
            // A budget is granted or not: the work itself is not sent back for it.
            ...(news.event === 'task.asks.budget' ? [] : [{ label: 'Reject', verb: 'reject' as const, token }]),
          ],
    heldBack,
  };
}

export const notifierMachine = setup({
  types: {} as { input: NotifierInput; context: NotifierContext; events: NotifierEvent },
  actors: { followLog: pureActor, hearButtons: pureActor },
  guards: { isWanted: ({ context }) => context.rules.length > 0 },
  actions: {
    configure: assign(({ context, event }) =>
      event.type === 'notifier.configured'
        ? {
            rules: event.rules,
            publicUrl: event.publicUrl,
            position: context.rules.length === 0 ? event.position : context.position,
          }
        : {},
    ),
    hearButton: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'button.pressed') return;
      const { chat, cursor, words } = event;
      for (const params of words) enqueue({ type: 'makeWord', params } as never);
      if (cursor !== null) enqueue.assign({ cursors: { ...context.cursors, [chat]: cursor } });
    }),
    tell: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'notifier.heard') return;
      const { tellings, told, count } = decide(context, event.news, event.at);
      for (const params of tellings) enqueue({ type: 'sendNotice', params } as never);
      enqueue.assign({ told, count, dead: event.dead, position: Math.max(context.position, event.position) });
    }),
    sendNotice: notProvided,
    makeWord: notProvided,
  },
}).createMachine({
  id: 'notifier',
  description: 'Tells people in chats what happens.',
  context: ({ input: { rules, publicUrl, position } }) => ({
    ...{ rules, publicUrl, position, told: {}, count: 0, dead: [], cursors: {} },
  }),
  initial: 'considering',
  states: {
    considering: { always: [{ guard: 'isWanted', target: 'following' }, { target: 'retired' }] },
    following: {
      invoke: [
        {
          id: 'followLog',
          src: 'followLog',
          input: ({ context: { position, dead } }) => ({ position, dead }),
          onError: 'faltering',
        },
        {
          id: 'hearButtons',
          src: 'hearButtons',
          input: ({ context: { rules, cursors } }) => ({ chats: [...new Set(rules.map(({ chat }) => chat))], cursors }),
          onError: 'faltering',
        },
      ],
      on: {
        'notifier.heard': { actions: 'tell' },
        'button.pressed': { actions: 'hearButton' },
        'notifier.faltered': 'faltering',
        'notifier.configured': { target: 'considering', actions: 'configure' },
      },
    },
    // Whoever follows has failed: it begins again where it was.
    faltering: {
      after: { 10000: 'following' },
      on: { 'notifier.configured': { target: 'considering', actions: 'configure' } },
    },
    retired: {
      meta: { why: 'nobody wants to hear anything', owner: 'the configuration' },
      on: { 'notifier.configured': { target: 'considering', actions: 'configure' } },
    },
  },
});
