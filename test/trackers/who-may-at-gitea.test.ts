/** Who may order what at a forge and in a chat: comments at issues and pull requests, labels, cards, reactions, buttons. */
import { expect, test, vi } from 'vitest';
import { type Verb, verbs } from '../../src/domain/board.ts';
import { type GiteaBoard, openGiteaBoard } from './gitea-board.ts';

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

async function check(board: GiteaBoard) {
  expect(board.system().faults).toEqual([]);
  expect(await board.system().runtime.deadLetters()).toEqual({ events: [], outbox: [] });
}

async function beginFor(board: GiteaBoard, verb: Verb) {
  if (verb === 'answer') board.work.asks.plan = 'Which currency?';
  const pull = await board.openPullRequest();
  const begun = await board.begin(`To ${verb}`);
  if (verb === 'resume') await board.send(begun.task, { type: 'task.pause', by: 'ann' });
  return { ...begun, pull };
}

test.each(['issue', 'pull'] as const)(
  'a comment at the %s orders what its author may',
  async where => {
    const board = await openGiteaBoard({ labels });
    for (const verb of verbs) {
      const { task, number, pull } = await beginFor(board, verb);
      const at = where === 'issue' ? number : pull;
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
  const board = await openGiteaBoard({ labels, project: { board: { hear } } });
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
  const board = await openGiteaBoard({ labels, project: { board: { hear } } });
  const { task, number } = await beginFor(board, 'approve');
  const question = async () => (await board.context(task)).questionComment!.id;
  const first = await question();
  for (const by of nobodies) await board.react(first, '+1', by);
  await board.react(first, 'eyes');
  await board.advance(31_000);
  expect(await board.decisions(task)).toEqual([]);
  expect(await board.replies(number)).toEqual(refused);
  await board.react(first, '-1', 'bob');
  await board.advance(31_000);
  expect(await board.decisions(task)).toEqual(['task.reject applied']);
  // The question has been asked anew: what was said of the first says nothing of it.
  expect(await question()).not.toBe(first);
  await board.react(first, '+1');
  await board.advance(31_000);
  expect(await board.decisions(task)).toEqual(['task.reject applied']);
  await board.react(await question(), 'heart');
  await board.advance(31_000);
  expect(await board.decisions(task)).toEqual(['task.reject applied', 'task.approve applied']);
  await check(board);
});

test('a reaction that is taken back before it is looked at decides nothing', async () => {
  const board = await openGiteaBoard({ labels });
  const { task } = await beginFor(board, 'approve');
  const { id } = (await board.context(task)).questionComment!;
  await board.react(id, '+1');
  // It cannot be looked at straight away.
  const stop = board.system().runtime.listen(({ kind, to }) => {
    if (kind !== 'word' || to !== 'checking') return;
    stop();
    board.gitea.failNext(1, 502);
  });
  await board.advance(29_000);
  expect(await board.wordsOf(task)).toHaveLength(1);
  await board.ask('maria', 'DELETE', `/issues/comments/${id}/reactions`, { content: '+1' });
  await board.advance(31_000);
  expect(await board.decisions(task)).toEqual([]);
  await check(board);
});

test('a button in a chat is pressed by people whom the configuration knows by their id, and by nobody else', async () => {
  const board = await openGiteaBoard({
    more: {
      people: {
        maria: { accounts: { ops: 7 } },
        bob: { accounts: { ops: 8 }, may: ['reject'] },
        // Whoever calls himself so is not she.
        ann: {},
      },
    },
  });
  const { telegram } = board;
  const { task } = await beginFor(board, 'approve');
  /** The message with buttons that comes after another one. */
  const asked = async (after: number) => {
    const find = () => telegram.messages.find(({ id, buttons }) => id > after && buttons.length > 0);
    return (await vi.waitUntil(find)).id;
  };
  const press = async (message: number, by: { id: number; first_name: string; username?: string }, label: string) => {
    const before = telegram.answers.length;
    const { text } = telegram.messages.find(({ id }) => id === message)!.buttons.find(it => it.text.includes(label))!;
    telegram.press(message, by, text);
    await vi.waitUntil(() => telegram.answers.length > before);
    await board.settle();
    return telegram.answers.at(-1)!.text;
  };
  const message = await asked(0);
  const approving = telegram.messages.at(-1)!.buttons[0]!.callback_data;
  const unknown = /nobody in people has the account/;
  expect(await press(message, { id: 9, first_name: 'stranger' }, 'Approve')).toMatch(unknown);
  expect(await press(message, { id: 10, first_name: 'ann' }, 'Approve')).toMatch(unknown);
  expect(await press(message, { id: 11, first_name: 'x', username: 'maria' }, 'Approve')).toMatch(unknown);
  expect(await press(message, { id: 8, first_name: 'Bob' }, 'Approve')).toMatch(/bob may reject, and not approve/);
  expect(await board.decisions(task)).toEqual([]);
  expect(await press(message, { id: 8, first_name: 'Bob' }, 'Reject')).toBe('Done.');
  expect(await board.decisions(task)).toEqual(['task.reject applied']);
  // A button answers the question that it was shown for; hers was on the screen of an old client still.
  const shown = { message_id: message, date: Math.floor(Date.now() / 1_000), chat: { ...board.room } };
  const from = { id: 7, is_bot: false, first_name: 'Maria' };
  telegram.update({ callback_query: { id: '777', from, chat_instance: '1', data: approving, message: shown } });
  await vi.waitUntil(async () => (await board.wordsOf(task)).at(-1)?.outcome === 'ignored');
  expect((await board.wordsOf(task)).at(-1)!.why).toBe(`it was said before ${task} asked what it asks now`);
  expect(await press(await asked(message), { id: 7, first_name: 'Maria' }, 'Approve')).toBe('Done.');
  expect((await board.decisions(task)).at(-1)).toBe('task.approve applied');
  await check(board);
}, 30_000);
