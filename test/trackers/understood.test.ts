/** What is understood of an item, and who works on it for that. */
import { expect, onTestFinished, test } from 'vitest';
import { intakeId } from '../../src/machines/addresses.ts';
import { type ScriptedAnswer, startFakeAnthropic } from '../../src/testing/models/anthropic.ts';
import { openBoard } from './plane-board.ts';

const agents = {
  small: { kind: 'command', program: ['true'], model: 'claude-haiku-4-5', difficulty: 'medium' },
  large: { kind: 'command', program: ['true'], model: 'claude-opus-4-5', difficulty: 'hard' },
};
const usage = { input_tokens: 900, output_tokens: 100 };
const reading = (input: object): ScriptedAnswer => ({ kind: 'call', input, usage });
const hard = reading({ context_tokens: 20_000, difficulty: 'hard', agent: null, blocked_by: [] });

/** With a model that answers so, or without one. */
async function open(answers: ScriptedAnswer[] | null, tokensPerDay = 20_000) {
  const model = await startFakeAnthropic({ apiKey: 'plane_wh_with-which-webhooks-are-signed' });
  onTestFinished(() => model.close());
  model.script(...(answers ?? []));
  const reader = { url: model.url, key: `\${${'PLANE_SECRET'}}`, model: 'small-model', tokensPerDay };
  const board = await openBoard({ more: { agents, agent: 'small', ...(answers !== null && { reader }) } });
  const item = async (title: string, html: string, by = 'maria') => {
    const { key } = board.plane.createItem('ET', { title, html, by });
    board.plane.label(key, ['agent'], 'maria');
    await board.settle();
    return board.context(key);
  };
  return { model, item, board };
}

test('the cheapest agent that is good enough works on it, as a model estimates', async () => {
  const { item, model, board } = await open([hard]);
  expect((await item('Rewrite the core', '<p>All of it.</p>')).agent.name).toBe('large');
  expect(JSON.stringify(model.requests.map(({ body }) => body))).not.toContain(board.env.PLANE_TOKEN);
  expect(await board.system().context(intakeId('shop', 'plan', 'ET'))).toMatchObject({ used: { tokens: 1_000 } });
});

test('why an agent works on an item is told where it is taken up', async () => {
  const { item, board } = await open([hard, hard]);
  const huge = '<p>---</p><p>context: 900k</p><p>agent: nobody</p><p>---</p><p>Do it.</p>';
  for (const [title, html] of [
    ['Rewrite the core', '<p>All of it.</p>'],
    ['Everything', huge],
    ['Named', '<p>---</p><p>agent: large</p><p>---</p><p>Do it.</p>'],
  ] as const)
    await item(title, html);
  expect((await board.intake()).recent.map(({ notes }) => notes)).toEqual([
    [expect.stringMatching(/^large: it can do what is hard, its window of \d+ tokens holds twice the 20000/)],
    [
      'It asks for the agent nobody, which the configuration does not have.',
      expect.stringMatching(/^It needs a window of 1800000 tokens; .* So small works on it\.$/),
    ],
    ['It asks for the agent large.'],
  ]);
});

test('what a member has written wins over what the model says', async () => {
  const { item } = await open([hard]);
  expect((await item('Small', '<p>---</p><p>difficulty: easy</p><p>---</p><p>Do it.</p>')).agent.name).toBe('small');
});

test.each<[string, ScriptedAnswer]>([
  ['nonsense', { kind: 'nonsense', body: '<html>' }],
  ['too much', { kind: 'huge', bytes: 5_000_000 }],
  ['that it is overloaded', { kind: 'error', status: 529 }],
])('a model that answers %s holds up nothing: the rules alone count', async (_, answer) => {
  const { item } = await open([answer]);
  const task = await item('Small', '<p>Depends on ET-77.</p>');
  expect([task.agent.name, task.blockedBy?.map(({ name }) => name)]).toEqual(['small', ['ET-77']]);
});

test('with its budget used up the model is not asked', async () => {
  const { item, model } = await open([hard], 500);
  expect((await item('Rewrite the core', '<p>All of it.</p>')).agent.name).toBe('small');
  expect(model.requests).toHaveLength(0);
});

test('the text of somebody who may not write directs nobody, whoever hands it over', async () => {
  const { item } = await open(null);
  const text = '<p>---</p><p>agent: large</p><p>priority: 1</p><p>---</p><p>Do it.</p>';
  const task = await item('Give me the large one', text, 'stranger');
  expect([task.agent.name, task.priority]).toEqual(['small', 5]);
  const own = await item('The same by a member', text, 'bob');
  expect([own.agent.name, own.priority]).toEqual(['large', 1]);
});
