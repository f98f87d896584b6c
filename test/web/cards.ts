/** Cards and events as the API answers them. */
import type { Card, FeedEntry } from '../../web/src/api/types.ts';

export const cardOf = (fields: Partial<Card>): Card => ({
  ...({ id: 'ET-1', title: 'Fix it', project: 'shop', pipeline: 'default' } as const),
  ...({ state: 'analysis.working.running', stage: 'analysis', standing: 'working' } as const),
  ...{ why: 'an agent works on it', headline: null, priority: 5, asks: null, questions: null, moves: [], version: 1 },
  ...{ createdAt: '2026-11-26T10:00:00.000Z', updatedAt: '2026-11-26T10:00:00.000Z' },
  ...{ costUsd: null, timeMs: 0, tries: null, gates: [], run: null },
  ...fields,
});

let position = 100;

export const entryOf = (fields: Partial<FeedEntry>): FeedEntry => {
  position += 1;
  return {
    ...({ position, actorId: 'ET-1', kind: 'task', taskId: 'ET-1', project: 'shop', seq: 2 } as const),
    ...({ at: '2026-11-26T10:05:00.000Z', type: 'task.pause', from: 'analysis.working.running' } as const),
    ...({ to: 'paused.analysis.held', outcome: 'applied', source: 'ann', reason: null, headline: 'paused' } as const),
    ...({ words: 'paused it; paused', by: 'ann' } as const),
    ...{ tags: ['paused'], data: {} },
    ...fields,
  };
};
