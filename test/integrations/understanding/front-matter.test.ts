/** What the front matter of a body says, and labels with it. */
import { describe, expect, test } from 'vitest';
import type { Understanding } from '../../../src/domain/understanding.ts';
import { readBody, readLabelled } from './read.ts';

const front = (...lines: string[]) => `---\n${lines.join('\n')}\n---\nSort it.`;

describe('front matter says', () => {
  test.each<[string, Partial<Understanding>]>([
    ['agent: codex', { agent: 'codex' }],
    ['difficulty: Hard', { difficulty: 'hard' }],
    ['complexity: simple', { difficulty: 'easy' }],
    ['estimate: 3h', { estimateMs: 10_800_000 }],
    ['estimate: 1h 30m', { estimateMs: 5_400_000 }],
    ['estimate: 2 days', { estimateMs: 172_800_000 }],
    ['estimate: 80k tokens', { contextTokens: 80_000, estimateMs: null }],
    ['context: 120k', { contextTokens: 120_000 }],
    ['contextTokens: 200_000', { contextTokens: 200_000 }],
    ['context-tokens: 1.5M', { contextTokens: 1_500_000 }],
    ['estimated_context: 90000', { contextTokens: 90_000 }],
    ['priority: 2', { priority: 2 }],
    ['priority: P1', { priority: 2 }],
    ['pipeline: review', { pipeline: 'review' }],
    ['blocked_by: [12, "#13", ET-4, acme/shop#4]', { blockedBy: ['#12', '#13', 'ET-4', 'acme/shop#4'] }],
    ['blocked_by: #12, #13', { blockedBy: ['#12', '#13'] }],
    ['blocked_by: [#12, !7]', { blockedBy: ['#12', '!7'] }],
    ['blockedBy:\n  - #12\n  - ET-4', { blockedBy: ['#12', 'ET-4'] }],
    ['depends-on: ET-3 and #4', { blockedBy: ['ET-3', '#4'] }],
    ['Depends on: "#4"', { blockedBy: ['#4'] }],
    ['blocks: 9', { blocks: ['#9'] }],
  ])('%s', (line, expected) => {
    expect(readBody(front(line))).toMatchObject({ ...expected, notes: [] });
  });
});

describe('what makes no sense becomes a note', () => {
  test.each([
    ['priority: 99', '"priority" in the front matter is not 1 to 10, P0 to P5, or urgent, high, medium or low.'],
    ['priority: -1', '"priority" in the front matter is not 1 to 10, P0 to P5, or urgent, high, medium or low.'],
    ['difficulty: [hard]', '"difficulty" in the front matter is not easy, medium or hard.'],
    ['difficulty: { is: hard }', '"difficulty" in the front matter is not easy, medium or hard.'],
    ['agent: ../../root', '"agent" in the front matter is not the name of an agent.'],
    ['agent: true', '"agent" in the front matter is not the name of an agent.'],
    ['context: 1e400', '"context" in the front matter is not a number of tokens such as 80k.'],
    ['context: 99M', '"context" in the front matter is not a number of tokens such as 80k.'],
    ['estimate: 3', undefined],
    ['estimate: soon', '"estimate" in the front matter is not a duration such as 3h, or tokens such as 80k tokens.'],
    ['blocked_by: [the migration]', '"the" in the front matter names no item.'],
    ['agent: a\nagent: b', 'The front matter cannot be read: a key is there twice.'],
    ['agent: [', 'The front matter cannot be read: it is not YAML.'],
    ['a: &x [1]\nagent: *x', 'The front matter cannot be read: it has aliases, or is no plain YAML.'],
    [`agent: ${'['.repeat(7_000)}`, 'The front matter cannot be read: it is not YAML.'],
    [`agent:\n  ${'- '.repeat(3_500)}x`, 'The front matter cannot be read: it is not YAML.'],
    [`agent: ${'a'.repeat(9_000)}`, 'The front matter is longer than 8000 characters and is not read.'],
  ])('%.60s', (line, note) => {
    const { agent, priority, pipeline, difficulty, contextTokens, notes } = readBody(front(line));
    expect({ agent, priority, pipeline, difficulty, contextTokens }).toEqual({
      ...{ agent: null, priority: null, pipeline: null, difficulty: null, contextTokens: null },
    });
    if (note !== undefined) expect(notes).toContain(note);
  });
});

test('leaves what it does not know, and what says nothing', () => {
  const read = readBody(front('reviewer: maria', '__proto__: x', 'constructor: x', 'agent:', 'priority: none'));
  expect(read).toMatchObject({ agent: null, priority: null, notes: [] });
});

test('takes two lines for no front matter', () => {
  expect(readBody('---\nBlocked by #12\n---\n').blockedBy).toEqual(['#12']);
  expect(readBody('---\nnote: see below\nBlocked by: #12\n---\n').blockedBy).toEqual(['#12']);
  expect(readBody('Text\n---\nagent: codex\n---\n').agent).toBeNull();
});

test('adds what the text says to what the front matter does', () => {
  const body = `${front('blocked_by: ET-3')}\n\nDepends on #4.`;
  expect(readBody(body).blockedBy).toEqual(['ET-3', '#4']);
});

describe('a label says', () => {
  test.each<[string, Partial<Understanding>]>([
    ['difficulty: hard', { difficulty: 'hard' }],
    ['difficulty::easy', { difficulty: 'easy' }],
    ['size/XL', { difficulty: 'hard' }],
    ['size: s', { difficulty: 'easy' }],
    ['priority:high', { priority: 3 }],
    ['P1', { priority: 2 }],
    ['p0', { priority: 1 }],
    ['agent:codex', { agent: 'codex' }],
    ['pipeline/review', { pipeline: 'review' }],
    ['estimate:3h', { estimateMs: 10_800_000 }],
    ['context=80k', { contextTokens: 80_000 }],
  ])('%s', (label, expected) => {
    expect(readLabelled('bug', 'area/ui', 'a: b', label)).toMatchObject({ ...expected, notes: [] });
  });
});

test('a label counts before the front matter, and its difficulty before its size', () => {
  const read = readBody(front('difficulty: easy', 'priority: 1'), { labels: ['size/XL', 'difficulty: medium', 'P4'] });
  expect(read).toMatchObject({ difficulty: 'medium', priority: 8, notes: [] });
});

test('of two labels the first counts, and a note says so', () => {
  expect(readLabelled('P3', 'priority: urgent', 'agent: a b')).toMatchObject({
    ...{ priority: 6, agent: null },
    notes: [
      'The label "priority: urgent" does not count: another says otherwise.',
      'The label "agent: a b" is not the name of an agent.',
    ],
  });
});

test('who may not write gives no orders, and labels still do', () => {
  const body = `${front('agent: root', 'pipeline: deploy', 'priority: 1', 'difficulty: hard')}\n\nBlocks #9. Blocked by #3.`;
  expect(readBody(body, { labels: ['P4'], mayDirect: false })).toMatchObject({
    ...{ agent: null, pipeline: null, priority: 8, difficulty: 'hard', blocks: [], blockedBy: ['#3'] },
    notes: [
      'The agent in the front matter does not count: its author may not write.',
      'The pipeline in the front matter does not count: its author may not write.',
      'The priority in the front matter does not count: its author may not write.',
    ],
  });
});
