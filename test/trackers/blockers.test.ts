/** What has to be done before a task begins: found, waited for, and never waited for in vain without a word. */
import { expect, test } from 'vitest';
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

test('an item of another project is found by a relation', async () => {
  const board = await openBoard();
  board.plane.createProject({ name: 'Office', identifier: 'OF' });
  const other = board.plane.createItem('OF', { title: 'Order paper', by: 'maria' }).key;
  const key = make(board, 'Print', { isForAgents: false });
  board.plane.block(key, other);
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
