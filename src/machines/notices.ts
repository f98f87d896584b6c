/**
 * What of all that happens is told to people, and how severe it is. Read from the log: what an actor does is told by the way
 * that it went and by how it stands now, so that nobody is told of what is over.
 */
import { commandFor } from '../domain/command-line.ts';
import type { Severity } from '../domain/notice.ts';
import type { BreakerContext } from './breaker.ts';
import type { Asks, TaskContext } from './task/context.ts';

/** A transition, as the log has it. */
export interface Step {
  actorId: string;
  kind: string;
  type: string;
  from: string;
  to: string;
  at: number;
  /** Where it is in the log of everything. */
  position: number;
}

/** How the actor stands now. */
export interface Standing {
  state: string;
  tags: readonly string[];
  context: unknown;
}

/** Something to tell, before it is known to whom. */
export interface News {
  event: string;
  severity: Severity;
  subject: string;
  project: string | null;
  title: string;
  text: string;
  /** Names the page at which it is seen, and the command that answers it. */
  task: string | null;
  command: string | null;
  /** What a button answers; null where nothing can be decided by one. */
  question: number | null;
  /** Whether it puts a question: each is told, however short ago the one before was. */
  isQuestion: boolean;
  at: number;
}

/** Whether a transition may be worth telling, before anything else is looked at: nearly none is. */
export const isTelling = ({ from, to, type }: Pick<Step, 'from' | 'to' | 'type'>): boolean =>
  from !== to &&
  (/(?:^|\.)(?:awaiting\w+|blocked|turnedDown|unsure|undecided|parked)$/.test(to) ||
    /^(?:done|failed|cancelled|open|closed)$/.test(to) ||
    type === 'lease.revoked');

/** What to tell of a transition; null when it is nothing to people, or over by now. */
export function newsOf(step: Step, now: Standing): News | null {
  if (step.kind === 'task') return ofTask(step, now);
  if (step.kind === 'breaker') return ofBreaker(step, now.context as BreakerContext);
  if (step.kind === 'delivery' && now.state === 'undecided') {
    return news(step, 'delivery.ambiguous', 'warning', {
      title: 'A delivery means more than one task',
      text: 'A person has to say which.',
      command: commandFor('delivery.show', { id: step.actorId }),
    });
  }
  if (step.kind === 'mergeQueue' && step.type === 'lease.revoked') {
    return news(step, 'lease.released', 'warning', { title: 'A merge lease was taken away', text: '' });
  }
  return null;
}

function news(
  { actorId, at }: Step,
  event: string,
  severity: Severity,
  more: Pick<News, 'title' | 'text'> & Partial<News>,
): News {
  return {
    event,
    severity,
    subject: actorId,
    project: null,
    task: null,
    command: null,
    question: null,
    at,
    isQuestion: false,
    ...more,
  };
}

/** What answers a question, as an operation. */
const answeredBy: Record<Asks['kind'], string> = {
  approval: 'task.approve',
  answer: 'task.answer',
  decision: 'task.show',
  budget: 'task.approve',
  blocked: 'task.retry',
  blockers: 'task.show',
};
const asked: Record<Asks['kind'], string> = {
  approval: 'waits for an approval',
  answer: 'asks a question',
  decision: 'needs a decision',
  budget: 'has used up its budget',
  blocked: 'is blocked',
  blockers: 'waits for what will not come by itself',
};

function ofTask(step: Step, { state, tags, context }: Standing): News | null {
  const { title, project, asks = null, waitsFor, questions, endedBecause, merged } = context as TaskContext;
  const common = { project, task: step.actorId };
  if (asks !== null && ['person', 'blocked', 'paused'].some(tag => tags.includes(tag))) {
    // It has asked something else since, which is told by itself.
    if (asks.at > step.at) return null;
    const isBlocked = asks.kind === 'blocked';
    const text = [waitsFor ?? '', asks.kind === 'answer' ? (questions ?? '') : ''].filter(Boolean).join('\n\n');
    return news(step, isBlocked ? 'task.blocked' : `task.asks.${asks.kind}`, 'warning', {
      ...common,
      title: `${step.actorId} ${asked[asks.kind]}: ${title}`,
      text,
      command: commandFor(answeredBy[asks.kind], {
        taskId: step.actorId,
        ...(asks.kind === 'answer' && { text: undefined }),
      }),
      question: asks.kind === 'approval' || asks.kind === 'budget' ? asks.number : null,
      isQuestion: !isBlocked,
    });
  }
  if (state !== step.to) return null;
  const ended = { done: 'info', failed: 'critical', cancelled: 'info' } as const;
  if (!Object.hasOwn(ended, state)) return null;
  const word = state as keyof typeof ended;
  return news(step, `task.${word}`, ended[word], {
    ...common,
    title: `${step.actorId} is ${word}: ${title}`,
    text: merged === null ? (endedBecause ?? '') : `Merged as ${merged.commit.slice(0, 9)}.`,
    command: commandFor('task.show', { taskId: step.actorId }),
  });
}

function ofBreaker(step: Step, { provider }: BreakerContext): News | null {
  if (step.to === 'open') {
    return news(step, 'breaker.opened', 'critical', {
      subject: provider,
      title: `${provider} keeps failing; nothing is sent there for now`,
      text: 'It is tried again by itself.',
      command: commandFor('breaker.reset', { name: provider }),
    });
  }
  return step.to === 'closed' && step.from !== ''
    ? news(step, 'breaker.closed', 'info', { subject: provider, title: `${provider} answers again`, text: '' })
    : null;
}
