/** Who may order what at each forge: comments at issues and pull requests, labels, cards, reactions. */
import { describe, expect, test } from 'vitest';
import { type Verb, verbs } from '../../src/domain/board.ts';
import { type ForgeBoard, openForgeBoard } from './forge-board.ts';
import { forgeKinds } from './forge-people.ts';

const written: Record<Verb, string> = {
  approve: ':approved:',
  reject: ':rejected: Not like this.',
  answer: '/answer In euros.',
  retry: '/retry',
  pause: '/pause',
  resume: '/resume',
  cancel: '/cancel',
};
const hear = [...verbs.map(verb => ({ label: `please ${verb}`, does: verb })), { reaction: 'reject', does: 'reject' }];
const labels = ['agent', ...verbs.map(verb => `please ${verb}`)];
const nobodies = ['reader', 'stranger', 'signalbox', 'renovate[bot]'];
const refused = ['reader may not write at home', 'stranger may not write at home'];

async function check(board: ForgeBoard) {
  expect(board.system().faults).toEqual([]);
  expect(await board.system().runtime.deadLetters()).toEqual({ events: [], outbox: [] });
}

async function beginFor(board: ForgeBoard, verb: Verb) {
  if (verb === 'answer') board.work.asks.plan = 'Which currency?';
  const pull = await board.openPullRequest();
  const begun = await board.begin(`To ${verb}`);
  if (verb === 'resume') await board.send(begun.task, { type: 'task.pause', by: 'ann' });
  return { ...begun, pull };
}

describe.each(forgeKinds)('at %s', kind => {
  const open = (project: object = {}) => openForgeBoard({ kind, labels, project });

  test.each(['issue', 'pull'] as const)(
    'a comment at the %s orders what its author may',
    async where => {
      const board = await open();
      for (const verb of verbs) {
        const { task, number, pull } = await beginFor(board, verb);
        const at = where === 'issue' ? { number } : { number: pull, isPull: true };
        for (const by of nobodies) await board.say(at, written[verb], by);
        expect(await board.decisions(task), verb).toEqual(verb === 'resume' ? ['task.pause applied'] : []);
        expect(await board.replies(at), verb).toEqual(verb === 'answer' ? [] : refused);
        // Where an agent asks, whatever somebody says is the answer.
        const quotes = [`> ${written[verb]}\n\nNo.`, `\`\`\`\n${written[verb]}\n\`\`\``];
        for (const quote of verb === 'answer' ? [] : quotes) await board.say(at, quote);
        await board.say(at, written[verb]);
        expect((await board.decisions(task)).at(-1), verb).toBe(`task.${verb} applied`);
      }
      await check(board);
    },
    60_000,
  );

  test('a label and a closed issue order what whoever did it may', async () => {
    const board = await open({ board: { hear } });
    for (const verb of verbs) {
      const { task, number } = await beginFor(board, verb);
      // Only who may write can label at all; a program and we ourselves could.
      for (const by of ['signalbox', 'renovate[bot]']) {
        await board.label(number, ['agent', `please ${verb}`], by);
        await board.label(number, ['agent']);
      }
      expect(await board.decisions(task), verb).toEqual(verb === 'resume' ? ['task.pause applied'] : []);
      await board.label(number, ['agent', `please ${verb}`], 'bob');
      expect((await board.decisions(task)).at(-1), verb).toBe(`task.${verb} applied`);
    }
    const { task, number } = await beginFor(board, 'cancel');
    await board.close(number);
    expect(await board.decisions(task)).toEqual(['task.cancel applied']);
    await check(board);
  }, 60_000);

  test('a reaction to a question decides it, where whoever reacts may, and only while it stands', async () => {
    const board = await open({ board: { hear } });
    const { task, number } = await beginFor(board, 'approve');
    const question = async () => ({ number, comment: (await board.context(task)).questionComment!.id });
    const first = await question();
    for (const by of nobodies) await board.react(first, '+1', by);
    await board.react(first, 'eyes');
    await board.advance(31_000);
    expect(await board.decisions(task)).toEqual([]);
    expect(await board.replies({ number })).toEqual(refused);
    await board.react(first, '-1', 'bob');
    await board.advance(31_000);
    expect(await board.decisions(task)).toEqual(['task.reject applied']);
    // The question has been asked anew: what was said of the first says nothing of it.
    expect((await question()).comment).not.toBe(first.comment);
    await board.react(first, '+1');
    await board.advance(31_000);
    expect(await board.decisions(task)).toEqual(['task.reject applied']);
    await board.react(await question(), 'heart');
    await board.advance(31_000);
    expect(await board.decisions(task)).toEqual(['task.reject applied', 'task.approve applied']);
    await check(board);
  });
});

test('a reaction that is taken back before it is looked at decides nothing', async () => {
  const board = await openForgeBoard({ labels });
  const { task, number } = await beginFor(board, 'approve');
  const { id: comment } = (await board.context(task)).questionComment!;
  await board.react({ number, comment }, '+1');
  // It cannot be looked at straight away.
  const stop = board.system().runtime.listen(({ kind, to }) => {
    if (kind !== 'word' || to !== 'checking') return;
    stop();
    board.fake.failNext(1, 502);
  });
  await board.advance(29_000);
  expect(await board.wordsOf(task)).toHaveLength(1);
  await board.ask('maria', 'DELETE', `/issues/comments/${comment}/reactions`, { content: '+1' });
  await board.advance(31_000);
  expect(await board.decisions(task)).toEqual([]);
  await check(board);
});
