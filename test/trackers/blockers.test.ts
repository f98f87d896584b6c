/** What has to be done before a task begins: found, waited for, and never waited for in vain without a word. */
import { expect, test } from 'vitest';
import { OutsideError } from '../../src/integrations/outside.ts';
import { type Board, openBoard } from './plane-board.ts';

const state = (board: Board, key: string) => board.system().state(key);
const why = async (board: Board, key: string) => (await board.context(key)).waitsFor;

async function check(board: Board) {
  expect(board.system().faults).toEqual([]);
  expect((await board.system().runtime.verify()).differences).toEqual([]);
  expect(await board.system().runtime.deadLetters()).toEqual({ events: [], outbox: [] });
}

/** Makes an item, with a text that names others where one is given; it is for agents unless it is not. */
function make(
  board: Board,
  title: string,
  { html, isForAgents = true }: { html?: string; isForAgents?: boolean } = {},
) {
  const labels = isForAgents ? ['agent'] : [];
  return board.plane.createItem('ET', { title, labels, by: 'maria', ...(html !== undefined && { html }) }).key;
}

const blockedBy = (...keys: string[]) => `<p>Blocked by ${keys.join(', ')}</p>`;

test('a task begins by itself when the one that it is blocked by is done', async () => {
  const ways = [(key: string) => blockedBy(key), (key: string) => `<p>---</p><p>blocked_by: [${key}]</p><p>---</p>`];
  const board = await openBoard();
  for (const write of ways) {
    const first = await board.begin('First');
    const second = make(board, 'Second', { html: write(first) });
    await board.settle();
    expect(await state(board, second)).toBe('waiting.held');
    expect(await why(board, second)).toBe(`waits for ${first} (person)`);
    await board.say(first, '<p>:approved:</p>');
    expect(await state(board, first)).toBe('done');
    expect(await state(board, second)).toBe('plan.awaitingApproval');
  }
  await check(board);
});

test('a relation of Plane blocks as well as a text does', async () => {
  const board = await openBoard();
  const first = await board.begin('First');
  const second = make(board, 'Second', { isForAgents: false });
  board.plane.block(second, first);
  board.plane.label(second, ['agent'], 'maria');
  await board.settle();
  expect(await state(board, second)).toBe('waiting.held');
  await board.say(first, '<p>:approved:</p>');
  expect(await state(board, second)).toBe('plan.awaitingApproval');
  await check(board);
});

test('what an item blocks waits for its task, if it was handed over later; a stranger holds up nothing', async () => {
  const board = await openBoard();
  const second = make(board, 'Second', { isForAgents: false });
  const html = `<p>---</p><p>blocks: [${second}, ET-4711]</p><p>---</p>`;
  board.plane.createItem('ET', { title: 'By a stranger', html, by: 'stranger' });
  board.plane.label('ET-2', ['agent'], 'maria');
  const first = make(board, 'First', { html });
  await board.settle();
  board.plane.label(second, ['agent'], 'maria');
  await board.settle();
  expect(await why(board, second)).toBe(`waits for ${first} (person)`);
  const { recent } = await board.intake();
  expect(recent.find(({ key }) => key === first)!.notes).toEqual([
    'It blocks ET-4711, which is no item that is known.',
  ]);
  await board.say(first, '<p>:approved:</p>');
  expect(await state(board, second)).toBe('plan.awaitingApproval');
  // Whoever comes once it is done, or has been given up, waits for nothing.
  const cancelled = make(board, 'Cancelled', { html: '<p>This blocks ET-5.</p>' });
  await board.settle();
  await board.say(cancelled, '<p>/cancel</p>');
  const third = await board.begin('Third');
  expect([cancelled, third, await state(board, third)]).toEqual(['ET-4', 'ET-5', 'plan.awaitingApproval']);
  await check(board);
});

test('two items that say the same of each other wait once', async () => {
  const board = await openBoard();
  const first = make(board, 'First', { html: '<p>It blocks ET-2.</p>' });
  await board.settle();
  const second = make(board, 'Second', { html: blockedBy(first) });
  await board.settle();
  expect((await board.context(second)).blockedBy).toHaveLength(1);
  await check(board);
});

test('a tracker that is away while blockers are read makes nobody ask a person', async () => {
  const board = await openBoard();
  const first = make(board, 'By hand', { isForAgents: false });
  const second = make(board, 'Second', { html: blockedBy(first), isForAgents: false });
  // For this one question alone; the next try finds it back.
  const tracker = await board.trackers.get('plan');
  const { itemByKey } = tracker;
  let asked = 0;
  tracker.itemByKey = async (...ref) => {
    asked += 1;
    if (asked === 1) throw new OutsideError('unreachable', 'plan does not answer');
    return itemByKey(...ref);
  };
  board.plane.label(second, ['agent'], 'maria');
  await board.settle();
  expect(await state(board, second)).toBeUndefined();
  await board.advance(120_000);
  expect(await why(board, second)).toBe(`waits for ${first} (Backlog)`);
  await check(board);
});

