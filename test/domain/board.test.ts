/** The tables between a tracker and a task, and the rules by which items are taken up. */
import { expect, test } from 'vitest';
import { type Board, type Change, lookOf, usualBoard, verbOf } from '../../src/domain/board.ts';
import { type Pickable, usualPick, whyNotPicked } from '../../src/domain/pick.ts';

const board: Board = {
  hear: [
    { on: 'state', value: 'Approved', does: 'approve' },
    { on: 'label', value: 'hold', does: 'pause' },
    { on: 'unlabel', value: 'hold', does: 'resume' },
    { on: 'state', value: 'Duplicate', does: null },
    ...usualBoard.hear,
  ],
  show: {
    ...usualBoard.show,
    review: { state: 'In review', label: 'agent-reviews' },
    person: { state: null, label: 'agent-waits' },
  },
};

test.each<[string, Change, ReturnType<typeof verbOf>]>([
  ['a card that comes into a state approves', { on: 'state', value: 'approved ', group: 'started' }, 'approve'],
  ['a label pauses', { on: 'label', value: 'HOLD' }, 'pause'],
  ['taking it away resumes', { on: 'unlabel', value: 'hold' }, 'resume'],
  [
    'a closed item cancels, whatever its state is called',
    { on: 'state', value: 'Fertig', group: 'completed' },
    'cancel',
  ],
  ['what a project declares comes first', { on: 'state', value: 'Duplicate', group: 'cancelled' }, null],
  ['a thumb up approves', { on: 'reaction', value: 'approve' }, 'approve'],
  ['a thumb down says nothing of why', { on: 'reaction', value: 'reject' }, null],
  ['any other label means nothing', { on: 'label', value: 'bug' }, null],
  ['a state that is called like a label means nothing', { on: 'state', value: 'hold', group: 'started' }, null],
])('%s', (_, change, verb) => {
  expect(verbOf(board, change)).toBe(verb);
});

test('while it works the stage says more than the standing', () => {
  expect(lookOf(board, { standing: 'working', stage: 'development' })).toEqual({
    ...{ state: '@started', addLabels: [], removeLabels: ['agent-reviews', 'agent-waits'] },
  });
  expect(lookOf(board, { standing: 'working', stage: 'review' })).toEqual({
    ...{ state: 'In review', addLabels: ['agent-reviews'], removeLabels: ['agent-waits'] },
  });
});

test('what waits for a person is under way, in the state of its stage unless a rule says otherwise', () => {
  const person = { state: 'In review', addLabels: ['agent-waits'], removeLabels: ['agent-reviews'] };
  expect(lookOf(board, { standing: 'person', stage: 'review' })).toEqual(person);
  expect(lookOf(usualBoard, { standing: 'blocked', stage: 'review' }).state).toBe('@started');
});

test('a standing that the table does not know moves no card and leaves no label of another', () => {
  expect(lookOf(board, { standing: 'paused', stage: 'review' })).toEqual({
    ...{ state: null, addLabels: [], removeLabels: ['agent-reviews', 'agent-waits'] },
  });
  expect(lookOf(board, { standing: 'constructor', stage: 'review' }).state).toBeNull();
});

const maria = { id: '7', login: 'maria', email: 'maria@example.org' };
const us = { id: '1', login: 'signalbox', email: null };
const item: Pickable = {
  labels: ['Agent', 'ui'],
  state: { name: 'Todo', group: 'unstarted' },
  assignees: [us],
  author: maria,
  isGone: false,
};
const any = { labels: [], states: [], assignees: [], authors: [] };

test.each([
  ['one of the labels', { ...any, labels: ['agent', 'bot'] }, null],
  ['none of the labels', { ...any, labels: ['bot'] }, 'it has none of the labels bot'],
  ['one of the states', { ...any, states: ['todo'] }, null],
  ['a group of states', { ...any, states: ['@unstarted'] }, null],
  ['none of the states', { ...any, states: ['Backlog'] }, 'it is in the state Todo, not in Backlog'],
  ['assigned to us', usualPick, null],
  ['assigned to somebody else', { ...any, assignees: ['maria'] }, 'it is not assigned to maria'],
  ['made by her, by her mail address', { ...any, authors: ['MARIA@example.org'] }, null],
  ['made by somebody else', { ...any, authors: ['bob'] }, 'it was not made by bob'],
  [
    'all rules hold together',
    { labels: ['agent'], states: ['Todo'], assignees: ['me'], authors: ['bob'] },
    'it was not made by bob',
  ],
])('an item is picked by rules: %s', (_, pick, why) => {
  expect(whyNotPicked(pick, item, us)).toBe(why);
});

test('what is closed or gone is picked by no rule', () => {
  expect(whyNotPicked(any, { ...item, state: { name: 'Done', group: 'completed' } }, us)).toBe('it is Done already');
  expect(whyNotPicked(any, { ...item, isGone: true }, us)).toBe('it is archived or gone');
});
