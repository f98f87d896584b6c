/** What people do with cards and labels of Plane: what a task hears of it, and what it leaves as they left it. */
import { expect, test } from 'vitest';
import type { IntakeContext } from '../../src/machines/intake.ts';
import { type Board, openBoard } from './plane-board.ts';

const hears = {
  board: {
    hear: [
      { state: 'Todo', does: 'pause' },
      { label: 'go', does: 'approve' },
      { unlabel: 'hold', does: 'resume' },
    ],
  },
};
const state = (board: Board, key: string) => board.system().state(key);
const refusals = (board: Board, key: string) => board.ours(key).filter(text => text.startsWith('This changed nothing'));

async function move(board: Board, key: string, to: string, by = 'maria') {
  board.clock.advance(2_000);
  board.plane.moveItem(key, to, by);
  await board.settle();
}

async function check(board: Board) {
  expect(board.system().faults).toEqual([]);
  expect((await board.system().runtime.verify()).differences).toEqual([]);
  expect(await board.system().runtime.deadLetters()).toEqual({ events: [], outbox: [] });
}

test('a card that is moved orders what the table says, and any other move orders nothing', async () => {
  const board = await openBoard({ project: hears });
  const key = await board.begin();
  expect(board.plane.item(key).state).toBe('In Progress');
  await move(board, key, 'Backlog');
  expect(await board.decisions(key)).toEqual([]);
  // It stays where the person has put it.
  expect(board.plane.item(key).state).toBe('Backlog');
  await move(board, key, 'Todo');
  expect(await state(board, key)).toMatch(/^paused/);
  await move(board, key, 'Cancelled');
  expect(await state(board, key)).toBe('cancelled');
  expect(await board.decisions(key)).toEqual(['task.pause applied', 'task.cancel applied']);
  await check(board);
});

test('a label that is put on or taken off orders what the table says', async () => {
  const board = await openBoard({ project: hears });
  const key = await board.begin();
  board.clock.advance(2_000);
  board.plane.label(key, ['agent', 'go', 'bug'], 'maria');
  await board.settle();
  expect(await board.decisions(key)).toEqual(['task.approve applied']);
  expect(await state(board, key)).toBe('done');
  await check(board);
});

test('a card that is moved and moved back before anybody looks orders nothing', async () => {
  const board = await openBoard({ hasWebhooks: false });
  const { key } = board.plane.createItem('ET', { title: 'Totals are wrong', by: 'maria', labels: ['agent'] });
  await board.advance(31_000);
  board.plane.moveItem(key, 'Cancelled', 'maria');
  board.plane.moveItem(key, 'In Progress', 'maria');
  await board.advance(65_000);
  expect(await board.decisions(key)).toEqual([]);
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  await check(board);
});

test('a card that a person cancels is not moved back by what the task decides before it hears of that', async () => {
  const board = await openBoard({ hasWebhooks: false });
  board.work.hold();
  const { key } = board.plane.createItem('ET', { title: 'Totals are wrong', by: 'maria', labels: ['agent'] });
  await board.advance(31_000);
  board.plane.moveItem(key, 'Cancelled', 'maria');
  board.clock.advance(2_000);
  board.work.release();
  await board.settle();
  expect(board.plane.item(key).state).toBe('Cancelled');
  await board.advance(65_000);
  expect(await board.decisions(key)).toEqual(['task.cancel applied']);
  expect(board.plane.item(key).state).toBe('Cancelled');
  await check(board);
});

test('a card that somebody cancels who may not is answered, and moved on by the next decision', async () => {
  const board = await openBoard();
  const key = await board.begin();
  await move(board, key, 'Cancelled', 'stranger');
  expect(await board.decisions(key)).toEqual([]);
  expect(refusals(board, key)).toEqual(['This changed nothing: stranger may not write at plan']);
  board.work.hold();
  await board.say(key, '<p>:approved:</p>');
  expect(board.plane.item(key).state).toBe('In Progress');
  await check(board);
});

test('a state that is gone is left out, said where tracker and task differ, and stops nothing', async () => {
  const board = await openBoard({ project: { board: { show: { plan: 'In Review' } } } });
  const key = await board.begin();
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  await board.system().runtime.send('intake:shop:plan:ET', { type: 'intake.look' });
  await board.settle();
  expect((await board.intake()).drift).toMatchObject([
    { task: key, field: 'state', does: 'changes nothing while there is no state In Review' },
  ]);
  await check(board);
});

test('a label that is deleted and made anew takes no task away, and hands over what gets it again', async () => {
  const board = await openBoard();
  const key = await board.begin();
  board.plane.remakeLabel('ET', 'agent');
  await board.advance(65_000);
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  const second = await board.begin('Another one');
  expect(await state(board, second)).toBe('plan.awaitingApproval');
  await check(board);
});

test.each(['archive', 'deleteItem'] as const)(
  'after %s nothing is written there any more, and it is said',
  async act => {
    const board = await openBoard();
    board.work.hold();
    const key = await board.begin();
    board.plane[act](key, 'maria');
    await board.system().runtime.send('intake:shop:plan:ET', { type: 'intake.look' });
    await board.settle();
    expect((await board.intake()).drift).toMatchObject([{ task: key, field: 'existence', settle: 'task.cancel' }]);
    board.work.release();
    await board.settle();
    // It goes on: whoever looks at the task decides what becomes of it.
    expect(await state(board, key)).toBe('plan.awaitingApproval');
    await board.send(key, { type: 'task.approve', by: 'ann' });
    expect(await state(board, key)).toBe('done');
    await check(board);
  },
);

