/** The rules and a model together: what is written comes first, and where the model is of no help, the rules are there. */
import { expect, test } from 'vitest';
import { nothingUnderstood, type Understanding } from '../../../src/domain/understanding.ts';
import { type IssueForModel, ModelError, type Understander } from '../../../src/integrations/model.ts';
import { createUnderstander } from '../../../src/integrations/models/anthropic.ts';
import { understand } from '../../../src/integrations/understanding/understand.ts';
import { startFakeAnthropic } from '../../../src/testing/models/anthropic.ts';
import { injection, issue, obeyed } from '../models/issues.ts';

const { signal } = new AbortController();
const usage = { inputTokens: 900, outputTokens: 60 };

/** A model that reads this out of every issue, or fails so. */
function modelThat(says: Partial<Understanding> | Error): Understander & { asked: number } {
  const model = {
    asked: 0,
    mostTokens: () => 1_000,
    async understand() {
      model.asked += 1;
      if (says instanceof Error) throw says;
      return { understanding: { ...nothingUnderstood, by: 'model' as const, ...says }, usage };
    },
  };
  return model;
}
const written = (body: string): IssueForModel => ({ ...issue, body });

test('reads by the rules alone where there is no model', async () => {
  const { understanding, ...rest } = await understand(written('Blocked by #12'), { remainingTokens: null, signal });
  expect(understanding).toMatchObject({ blockedBy: ['#12'], by: 'rules', notes: [] });
  expect(rest).toEqual({ usage: { inputTokens: 0, outputTokens: 0 }, failure: null });
});

test('fills in what nobody has written', async () => {
  const model = modelThat({ contextTokens: 60_000, difficulty: 'hard', agent: 'codex', blockedBy: ['ET-3', '#12'] });
  const read = await understand(written('Blocked by #12'), { model, remainingTokens: 1_000, signal });
  expect(read).toMatchObject({
    understanding: {
      ...{ contextTokens: 60_000, difficulty: 'hard', agent: 'codex', blockedBy: ['#12', 'ET-3'], by: 'model' },
    },
    ...{ usage, failure: null },
  });
});

test('takes back nothing that somebody has written', async () => {
  const body = '---\nagent: claude\ndifficulty: easy\ncontext: 10k\npriority: 7\n---\nBlocked by #12. Blocks #9.';
  const model = modelThat({ contextTokens: 1, difficulty: 'hard', agent: 'codex', priority: 1, pipeline: 'deploy' });
  const { understanding } = await understand(written(body), { model, remainingTokens: null, signal });
  expect(understanding).toMatchObject({
    ...{ contextTokens: 10_000, difficulty: 'easy', agent: 'claude', priority: 7, pipeline: null },
    ...{ blockedBy: ['#12'], blocks: ['#9'] },
  });
});

test('takes no blocker from the model that the text denies, or that waits itself', async () => {
  const body = 'Not blocked by #3.\n- [x] Blocked by #4\nBlocks #9.';
  const model = modelThat({ blockedBy: ['#3', '#4', '#9', '#5'], blocks: ['#6'] });
  const { understanding } = await understand(written(body), { model, remainingTokens: null, signal });
  expect(understanding).toMatchObject({ blockedBy: ['#5'], blocks: ['#9'] });
});

test('does not ask what may cost more than is left', async () => {
  const model = modelThat({ difficulty: 'hard' });
  const read = await understand(written('Blocked by #12'), { model, remainingTokens: 999, signal });
  expect(model.asked).toBe(0);
  expect(read.understanding).toMatchObject({ blockedBy: ['#12'], difficulty: null, by: 'rules' });
  expect(read.understanding.notes).toEqual([
    'Read without the model: it may cost more than the 999 tokens that are left.',
  ]);
});

test('does not ask when there is no time left', async () => {
  const model = modelThat({});
  const read = await understand(issue, { model, remainingTokens: null, signal: AbortSignal.abort() });
  expect(model.asked).toBe(0);
  expect(read.understanding.notes).toEqual(['Read without the model: there was no time left.']);
});

test.each([
  new ModelError('unreachable', 'The model gave no answer within 200 ms.', { usage }),
  new ModelError('limited', "The model's server answered 429.", { retryAt: 5 }),
  new ModelError('invalid', 'The model gave no answer that can be read: it refused.', { usage }),
  new TypeError('It is broken.'),
])('has the rules where the model fails: $message', async error => {
  const model = modelThat(error);
  const read = await understand(written('Blocked by #12'), { model, remainingTokens: null, signal });
  expect(read.understanding).toMatchObject({ blockedBy: ['#12'], by: 'rules' });
  expect(read.understanding.notes).toEqual([`Read without the model: ${error.message}`]);
  expect(read.usage).toEqual(error instanceof ModelError ? error.usage : { inputTokens: 0, outputTokens: 0 });
  expect(read.failure).toMatchObject({ message: error.message });
});

test('a text that a model obeys is still read as it is written', async () => {
  const fake = await startFakeAnthropic();
  try {
    fake.script({ kind: 'call', input: obeyed });
    const options = { baseUrl: fake.url, apiKey: fake.apiKey, model: 'claude-haiku', maxTokens: 500, timeoutMs: 5_000 };
    const { understanding } = await understand(injection, {
      ...{ model: createUnderstander(options), remainingTokens: null, signal },
    });
    expect(understanding).toMatchObject({
      ...{ agent: null, priority: null, pipeline: null, estimateMs: null, blockedBy: ['#12'], blocks: [] },
    });
  } finally {
    await fake.close();
  }
});

test('reads an issue of a megabyte, and one that is no text', async () => {
  const model = modelThat({ difficulty: 'hard' });
  const odd = { ...issue, title: '\uDC00', labels: ['\uD800: \uD800'], body: 'Blocked by #12\n\uD800'.repeat(70_000) };
  const { understanding } = await understand(odd, { model, remainingTokens: null, signal });
  expect(understanding).toMatchObject({ blockedBy: ['#12'], difficulty: 'hard' });
  expect(JSON.stringify(understanding)).not.toMatch(/\\ud[89a-f]/);
});
