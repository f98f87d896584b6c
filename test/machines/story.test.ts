/** What has happened to a task, in words. */
import { describe, expect, test } from 'vitest';
import { noUsage } from '../../src/domain/usage.ts';
import { storyOf, type ToldEntry } from '../../src/machines/task/story.ts';

const told = (type: string, event: object = {}, more: Partial<ToldEntry> = {}) =>
  storyOf({ type, event, from: 'a', to: 'a', outcome: 'applied', reason: null, headline: null, ...more });
const done = (actor: string, output: object) => told(`xstate.done.actor.${actor}`, { output });

describe('what people do is told with what they have said', () => {
  test.each([
    ['task.approve', {}, 'approved'],
    ['task.approve', { reason: 'fine,\n but small' }, 'approved: fine, but small'],
    ['task.reject', { reason: 'the API' }, 'sent back: the API'],
    ['task.answer', { text: 'Euro' }, 'answered: Euro'],
    ['task.move', { stage: 'review', reason: 'look again' }, 'moved it to review: look again'],
    ['task.cancel', { reason: 'done by hand' }, 'cancelled it: done by hand'],
  ])('%s %o', (type, event, words) => expect(told(type, event)).toBe(words));
});

describe('what its actors report', () => {
  const run = { outcome: 'succeeded', reason: '', attempts: 1, workedMs: 125_000, usage: noUsage };
  test.each([
    ['gate-tests', { gate: 'tests', verdict: 'pass', detail: 'x' }, 'gate tests passed'],
    ['gate-tests', { gate: 'tests', verdict: 'fail', detail: 'exit 1\nmore' }, 'gate tests failed: exit 1'],
    ['gate-tests', { gate: 'tests', verdict: 'inconclusive', detail: 'no npm' }, 'gate tests gave no verdict: no npm'],
    ['development', run, 'the agent of development finished, after 2m 05s'],
    [
      'development',
      {
        ...run,
        outcome: 'permanent',
        reason: 'exit code 1',
        attempts: 2,
        usage: { ...noUsage, outputTokens: 1_500, costUsd: 0.3 },
      },
      'the agent of development ended without finishing (exit code 1), after 2m 05s, 2 attempts, 1,500 tokens, $0.30',
    ],
    ['publish', { questions: '1. Which?\n2. When?', objection: null }, 'the agent asks: 1. Which? 2. When?'],
    ['publish', { questions: null, objection: 'a and b' }, 'the agent objects: a and b'],
    ['publish', { questions: null, objection: null }, null],
    ['publish', { result: 'refused', detail: 'a secret\nx' }, 'committing the work was refused: a secret'],
    ['merge', { result: 'merged', commit: '0123456789abcdef' }, 'merged as 012345678'],
    ['update', { result: 'conflict', detail: 'total.sh' }, 'the branch conflicts with its target: total.sh'],
    ['push', { result: 'away', why: 'home is down' }, 'pushing the work waits: home is down'],
    [
      'baseline',
      {
        reports: [
          { gate: 'a', verdict: 'pass', detail: '' },
          { gate: 'b', verdict: 'fail', detail: 'red' },
        ],
      },
      'before any change, gate b failed: red',
    ],
    ['prepare', { base: 'b' }, null],
  ])('%s %o', (actor, output, words) => expect(done(actor, output)).toBe(words));

  test('what broke down is told with why', () => {
    expect(told('xstate.error.actor.prepare', { error: { message: 'no space\nat x' } })).toBe(
      'making the worktree ready could not be done: no space',
    );
  });
});

test('where it comes to is told with what brought it there', () => {
  expect(told('task.approve', {}, { headline: 'review begins', to: 'b' })).toBe('approved; review begins');
  expect(told('lease.granted', {}, { headline: 'merging', to: 'b' })).toBe('merging');
});

test('what changed nothing says so, and why', () => {
  const late = { outcome: 'ignored', reason: 'it answers another question than is asked now' };
  expect(told('task.approve', {}, late)).toBe(
    'approved: changed nothing (it answers another question than is asked now)',
  );
  expect(told('ci.failed', { sha: 'abcdef0123' }, { outcome: 'ignored' })).toBe(
    'CI failed for abcdef012: changed nothing',
  );
});

test('a long text is one line, cut where nobody reads on', () => {
  expect(told('task.answer', { text: 'x'.repeat(1_000) })).toBe(`answered: ${'x'.repeat(300)}…`);
});
