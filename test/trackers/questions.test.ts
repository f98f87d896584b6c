/** An answer names its question: what is said too early, too late, twice, or where something else is asked. */
import { expect, test } from 'vitest';
import { type Board, openBoard } from './plane-board.ts';

const refusals = (board: Board, key: string) =>
  board
    .ours(key)
    .filter(text => text.startsWith('This changed nothing'))
    .map(text => text.replace('This changed nothing: ', ''));
const state = (board: Board, key: string) => board.system().state(key);

async function check(board: Board) {
  expect(board.system().faults).toEqual([]);
  expect((await board.system().runtime.verify()).differences).toEqual([]);
  expect(await board.system().runtime.deadLetters()).toEqual({ events: [], outbox: [] });
}

test('what is said while the agent works approves nothing that is asked afterwards', async () => {
  const board = await openBoard();
  board.work.hold();
  const key = await board.begin();
  await board.say(key, '<p>:approved:</p>');
  board.clock.advance(5_000);
  board.work.release();
  await board.settle();
  await board.advance(65_000);
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  expect(await board.decisions(key)).toEqual(['task.approve ignored']);
  expect(refusals(board, key)).toEqual([expect.stringMatching(/^ET-1 asks nobody anything now: /)]);
  await check(board);
});

test('what was said before the question and is found after it approves nothing either', async () => {
  const board = await openBoard({ hasWebhooks: false });
  board.work.hold();
  const { key } = board.plane.createItem('ET', { title: 'Totals are wrong', by: 'maria' });
  board.plane.label(key, ['agent'], 'maria');
  await board.advance(31_000);
  board.plane.comment(key, '<p>:approved:</p>', 'maria');
  board.clock.advance(5_000);
  board.work.release();
  await board.settle();
  await board.advance(65_000);
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  expect(refusals(board, key)).toEqual(['it was said before ET-1 asked what it asks now']);
  await check(board);
});

test('said twice, it is taken once, and the second is told why not', async () => {
  const board = await openBoard();
  board.work.verdicts.tests = 'inconclusive';
  const key = await board.begin();
  await board.say(key, '<p>:approved:</p>');
  expect(await state(board, key)).toBe('build.awaitingDecision');
  expect(await board.decisions(key)).toEqual(['task.approve applied']);
  board.work.hold();
  await board.say(key, '<p>/retry</p>');
  await board.say(key, '<p>/retry</p>');
  expect(await board.decisions(key)).toEqual(['task.approve applied', 'task.retry applied', 'task.retry ignored']);
  expect(refusals(board, key)).toHaveLength(1);
  await check(board);
});

test('an answer to one question is never the answer to the next', async () => {
  const board = await openBoard({ hasWebhooks: false });
  const { key } = board.plane.createItem('ET', { title: 'Totals are wrong', by: 'maria' });
  board.plane.label(key, ['agent'], 'maria');
  await board.advance(31_000);
  board.plane.comment(key, '<p>:approved:</p>', 'maria');
  board.clock.advance(5_000);
  // Somebody sends it back at the terminal before the comment is found; the agent is done at once and asks anew.
  await board.send(key, { type: 'task.reject', reason: 'Think again.', by: 'ann' });
  expect((await board.context(key)).asks?.number).toBe(2);
  await board.advance(65_000);
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  expect(await board.decisions(key)).toEqual(['task.reject applied', 'task.approve ignored']);
  expect(refusals(board, key)).toEqual(['it was said before ET-1 asked what it asks now']);
  await check(board);
});

test('a plain comment answers an agent that asks, and is nothing but talk where none does', async () => {
  const board = await openBoard();
  board.work.asks.plan = 'Which currency?';
  const key = await board.begin();
  expect(await state(board, key)).toBe('plan.awaitingAnswer');
  expect(board.ours(key).join()).toContain('Which currency?');
  await board.say(key, '<p>I do not know either.</p>', 'stranger');
  expect(await state(board, key)).toBe('plan.awaitingAnswer');
  // Nobody who only talks is answered.
  expect(refusals(board, key)).toEqual([]);
  await board.say(key, '<p>Евро, и <b>только</b> евро.</p>');
  expect(await board.decisions(key)).toEqual(['task.answer applied']);
  expect((await board.context(key)).feedback?.text ?? '').toBe('');
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  await board.say(key, '<p>Looks good to me.</p>');
  expect(await board.decisions(key)).toEqual(['task.answer applied']);
  expect(refusals(board, key)).toEqual([]);
  await check(board);
});

test('what does not fit what is asked says what would', async () => {
  const board = await openBoard();
  const key = await board.begin();
  await board.say(key, '<p>/answer In euros.</p>');
  await board.say(key, '<p>/resume</p>');
  expect(refusals(board, key)).toEqual(['ET-1 waits for an approval', 'ET-1 waits for an approval']);
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  await check(board);
});

test('what is said in the same second as the question, and does not fit it, is not called too early', async () => {
  const board = await openBoard();
  board.work.hold();
  const key = await board.begin();
  board.clock.advance(5_000);
  board.work.release();
  await board.settle();
  const asks = (await board.context(key)).asks!;
  // A tracker that tells whole seconds dates it before the question.
  board.plane.claimComment(key, '<p>/answer In euros.</p>', { by: 'maria', at: asks.at - 500 });
  await board.settle();
  expect(refusals(board, key)).toEqual(['ET-1 waits for an approval']);
  await check(board);
});

test('two orders that are found at once are taken in the order in which they were said', async () => {
  const board = await openBoard({ hasWebhooks: false });
  const { key } = board.plane.createItem('ET', { title: 'Totals are wrong', by: 'maria' });
  board.plane.label(key, ['agent'], 'maria');
  await board.advance(31_000);
  board.plane.comment(key, '<p>/pause</p>', 'maria');
  board.plane.comment(key, '<p>/resume</p>', 'maria');
  // The first of them cannot be looked at straight away.
  const stop = board.system().runtime.listen(({ kind, to }) => {
    if (kind !== 'word' || to !== 'checking') return;
    stop();
    board.plane.failNext(1, 502);
  });
  await board.advance(65_000);
  expect(await board.decisions(key)).toEqual(['task.pause applied', 'task.resume applied']);
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  await check(board);
});

test('what is said when all is over is answered by how it ended', async () => {
  const board = await openBoard();
  const key = await board.begin();
  await board.say(key, '<p>:approved:</p>');
  expect(await state(board, key)).toBe('done');
  await board.say(key, '<p>/cancel</p>');
  await board.advance(65_000);
  expect(await state(board, key)).toBe('done');
  const [last] = (await board.deliveries()).filter(({ event }) => event === 'issue_comment');
  expect(last).toMatchObject({ outcome: 'ignored', reason: 'ET-1 is done; nobody listens there any more' });
  await check(board);
});

test('a comment that claims to be from the future neither answers nor deafens', async () => {
  const board = await openBoard();
  const key = await board.begin();
  // The API of Plane lets everybody say when he wrote something.
  board.plane.claimComment(key, '<p>Later.</p>', { by: 'stranger', at: board.clock.now() + 365 * 86_400_000 });
  await board.settle();
  await board.say(key, '<p>:approved:</p>');
  expect(await board.decisions(key)).toEqual(['task.approve applied']);
  await check(board);
});
