/** The events and payloads by which the machines are explored that speak with trackers and chats. */
import { candidateMachine } from '../../src/machines/candidate.ts';
import { conversationMachine } from '../../src/machines/conversation.ts';
import { intakeMachine } from '../../src/machines/intake.ts';
import type { News } from '../../src/machines/notices.ts';
import { notifierMachine } from '../../src/machines/notifier.ts';
import { routineMachine } from '../../src/machines/routine.ts';
import { type WordPlace, wordMachine } from '../../src/machines/word.ts';
import { deadlinesOf, failure } from './cases.ts';
import type { ModelEvent, ModelOptions } from './paths.ts';

const done = (child: string, output: unknown): ModelEvent => ({ type: `xstate.done.actor.${child}`, output });
const actor = (id: string) => ({ actor: { id, parentId: null, at: 0 } });
const made: ModelEvent = { type: 'actor.made', actorId: 'ET-1' };
const refused = (reason: string): ModelEvent => ({ type: 'actor.refused', actorId: 'ET-1', reason });
const outputs = (field: string) => (context: Record<string, unknown>) => [context[field]];

export const conversationModel: ModelOptions = {
  input: { taskId: 't', project: 'p', ...actor('conversation:t') },
  events: [
    ...['news', 'asked', 'over'].map(word => ({ type: `conversation.${word}` })),
    ...[true, false].map(isAsking => done('listen', { cursors: {}, words: [], isAsking })),
    failure('listen'),
    ...deadlinesOf(conversationMachine as never),
  ],
  project: outputs('isAsking'),
};

const item = { labels: [], state: { name: 'Todo', group: 'unstarted' }, assignees: [], author: null, isGone: false };
const rules = { labels: [], states: [], assignees: [], authors: [] };
const us = { id: '1', login: 'bot', email: null };
const read = { result: 'read', key: 'ET-1', pick: rules, item, us, untrusted: null };

/** One that has so many tries and losses behind it. */
export const candidateModel = (isNearEnd: boolean): ModelOptions => ({
  input: {
    ...{ project: 'p', tracker: 'plan', place: 'ET', ref: { project: 'x', id: 'i' }, tokensUsed: 0 },
    ...actor('intake.item.i.1'),
  },
  events: [
    done('read', read),
    done('read', { ...read, item: { ...item, isGone: true } }),
    done('read', { ...read, untrusted: 'by a stranger' }),
    done('read', { result: 'left', key: 'ET-1', why: 'gone' }),
    failure('read'),
    done('arrange', { id: 'ET-1', definition: null, input: null, links: ['plan item i'], tokens: 5, notes: [] }),
    failure('arrange'),
    made,
    refused('ET-1 is it already'),
    refused('it exists already'),
    ...deadlinesOf(candidateMachine as never),
  ],
  project: context => [isNearEnd ? Math.min(context.tries as number, 6) : 0, context.losses],
});

export const intakeModel: ModelOptions = {
  input: { project: 'p', tracker: 'plan', place: 'ET', pollMs: 1_000, ...actor('intake:p:plan:ET') },
  events: [
    { type: 'intake.heard', item: 'a' },
    { type: 'intake.look' },
    { type: 'intake.settle', task: 't', field: 'state', move: {}, by: 'me' },
    { type: 'intake.agreed', task: 't', field: 'state', by: 'me' },
    { type: 'intake.configured', pollMs: null },
    { type: 'intake.configured', pollMs: 2_000 },
    done('scan', {
      ...{ found: { id: 'x', name: 'Shop', states: [] }, cursor: 5, items: [{ id: 'a', updatedAt: 1 }], looked: 1 },
      ...{ differences: [], drift: [] },
    }),
    failure('scan'),
    done('item.a', { id: 'a', key: 'ET-1', task: 'ET-1', why: null, tokens: 1, isJudged: true, notes: [] }),
    failure('item.a'),
    ...deadlinesOf(intakeMachine as never),
  ],
  project: context => [
    context.pollMs === null,
    context.found !== null,
    Object.keys(context.inFlight as object),
    (context.queue as string[]).length > 0,
  ],
};

/** One that is said at a tracker, or by a button of a chat. */
export const wordModel = (place: WordPlace): ModelOptions => ({
  input: {
    ...{ taskId: 't', project: 'p', place, said: { by: 'comment', id: '1' }, change: null, verb: 'approve', text: '' },
    ...{ person: { id: '7', login: 'maria', email: null }, saidAt: 0, question: null },
    ...actor('word:plan:comment:1'),
  },
  events: [
    done('check', { result: 'good', by: 'maria' }),
    ...[true, false].map(isWorthAnswer => done('check', { result: 'refused', why: 'no', isWorthAnswer })),
    done('check', { result: 'early', why: 'the one before it' }),
    failure('check'),
    ...['applied', 'ignored'].map(outcome => done('tell', { outcome, why: null })),
    failure('tell'),
    ...deadlinesOf(wordMachine as never),
  ],
  project: context => [Math.min(context.tries as number, 291)],
});

const plan = {
  ...{ project: 'p', cron: '0 3 * * *', timeZone: 'UTC', jitterMs: 0, skipWhileRunning: true },
  ...{ title: 'Update', body: '', pipeline: null, priority: null },
};

export const routineModel: ModelOptions = {
  input: { name: 'nightly', plan, ...actor('routine:nightly') },
  events: [
    done('plan', { nextAt: 9_000_000_000_000 }),
    done('plan', { nextAt: null }),
    failure('plan'),
    done('arrange', { result: 'ready', id: 'ET-1', definition: null, input: null }),
    done('arrange', { result: 'skipped', why: 'the last has not ended' }),
    failure('arrange'),
    made,
    refused('it exists already'),
    { type: 'routine.run', by: 'me' },
    { type: 'routine.configured', plan: null },
    { type: 'routine.configured', plan },
    ...deadlinesOf(routineMachine as never),
  ],
  project: context => [context.plan === null, Math.min(context.tries as number, 11)],
};

export const news = (more: Partial<News> = {}): News => ({
  ...{ event: 'task.blocked', severity: 'warning', subject: 'ET-1', project: 'p', title: 'ET-1 is blocked', text: '' },
  ...{ task: 'ET-1', command: null, question: null, isQuestion: false, at: 0 },
  ...more,
});

const rule = { chat: 'ops', events: [], severity: 'info', projects: [], cooldownMs: 0 };

export const notifierModel: ModelOptions = {
  input: { rules: [rule], publicUrl: null, position: 0, ...actor('notifier') },
  events: [
    { type: 'notifier.heard', news: [news()], position: 1, dead: [] },
    { type: 'notifier.configured', rules: [], publicUrl: null, position: 1 },
    { type: 'notifier.configured', rules: [rule], publicUrl: null, position: 1 },
    { type: 'notifier.faltered', why: 'no reason' },
    { type: 'button.pressed', chat: 'ops', cursor: '2', words: [] },
    failure('followLog'),
    failure('hearButtons'),
    ...deadlinesOf(notifierMachine as never),
  ],
  project: context => [(context.rules as unknown[]).length > 0],
};
