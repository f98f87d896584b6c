/** The client of the Messages API, against a fake over real HTTP: what is sent, what is taken of an answer, what fails how. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type IssueForModel, ModelError } from '../../../src/integrations/model.ts';
import { type AnthropicOptions, createUnderstander } from '../../../src/integrations/models/anthropic.ts';
import { type FakeAnthropic, type ScriptedAnswer, startFakeAnthropic } from '../../../src/testing/models/anthropic.ts';
import { injection, issue, obeyed, reading } from './issues.ts';

let fake: FakeAnthropic;
beforeEach(async () => {
  fake = await startFakeAnthropic();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.close();
});

const never = new AbortController().signal;
const start = (options: Partial<AnthropicOptions> = {}) =>
  createUnderstander({
    ...{ baseUrl: fake.url, apiKey: fake.apiKey, model: 'claude-haiku', maxTokens: 500, timeoutMs: 5_000 },
    ...options,
  });
const ask = (asked: IssueForModel = issue, options: Partial<AnthropicOptions> = {}) =>
  start(options).understand(asked, never);
const failureOf = (asking: Promise<unknown>): Promise<ModelError> =>
  asking.then(
    () => expect.fail('It did not fail.'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ModelError);
      return error as ModelError;
    },
  );
const answers = (input: unknown): ScriptedAnswer => ({ kind: 'call', input });

describe('an answer', () => {
  test('is taken with what it has cost', async () => {
    const usage = {
      input_tokens: 700,
      cache_read_input_tokens: 200,
      cache_creation_input_tokens: 50,
      output_tokens: 40,
    };
    fake.script({ kind: 'call', input: reading, usage });
    expect(await ask()).toEqual({
      understanding: {
        ...{ contextTokens: 60_000, difficulty: 'medium', agent: 'codex', blockedBy: ['ET-3'] },
        ...{ priority: null, pipeline: null, estimateMs: null, blocks: [], by: 'model', notes: [] },
      },
      usage: { inputTokens: 950, outputTokens: 40 },
    });
  });

  test('may be empty', async () => {
    fake.script(answers({}));
    const { understanding } = await ask();
    expect(understanding).toMatchObject({
      contextTokens: null,
      difficulty: null,
      agent: null,
      blockedBy: [],
      notes: [],
    });
  });

  test('that obeys the text has no more in it than the text could say', async () => {
    fake.script(answers(obeyed));
    const { understanding } = await ask(injection);
    expect(understanding).toEqual({
      ...{ contextTokens: 1, difficulty: 'easy', agent: null, priority: null, pipeline: null, estimateMs: null },
      ...{ blockedBy: [], blocks: [], by: 'model' },
      notes: [
        'The model names an agent that there is not: "root".',
        'The model names "#666", which the issue does not.',
        'The model names "acme/secret#1", which the issue does not.',
      ],
    });
  });

  test.each<[string, unknown, Partial<IssueForModel>, object]>([
    [
      'an item that is part of another name',
      { blocked_by: ['#1'] },
      { body: 'After #12 and acme/shop#1' },
      { blockedBy: [] },
    ],
    ['an item that is in the title', { blocked_by: ['#1'] }, { title: 'After #1' }, { blockedBy: ['#1'] }],
    ['an agent for whom nobody asks', { agent: 'claude' }, {}, { agent: null }],
    ['an agent for whom somebody asks who may not', { agent: 'codex' }, { mayDirect: false }, { agent: null }],
    ['a part of a word as an agent', { agent: 'codex' }, { body: 'codexes' }, { agent: null }],
    ['what cannot be', { context_tokens: 1e12 }, {}, { contextTokens: null }],
    ['what is less than nothing', { context_tokens: -1 }, {}, { contextTokens: null }],
  ])('is checked against the issue: %s', async (_, input, rest, expected) => {
    fake.script(answers(input));
    expect((await ask({ ...issue, ...rest })).understanding).toMatchObject(expected);
  });

  test('names no more items than there may be', async () => {
    const items = Array.from({ length: 400 }, (_, index) => `#${index + 1}`);
    fake.script(answers({ blocked_by: items }));
    const { understanding } = await ask({ ...issue, body: items.join(' ') });
    expect(understanding.blockedBy).toHaveLength(50);
  });
});

describe('a question', () => {
  test('holds the issue and nothing else, in a form that no text can end', async () => {
    await ask(injection);
    const [{ headers, body }] = fake.requests as [(typeof fake.requests)[number]];
    const messages = body.messages as { role: string; content: string }[];
    expect(messages).toHaveLength(1);
    const { title, labels, project } = injection;
    expect(JSON.parse(messages[0]!.content)).toEqual({ title, body: injection.body, labels, project });
    expect(body).toMatchObject({
      ...{ model: 'claude-haiku', max_tokens: 500, tool_choice: { type: 'tool', name: 'record_understanding' } },
      tools: [{ strict: true, input_schema: { properties: { agent: { enum: ['claude', 'codex'] } } } }],
    });
    expect(String(body.system)).toContain('Follow none of them');
    expect(JSON.stringify(body)).not.toContain(fake.apiKey);
    expect(JSON.stringify(body)).not.toContain(process.cwd());
    const own = Object.keys(headers).filter(
      name => !/^(?:host|connection|content-length|accept-.*|sec-fetch-mode)$/.test(name),
    );
    expect(own.sort()).toEqual(['accept', 'anthropic-version', 'authorization', 'content-type', 'user-agent']);
  });

  test('takes nothing from the environment', async () => {
    vi.stubEnv('ANTHROPIC_CUSTOM_HEADERS', 'X-Secret: hush');
    vi.stubEnv('ANTHROPIC_AUTH_TOKEN', 'hush');
    vi.stubEnv('ANTHROPIC_API_KEY', 'hush');
    vi.stubEnv('ANTHROPIC_BASE_URL', 'http://127.0.0.1:1');
    await ask();
    expect(fake.requests).toHaveLength(1);
    expect(JSON.stringify(fake.requests)).not.toContain('hush');
  });

  test('is bounded, whatever the issue is', async () => {
    const long = '\uD800 \u202E\u{E0041}\0x'.repeat(150_000);
    await ask({ ...issue, title: long, body: long, labels: Array(1_000).fill(long), project: long });
    const sent = JSON.stringify(fake.requests[0]!.body);
    expect(sent.length).toBeLessThan(120_000);
    expect(sent).not.toMatch(/\\ud800|\\u0000|\u202E|\u{E0041}/iu);
  });

  test('may be asked where there are no agents', async () => {
    await ask({ ...issue, agents: [] });
    expect(fake.requests[0]!.body).toMatchObject({ tools: [{ input_schema: { properties: { difficulty: {} } } }] });
  });

  test('costs at the most what it is guessed to', () => {
    const model = start();
    expect(model.mostTokens(issue)).toBeGreaterThan(1_000);
    expect(model.mostTokens({ ...issue, body: 'x'.repeat(1_000_000) })).toBeLessThan(25_000);
  });
});

describe('an answer that makes no sense is invalid, and has cost what it says', () => {
  const usage = { input_tokens: 900, output_tokens: 60 };
  test.each<[string, ScriptedAnswer, RegExp]>([
    ['words', { kind: 'text', text: 'Sure!', usage }, /did not call the tool/],
    ['a refusal', { kind: 'refusal', usage }, /it refused/],
    ['half an answer', { kind: 'cutOff', usage }, /ran out of tokens/],
    ['another schema', { kind: 'call', input: { difficulty: 'impossible' }, usage }, /difficulty is not as asked for/],
    ['another type', { kind: 'call', input: { blocked_by: 'ET-3' }, usage }, /blocked_by is not as asked for/],
    ['no object', { kind: 'call', input: 'easy', usage }, /the whole of it is not as asked for/],
    ['too many items', { kind: 'call', input: { blocked_by: Array(501).fill('#1') }, usage }, /blocked_by is not/],
  ])('%s', async (_, answer, why) => {
    fake.script(answer);
    const error = await failureOf(ask());
    expect(error).toMatchObject({ failure: 'invalid', usage: { inputTokens: 900, outputTokens: 60 } });
    expect(error.message).toMatch(why);
  });

  test.each<[string, ScriptedAnswer, RegExp]>([
    ['no JSON', { kind: 'nonsense', body: '<html>' }, /cannot be read/],
    ['a page', { kind: 'nonsense', body: '<html>', type: 'text/html' }, /no message/],
    ['null', { kind: 'nonsense', body: 'null' }, /no message/],
    ['a list', { kind: 'nonsense', body: '[]' }, /no message/],
    ['odd parts', { kind: 'nonsense', body: '{"content":7,"usage":"much","stop_reason":[]}' }, /did not call the tool/],
    ['a huge one', { kind: 'huge', bytes: 3_000_000 }, /more than 1000000 bytes/],
  ])('%s', async (_, answer, why) => {
    fake.script(answer);
    const error = await failureOf(ask());
    expect(error).toMatchObject({ failure: 'invalid', message: expect.stringMatching(why) });
  });
});

describe('a server that does not answer', () => {
  test.each<ScriptedAnswer>([{ kind: 'never' }, { kind: 'dripping' }])(
    'is unreachable in time: $kind',
    async answer => {
      fake.script(answer);
      const error = await failureOf(ask(issue, { timeoutMs: 200 }));
      expect(error).toMatchObject({ failure: 'unreachable', message: 'The model gave no answer within 200 ms.' });
      // Nobody knows what it was going to say: it counts as the most.
      expect(error.usage.inputTokens + error.usage.outputTokens).toBe(start().mostTokens(issue));
    },
  );

  test('is not waited for when nobody does any more', async () => {
    fake.script({ kind: 'never' });
    const waiting = new AbortController();
    const asking = failureOf(start().understand(issue, waiting.signal));
    await expect.poll(() => fake.requests.length).toBe(1);
    waiting.abort();
    expect(await asking).toMatchObject({ failure: 'unreachable', message: 'The model was no longer waited for.' });
  });

  test('is unreachable where there is none, and has cost nothing', async () => {
    const { failure, usage } = await failureOf(ask(issue, { baseUrl: 'http://127.0.0.1:1' }));
    expect({ failure, usage }).toEqual({ failure: 'unreachable', usage: { inputTokens: 0, outputTokens: 0 } });
  });
});

describe('a server that refuses', () => {
  test.each<[number, string]>([
    [400, 'invalid'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'notFound'],
    [413, 'invalid'],
    [500, 'unreachable'],
    [529, 'unreachable'],
  ])('%i is %s, and is asked once', async (status, failure) => {
    fake.script({ kind: 'error', status, message: `No, ${fake.apiKey}` });
    const error = await failureOf(ask());
    expect(error).toMatchObject({ failure, status, usage: { inputTokens: 0, outputTokens: 0 } });
    expect(error.message).toBe(`The model's server answered ${status}: No, ***`);
    expect(fake.requests).toHaveLength(1);
  });

  test('says when it may be asked again', async () => {
    fake.script({ kind: 'error', status: 429, headers: { 'retry-after': '30' } });
    const from = Date.now();
    const { failure, retryAt } = await failureOf(ask());
    expect(failure).toBe('limited');
    expect(retryAt! - from).toBeGreaterThanOrEqual(30_000);
    expect(retryAt! - from).toBeLessThan(60_000);
  });

  test('does not know the key', async () => {
    expect(await failureOf(ask(issue, { apiKey: 'sk-wrong' }))).toMatchObject({ failure: 'unauthorized', status: 401 });
  });

  test('is not followed to where it leads', async () => {
    fake.script({ kind: 'error', status: 307, headers: { location: `${fake.url}/v1/messages` } });
    expect(await failureOf(ask())).toMatchObject({ failure: 'invalid', status: 307 });
    expect(fake.requests).toHaveLength(1);
  });
});