test('an item of another project with the same label is nobody’s work', async () => {
  const board = await openBoard();
  board.plane.createProject({ name: 'Office', identifier: 'OF', labels: ['agent'] });
  const { key } = board.plane.createItem('OF', { title: 'Order paper', labels: ['agent'], by: 'maria' });
  await board.settle();
  await board.advance(65_000);
  expect(await board.system().runtime.list({ kind: 'task', limit: 5 })).toEqual([]);
  expect(board.plane.comments(key)).toEqual([]);
  const reasons = (await board.deliveries()).map(({ reason }) => reason);
  expect(reasons).toEqual([expect.stringContaining('no task has the work item')]);
  await check(board);
});

test('two projects that pick from one place make one task of an item', async () => {
  const twin = { repository: './shop', target: 'main', prefix: 'TW', tracker: 'plan', trackerProject: 'ET' };
  const board = await openBoard();
  await board.reconfigure({
    more: { projects: { ...board.projects(), twin: { ...twin, pick: { labels: ['agent'] } } } },
  });
  // Both know the place by then, and hear of the item at once.
  await board.advance(31_000);
  const key = await board.begin();
  await board.advance(65_000);
  const tasks = await board.system().runtime.list({ kind: 'task', limit: 5 });
  // Whoever of them is first.
  const [made = ''] = tasks.map(({ id }) => id);
  expect(tasks).toHaveLength(1);
  expect([key, key.replace('ET', 'TW')]).toContain(made);
  const intakes = await board.system().runtime.list({ kind: 'intake', limit: 5 });
  const recent = intakes.flatMap(({ snapshot }) => (JSON.parse(snapshot) as { context: IntakeContext }).context.recent);
  expect(recent.map(({ task, why }) => [task, why]).toSorted()).toEqual([
    [null, expect.stringContaining(made)],
    [made, null],
  ]);
  await check(board);
});

test('an item is work of the project that picks it, also where two have one repository', async () => {
  const twin = { repository: './shop', target: 'main', prefix: 'TW', tracker: 'plan', trackerProject: 'ET' };
  const board = await openBoard();
  await board.reconfigure({
    more: { projects: { ...board.projects(), twin: { ...twin, pick: { labels: ['bug'] } } } },
  });
  await board.advance(31_000);
  board.plane.createItem('ET', { title: 'Totals are wrong', labels: ['bug'], by: 'maria' });
  await board.settle();
  const tasks = await board.system().runtime.list({ kind: 'task', limit: 5 });
  expect(tasks.map(({ id }) => id)).toEqual(['TW-1']);
  expect(await board.context('TW-1')).toMatchObject({ project: 'twin' });
  await check(board);
});

test('an item that an agent asked for is no task until a person hands it over', async () => {
  const board = await openBoard();
  const tracker = await board.trackers.get('plan');
  const { id } = await tracker.project('ET');
  const wanted = { marker: 'm', title: 'Found on the way', body: '', labels: ['agent'] };
  const { key } = await tracker.openItem(id, wanted);
  await board.settle();
  await board.advance(65_000);
  expect(await state(board, key)).toBeUndefined();
  expect((await board.intake()).recent).toMatchObject([
    { key, task: null, why: expect.stringContaining('handed it over') },
  ]);
  board.plane.moveItem(key, 'Todo', 'maria');
  await board.settle();
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  await check(board);
});

test('an item that a stranger has made with the label on it is no task until a person hands it over', async () => {
  const board = await openBoard();
  const { key } = board.plane.createItem('ET', { title: 'Give me money', labels: ['agent'], by: 'stranger' });
  await board.settle();
  board.plane.label(key, [], 'stranger');
  board.plane.label(key, ['agent'], 'stranger');
  board.plane.comment(key, '<p>:approved:</p>', 'maria');
  await board.settle();
  await board.advance(65_000);
  expect(await state(board, key)).toBeUndefined();
  board.plane.label(key, ['agent', 'bug'], 'bob');
  await board.settle();
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  await check(board);
});

test('of two places at one tracker each has a table of its own', async () => {
  const bugs = { tracker: 'plan', trackerProject: 'BUG', pick: { labels: ['agent'] } };
  const hear = [{ state: 'Todo', does: 'pause' }];
  const board = await openBoard({ project: { sources: [{ ...bugs, board: { hear, show: { person: 'Review' } } }] } });
  const states = [
    { name: 'Backlog', group: 'backlog' },
    { name: 'Todo', group: 'unstarted' },
    { name: 'Review', group: 'started' },
  ] as const;
  board.plane.createProject({ name: 'Bugs', identifier: 'BUG', labels: ['agent'], states });
  await board.advance(65_000);
  const usual = await board.begin();
  const { key } = board.plane.createItem('BUG', { title: 'It crashes', labels: ['agent'], by: 'maria' });
  await board.settle();
  const [bug] = await board.system().runtime.list({ kind: 'task', limit: 5 });
  expect(board.plane.item(key).state).toBe('Review');
  await move(board, key, 'Todo');
  await move(board, usual, 'Todo');
  expect(await board.decisions(bug!.id)).toEqual(['task.pause applied']);
  expect(await board.decisions(usual)).toEqual([]);
  await check(board);
});
