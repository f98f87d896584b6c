/** Conditions as people write them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseWhere } from '../../src/domain/where.ts';

const document = {
  status: 'active',
  tags: ['person', 'stage:review'],
  context: { title: 'Fix the Totals', priority: 3, attempts: { development: 2 }, merged: null, is: { ready: true } },
};

const holds = (text: string) => {
  const test = parseWhere(text);
  if (typeof test !== 'function') throw new Error(`${test.problem} at ${test.at}`);
  return test(document);
};

test('a condition compares what stands at a path', () => {
  for (const text of [
    'status=active',
    'context.attempts.development>=2',
    'context.attempts.development > 1 and context.priority<=3',
    'context.priority != 4',
    'context.title~totals',
    'context.title="Fix the Totals"',
    'tags=person and tags="stage:review"',
    'context.merged=null and context.nothing=null',
    'context.is.ready=true',
    'tags.0=person',
  ]) {
    expect([text, holds(text)]).toEqual([text, true]);
  }
  for (const text of [
    'status=done',
    'context.attempts.development<2',
    'context.attempts.review>=0',
    'context.priority>"2"',
    'context.title=fix',
    'tags=blocked',
    'constructor.name=Object',
    'context.__proto__.x=1',
    'status=active and context.priority=4',
  ]) {
    expect([text, holds(text)]).toEqual([text, false]);
  }
});

test('what cannot be read says where', () => {
  for (const [text, at] of [
    ['', 1],
    ['status', 1],
    ['status=active or priority=1', 14],
    ['status=active and', 14],
    ['status=active and nonsense', 19],
    ['a=1; DROP TABLE actors', 5],
    ['context.title="open', 1],
  ] as const) {
    expect([text, parseWhere(text)]).toEqual([text, { problem: expect.any(String), at }]);
  }
});

test('any text is read or refused, and any document can be asked', () => {
  fc.assert(
    fc.property(fc.string(), fc.json(), (text, json) => {
      const read = parseWhere(text);
      if (typeof read === 'function') expect(typeof read(JSON.parse(json))).toBe('boolean');
      else expect(read.at).toBeGreaterThan(0);
    }),
  );
});
