/** Who may order what: every verb, by every channel of Plane, from everybody who could try. */
import { expect, test } from 'vitest';
import { type Verb, verbs } from '../../src/domain/board.ts';
import { type Board, openBoard } from './plane-board.ts';

const people = { maria: 20, signalbox: 15, bob: 15, stranger: 5, 'dependabot[bot]': 15, ann: 15 } as const;
type Login = keyof typeof people;

const states = [
  { name: 'Todo', group: 'unstarted' },
  { name: 'In Progress', group: 'started' },
  { name: 'Done', group: 'completed' },
  { name: 'Cancelled', group: 'cancelled' },
  ...verbs.map(verb => ({ name: `please ${verb}`, group: 'backlog' as const })),
] as const;

const hear = verbs.flatMap(verb => [
  { label: `please ${verb}`, does: verb },
  { state: `please ${verb}`, does: verb },
]);

const written: Record<Verb, string> = {
  approve: '<p>:approved:</p>',
  reject: '<p>:rejected: Not like this.</p>',
  answer: '<p>/answer In euros.</p>',
  retry: '<p>/retry</p>',
  pause: '<p>/pause</p>',
  resume: '<p>/resume</p>',
  cancel: '<p>/cancel</p>',
};

type Channel = 'comment' | 'label' | 'card';
const channels: Channel[] = ['comment', 'label', 'card'];

const open = (more: object = {}, project: object = {}) =>
  openBoard({
    people,
    place: { labels: ['agent', ...verbs.map(verb => `please ${verb}`)], states },
    project: { board: { hear }, ...project },
    more,
  });

/** A task in a state in which the order would be taken. */
async function beginFor(board: Board, verb: Verb): Promise<string> {
  if (verb === 'answer') board.work.asks.plan = 'Which currency?';
  const key = await board.begin(`To ${verb}`);
  if (verb === 'resume') await board.send(key, { type: 'task.pause', by: 'ann' });
  return key;
}

/** Orders it, and takes it back, so that the next one can. */
async function order(board: Board, key: string, { verb, channel, by }: { verb: Verb; channel: Channel; by: Login }) {
  const { plane } = board;
  board.clock.advance(2_000);
  const { labels } = plane.item(key);
  if (channel === 'comment') plane.comment(key, written[verb], by);
  if (channel === 'label') plane.label(key, [...labels, `please ${verb}`], by);
  if (channel === 'card') plane.moveItem(key, `please ${verb}`, by);
  await board.settle();
  if (channel === 'label') plane.label(key, labels, 'maria');
  if (channel === 'card') plane.moveItem(key, 'In Progress', 'maria');
  await board.settle();
}

/** What has been decided by people, without what the test did itself. */
const decided = async (board: Board, key: string) =>
  (await board.decisions(key)).filter((_, index, all) => !(index === 0 && all[0] === 'task.pause applied'));

const replies = (board: Board, key: string) =>
  board
    .ours(key)
    .filter(text => text.startsWith('This changed nothing'))
    .map(text => text.replace('This changed nothing: ', ''));

async function check(board: Board) {
  expect(board.system().faults).toEqual([]);
  expect(await board.system().runtime.deadLetters()).toEqual({ events: [], outbox: [] });
}

const cases = channels.flatMap(channel => verbs.map(verb => ({ channel, verb })));

test('where a project names nobody, whoever may write there may order everything, by every channel', async () => {
  const board = await open();
  for (const { channel, verb } of cases) {
    const key = await beginFor(board, verb);
    for (const by of ['stranger', 'signalbox', 'dependabot[bot]'] as const)
      await order(board, key, { verb, channel, by });
    if (verb !== 'pause') expect(await decided(board, key), `${channel} ${verb}`).toEqual([]);
    // A guest hears why; of an answer he does not, as he may only be talking. Programs and we ourselves expect nothing.
    expect(replies(board, key), `${channel} ${verb}`).toEqual(
      verb === 'answer' ? [] : ['stranger may not write at plan'],
    );
    await order(board, key, { verb, channel, by: 'bob' });
    expect(await board.decisions(key), `${channel} ${verb}`).toContain(`task.${verb} applied`);
  }
  await check(board);
}, 60_000);

test('where a project names people, they alone may, and only what they may', async () => {
  const accounts = { plan: 'maria@example.test' };
  const board = await open(
    { people: { mary: { accounts, may: ['approve', 'cancel'] }, ann: { accounts: { plan: 'ann@example.test' } } } },
    { people: ['mary'] },
  );
  for (const { channel, verb } of cases) {
    const key = await beginFor(board, verb);
    // Bob and Ann may write there, and Ann is known; the project names neither.
    for (const by of ['bob', 'ann', 'stranger'] as const) await order(board, key, { verb, channel, by });
    const none = (login: string) => `${login} is none of those who may decide in shop`;
    const answered = verb === 'answer' ? [] : ['bob', 'ann', 'stranger'].map(none);
    expect(replies(board, key), `${channel} ${verb}`).toEqual(answered);
    await order(board, key, { verb, channel, by: 'maria' });
    const isAllowed = verb === 'approve' || verb === 'cancel';
    expect(await board.decisions(key), `${channel} ${verb}`).toEqual(
      isAllowed ? [`task.${verb} applied`] : verb === 'resume' ? ['task.pause applied'] : [],
    );
    const words = await board.wordsOf(key);
    if (isAllowed) expect(words.at(-1)).toMatchObject({ by: 'mary', outcome: 'applied' });
    else expect(words.at(-1)).toMatchObject({ outcome: 'refused', why: `mary may approve, cancel, and not ${verb}` });
  }
  await check(board);
}, 60_000);

test('nobody becomes somebody else by the name that he gives himself', async () => {
  // What Plane shows is chosen by everybody for himself: only ids and mail addresses prove who it is.
  const board = await open({ people: { ann: {}, mary: { accounts: { plan: 'ann' } } } }, { people: ['ann', 'mary'] });
  const key = await board.begin();
  await order(board, key, { verb: 'approve', channel: 'comment', by: 'ann' });
  expect(await board.decisions(key)).toEqual([]);
  expect(replies(board, key)).toEqual(['ann is none of those who may decide in shop']);
  await check(board);
});
