/** What people write under an item of Plane: what orders something, what does not, and where the reason is shown. */
import { expect, test } from 'vitest';
import { type Board, openBoard } from './plane-board.ts';

const refusals = (board: Board, key: string) => board.ours(key).filter(text => text.startsWith('This changed nothing'));
const state = (board: Board, key: string) => board.system().state(key);

/** What must hold after all of them. */
async function check(board: Board) {
  expect(board.system().faults).toEqual([]);
  expect((await board.system().runtime.verify()).differences).toEqual([]);
  expect(await board.system().runtime.deadLetters()).toEqual({ events: [], outbox: [] });
}

test('a comment that is nothing but an order is one, whatever editor wrote it', async () => {
  const ways = [
    '<p class="editor-paragraph-block">:approved:</p>',
    '<div>:APPROVED:</div>',
    '<p>Fine by me.</p><p>:approved:</p><p>Thanks!</p>',
    '<p>Хорошо, спасибо.</p><p>:approved:</p>',
    ':approved:',
  ];
  const board = await openBoard();
  for (const html of ways) {
    const key = await board.begin();
    await board.say(key, html);
    expect(await board.decisions(key), html).toEqual(['task.approve applied']);
    expect(refusals(board, key)).toEqual([]);
  }
  await check(board);
});

test('an order that is quoted, code, struck out or in the middle of a line is none', async () => {
  const ways = [
    '<blockquote><p>:approved:</p></blockquote>',
    '<blockquote><p>:approved:</p></blockquote><p>Really?</p>',
    '<p><code>:approved:</code></p>',
    '<pre><code>:approved:\n/cancel</code></pre>',
    '<p><s>:approved:</s></p>',
    '<p>Write :approved: and it goes on.</p>',
    '<p>:approvedly:</p>',
    '<p>&lt;p&gt;:approved:&lt;/p&gt;</p>',
    '<script>:approved:</script><!-- :approved: -->',
    '<p>:согласовано:</p><p>Одобрено</p>',
    '<p></p>',
    // Two that contradict each other: nobody guesses.
    '<p>:approved:</p><p>:rejected: no</p>',
    '<p>/pause</p><p>/cancel</p>',
  ];
  const board = await openBoard();
  const key = await board.begin();
  for (const html of ways) await board.say(key, html);
  expect(await board.decisions(key)).toEqual([]);
  expect(await board.wordsOf(key)).toEqual([]);
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  // They were taken in all the same, and each is on record.
  expect((await board.deliveries()).filter(({ event }) => event === 'issue_comment').length).toBeGreaterThanOrEqual(
    ways.length,
  );
  await check(board);
});

test('what is written by us, by a program, by a guest or by somebody else from outside moves nothing', async () => {
  const board = await openBoard({ people: { maria: 20, signalbox: 15, stranger: 5, 'dependabot[bot]': 15 } });
  const key = await board.begin();
  for (const by of ['signalbox', 'dependabot[bot]', 'stranger']) await board.say(key, '<p>:approved:</p>', by);
  expect(await board.decisions(key)).toEqual([]);
  // Only a person who expects something is answered.
  expect(refusals(board, key)).toEqual(['This changed nothing: stranger may not write at plan']);
  const reasons = (await board.deliveries()).flatMap(({ event, reason }) =>
    event === 'issue_comment' && reason !== null ? [reason] : [],
  );
  expect(reasons).toContain('written by our own account');
  await check(board);
});

test('an order that was edited in afterwards by somebody else does not count, and that is said', async () => {
  const board = await openBoard();
  const key = await board.begin();
  const id = await board.say(key, '<p>I will have a look.</p>');
  board.clock.advance(5_000);
  // Any member may do that to anybody's comment by the API, which leaves no other trace than who touched it last.
  board.plane.patchComment(key, id, '<p>:approved:</p>', 'stranger');
  await board.advance(31_000);
  expect(await board.decisions(key)).toEqual([]);
  expect(refusals(board, key)).toEqual(['This changed nothing: it was changed after it was written; write it anew']);
  // Edited again and again, it is answered once.
  board.plane.patchComment(key, id, '<p>:approved: now</p>', 'stranger');
  await board.advance(62_000);
  expect(refusals(board, key)).toHaveLength(1);
  await check(board);
});

test('an order that its author edits in on the pages does not count either', async () => {
  const board = await openBoard();
  const key = await board.begin();
  const id = await board.say(key, '<p>I will have a look.</p>');
  board.clock.advance(5_000);
  board.plane.editComment(key, id, '<p>:approved:</p>', 'maria');
  await board.advance(31_000);
  expect(await board.decisions(key)).toEqual([]);
  await board.say(key, '<p>:approved:</p>');
  expect(await board.decisions(key)).toEqual(['task.approve applied']);
  await check(board);
});

test('an order that is deleted before it is looked at orders nothing, and nobody is answered', async () => {
  const board = await openBoard({ hasWebhooks: false });
  const key = await begunByLook(board);
  const { say } = heardByHand(board);
  await say(key, '<p>:approved:</p>', { thenDeleted: true });
  expect(await board.decisions(key)).toEqual([]);
  expect(refusals(board, key)).toEqual([]);
  await check(board);
});

test('with every webhook lost an order is heard within half a minute', async () => {
  const board = await openBoard({ hasWebhooks: false });
  const key = await begunByLook(board);
  board.plane.comment(key, '<p>:approved:</p>', 'maria');
  await board.advance(31_000);
  expect(await board.decisions(key)).toEqual(['task.approve applied']);
  await check(board);
});

test('the same webhook twice, and a look besides, are one order', async () => {
  const board = await openBoard();
  // Two hooks at one address: everything comes twice, under two ids.
  board.plane.addWebhook({ url: board.webhooks('plane'), secret: 'plane_wh_with-which-webhooks-are-signed' });
  const key = await board.begin();
  await board.say(key, '<p>:approved:</p>');
  await board.advance(65_000);
  expect(await board.decisions(key)).toEqual(['task.approve applied']);
  expect(refusals(board, key)).toEqual([]);
  await check(board);
});

async function begunByLook(board: Board): Promise<string> {
  const { key } = board.plane.createItem('ET', { title: 'Totals are wrong', by: 'maria' });
  board.plane.label(key, ['agent'], 'maria');
  await board.advance(31_000);
  expect(await state(board, key)).toBe('plan.awaitingApproval');
  return key;
}

/** Speaks between a look at the comments and the look at what was found in them. */
function heardByHand(board: Board) {
  return {
    async say(key: string, html: string, { thenDeleted }: { thenDeleted: boolean }) {
      const id = board.plane.comment(key, html, 'maria');
      const stop = board.system().runtime.listen(({ kind, to }) => {
        if (thenDeleted && kind === 'word' && to === 'checking') board.plane.deleteComment(key, id, 'maria');
      });
      await board.advance(31_000);
      stop();
    },
  };
}
