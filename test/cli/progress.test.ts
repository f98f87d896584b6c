/** A run shows that it lives: without a terminal by a line now and then. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createProgress } from '../../src/cli/progress.ts';
import type { FeedEntry, TaskView } from '../../src/service/working.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-26T10:00:00Z') }));
afterEach(() => void vi.useRealTimers());

const entry = (fields: Partial<FeedEntry>): FeedEntry =>
  ({
    ...{ position: 1, actorId: 'ET-1', kind: 'task', taskId: 'ET-1', project: 'shop', seq: 1, type: 'x', source: '' },
    ...{ at: new Date().toISOString(), from: 'a', to: 'a', outcome: 'applied', reason: null, headline: null },
    ...{ words: null, by: null, tags: [], data: {} },
    ...fields,
  }) as FeedEntry;

function begin() {
  const lines: string[] = [];
  const progress = createProgress({
    task: { id: 'ET-1', state: 'analysis.working', tags: [], headline: null } as unknown as TaskView,
    follow: async () => ({ now: () => '', close() {} }),
    look: async () => ({ used: '1,200 tokens, $0.30', activity: 'Bash: npm\ntest' }),
    isJson: false,
    write: text => void lines.push(text),
  });
  const told = () => lines.splice(0).join('');
  return { progress, told };
}

const started = () =>
  entry({ kind: 'agentRun', actorId: 'ET-1.review.3', type: 'agent.started', tags: ['busy'], data: { pid: 7 } });

test('while an agent works and nothing else is told, a line a minute says who, for how long and with what', async () => {
  const { progress, told } = begin();
  progress.onEntry(started());
  expect(told()).toContain('review: an agent works (run ET-1.review.3, process 7)');
  await vi.advanceTimersByTimeAsync(59_000);
  expect(told()).toBe('');
  await vi.advanceTimersByTimeAsync(61_000);
  expect(told()).toMatch(/ {2}… review works \dm \d\ds {2}1,200 tokens, \$0\.30 {2}Bash: npm test\n$/);
  progress.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(told()).toBe('');
});

test('while no agent works there is none', async () => {
  const { progress, told } = begin();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(told()).toBe('');
  progress.onEntry(entry({ words: 'paused it', by: 'ann@box', from: 'a', to: 'b', tags: ['paused'] }));
  expect(told()).toMatch(/ann@box paused it\n$/);
  progress.stop();
});
