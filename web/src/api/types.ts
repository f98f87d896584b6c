/** What the API answers, as its operations describe it. Types alone: nothing of the engine is in the page. */
import type { z } from 'zod';
import type { Operations } from '../../../src/operations/index.ts';

export type Answer<Name extends keyof Operations> = z.output<Awaited<ReturnType<Operations[Name]>>['output']>;

export type { Chart } from '../../../src/machines/drawing/chart.ts';
export type { Standing } from '../../../src/machines/standing.ts';
export type { FeedEntry } from '../../../src/operations/feed-entry.ts';
export type { AgentView } from '../../../src/operations/views/agent.ts';
export type { Card } from '../../../src/operations/views/card.ts';
export type { SentEvent, TaskView } from '../../../src/operations/views/task.ts';

export type LogEntry = Answer<'task.events'>['items'][number];
export type Move = Answer<'task.show'>['moves'][number];
export type Board = Answer<'board'>;
export type Task = Answer<'task.show'>;
export type Queue = Answer<'queue.show'>;

export interface Session {
  name: string;
  role: 'viewer' | 'operator' | 'admin';
  isSignedIn: boolean;
}