test('an item that people work on blocks until it is closed, which is seen within ten minutes', async () => {
  const board = await openBoard();
  for (const end of ['Done', 'Cancelled']) {
    const first = make(board, 'By hand', { isForAgents: false });
    const second = make(board, 'Second', { html: blockedBy(first) });
    await board.settle();
    expect(await why(board, second)).toBe(`waits for ${first} (Backlog)`);
    const written = board.plane.requests.filter(({ method }) => method !== 'GET').length;
    await board.advance(601_000);
    expect(await state(board, second)).toBe('waiting.held');
    // Another look that finds the same writes nothing.
    expect(board.plane.requests.filter(({ method }) => method !== 'GET').length).toBe(written);
    board.plane.moveItem(first, end, 'maria');
    await board.advance(601_000);
    expect(await state(board, second), end).toBe('plan.awaitingApproval');
  }
  await check(board);
});

test('what will never be done is not waited for: a person is asked, and by what name', async () => {
  const board = await openBoard();
  const cancelled = await board.begin('First');
  const blocked = make(board, 'Second', { html: blockedBy(cancelled) });
  await board.settle();
  await board.say(cancelled, '<p>/cancel</p>');
  expect(await state(board, blocked)).toBe('waiting.unsure');
  expect(await why(board, blocked)).toBe(`${cancelled} was cancelled`);
  expect(board.ours(blocked).join()).toContain(`${cancelled} was cancelled`);
  await board.say(blocked, '<p>:approved:</p>');
  expect(await state(board, blocked)).toBe('plan.awaitingApproval');

  const gone = make(board, 'Gone', { isForAgents: false });
  const after = make(board, 'After', { html: blockedBy(gone) });
  await board.settle();
  board.plane.deleteItem(gone, 'maria');
  await board.advance(601_000);
  expect(await state(board, after)).toBe('waiting.unsure');
  expect(await why(board, after)).toBe(`${gone} is archived, moved or gone`);

  const wrong = make(board, 'Wrong', { html: blockedBy('ET-4711') });
  await board.settle();
  expect(await why(board, wrong)).toBe('ET-4711 is neither an item nor a task that is known');
  await check(board);
});

test.each(['relation', 'key'])('an item of another project is found by a %s', async way => {
  const board = await openBoard();
  board.plane.createProject({ name: 'Office', identifier: 'OF' });
  const other = board.plane.createItem('OF', { title: 'Order paper', by: 'maria' }).key;
  const html = way === 'key' ? blockedBy(other) : '<p>On paper.</p>';
  const key = make(board, 'Print', { html, isForAgents: false });
  if (way === 'relation') board.plane.block(key, other);
  board.plane.label(key, ['agent'], 'maria');
  await board.settle();
  expect(await why(board, key)).toBe(`waits for ${other} (Backlog)`);
  board.plane.moveItem(other, 'Done', 'maria');
  await board.advance(601_000);
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  await check(board);
});

test.each([2, 3])('a circle of %i is named and put to a person, and goes on when somebody breaks it', async size => {
  const board = await openBoard();
  const keys = Array.from({ length: size }, (_, index) => `ET-${index + 1}`);
  for (const [index, key] of keys.entries()) {
    expect(make(board, key, { html: blockedBy(keys[(index + 1) % size]!) })).toBe(key);
  }
  await board.settle();
  await board.advance(601_000);
  for (const [index, key] of keys.entries()) {
    expect(await state(board, key)).toBe('waiting.unsure');
    const way = [...keys.slice(index), ...keys.slice(0, index), key].join(' → ');
    expect(await why(board, key)).toBe(`they wait for each other: ${way}`);
    expect(board.ours(key).join()).toContain(way);
  }
  // It asks once, however often it looks.
  const count = () => keys.map(key => board.ours(key).length);
  const before = count();
  await board.advance(1_300_000);
  expect(count()).toEqual(before);
  // Whoever lets one of them begin has broken the circle for all.
  const [first, ...others] = keys as [string, ...string[]];
  await board.say(first, '<p>:approved:</p>');
  for (const key of [first, ...others.toReversed()]) {
    expect(await state(board, key), key).toBe('plan.awaitingApproval');
    await board.say(key, '<p>:approved:</p>');
    expect(await state(board, key), key).toBe('done');
  }
  await check(board);
});
