/** What a run has used and cost. The numbers are taken by hand from the recordings, not from the code. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PriceTable } from '../../src/integrations/agent-cli.ts';
import { agentClis } from '../../src/integrations/agents/index.ts';
import { builtInPrices, priceOf, windowOf } from '../../src/integrations/prices.ts';
import { linesOf, read, recording } from './recordings.ts';

const roundPrices: PriceTable = {
  version: 'test',
  models: [
    { pattern: 'flash-lite', windowTokens: 1_000, price: { input: 1, cachedInput: 0, cacheWrite: 0, output: 10 } },
    { pattern: 'flash', windowTokens: 2_000, price: { input: 2, cachedInput: 0.5, cacheWrite: 0, output: 4 } },
    { pattern: 'gpt', windowTokens: 3_000, price: { input: 1, cachedInput: 0.1, cacheWrite: 1, output: 10 } },
    { pattern: 'free', windowTokens: 4_000, price: null },
  ],
};

test('claude: takes tokens and cost of a fresh session from its result', () => {
  const { usage, context, model, turns } = read(recording('claude', 'success')).report();
  expect(usage).toEqual({
    inputTokens: 2_880,
    cachedInputTokens: 28_140,
    cacheWriteTokens: 9_840,
    outputTokens: 337,
    costUsd: 0.073088,
  });
  expect({ context, model, turns }).toEqual({
    context: { usedTokens: 10_030, windowTokens: 1_000_000 },
    model: 'claude-opus-5-5',
    turns: 5,
  });
});

test('claude: counts only its own part of a resumed session', () => {
  // The session has cost 0.095888 in all, 0.073088 of it in the process before.
  expect(read(recording('claude', 'resume')).report().usage).toEqual({
    inputTokens: 4_500,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 240,
    costUsd: 0.0228,
  });
});

test('claude: adds the turns of one process, whose cost comes as a running total', () => {
  expect(read(recording('claude', 'background-short')).report().usage).toEqual({
    inputTokens: 3_170,
    cachedInputTokens: 19_140,
    cacheWriteTokens: 420,
    outputTokens: 262,
    costUsd: 0.023848,
  });
});

test('claude: a run that is killed falls back to its answers, each counted once, and to the price table', () => {
  const killed = agentClis.claude.createReader(builtInPrices);
  for (const line of linesOf(recording('claude', 'success'), 'stdout.jsonl').slice(0, -1)) killed.output(line);
  // Output is a placeholder of 1 per answer until the result: 2880 × 4 + 28140 × 0.2 + 9840 × 5 + 4 × 20, per million.
  expect(killed.report().usage).toEqual({
    inputTokens: 2_880,
    cachedInputTokens: 28_140,
    cacheWriteTokens: 9_840,
    outputTokens: 4,
    costUsd: 0.066428,
  });
});

test('claude: knows the true output of a killed run when it prints partial messages', () => {
  const killed = agentClis.claude.createReader(builtInPrices);
  for (const line of linesOf(recording('claude', 'partial-messages'), 'stdout.jsonl').slice(0, -1)) killed.output(line);
  expect(killed.report().usage.outputTokens).toBe(337);
});

test('claude: derives the cost before it from the price table when an older version does not tell', () => {
  const result = {
    type: 'result',
    subtype: 'success',
    is_error: false,
    total_cost_usd: 1.5,
    usage: { input_tokens: 250_000 },
  };
  const reader = agentClis.claude.createReader(builtInPrices, 'claude-opus-5-5');
  reader.output(JSON.stringify(result));
  expect(reader.report().usage.costUsd).toBe(1);
  const unknown = agentClis.claude.createReader(builtInPrices);
  unknown.output(JSON.stringify(result));
  expect(unknown.report().usage.costUsd).toBe(1.5);
});

test('claude: sub-agents count for usage and not for the context', () => {
  const reader = agentClis.claude.createReader(builtInPrices);
  const answer = (id: string, parent: string | null, input_tokens: number) =>
    reader.output(
      JSON.stringify({
        type: 'assistant',
        parent_tool_use_id: parent,
        message: { id, model: 'claude-haiku-4-5', content: [{ type: 'text', text: id }], usage: { input_tokens } },
      }),
    );
  answer('msg_1', null, 100);
  answer('msg_2', 'toolu_1', 5_000);
  const report = reader.report();
  expect(report.usage.inputTokens).toBe(5_100);
  expect(report).toMatchObject({ context: { usedTokens: 100, windowTokens: 200_000 }, turns: 1, lastText: 'msg_1' });
});

test('codex: takes the totals of the turn, cached input apart, and prices the configured model', () => {
  const tokens = { inputTokens: 12_720, cachedInputTokens: 28_140, cacheWriteTokens: 0, outputTokens: 337 };
  expect(read(recording('codex', 'success')).report().usage).toEqual({ ...tokens, costUsd: null });
  expect(read(recording('codex', 'success'), roundPrices, 'gpt-5.5').report()).toMatchObject({
    usage: { ...tokens, costUsd: 0.018904 },
    model: 'gpt-5.5',
    context: null,
  });
});

test('gemini: takes the statistics, helper models included, each at its own price', () => {
  const { usage, model } = read(recording('gemini', 'success'), roundPrices).report();
  expect(usage).toEqual({
    inputTokens: 12_740,
    cachedInputTokens: 28_140,
    cacheWriteTokens: 0,
    outputTokens: 339,
    costUsd: 0.040898,
  });
  expect(model).toBe('gemini-3.8-flash');
});

test('opencode: adds its steps, and the newest one says how full the context is', () => {
  const { usage, context, turns } = read(recording('opencode', 'success'), roundPrices, 'local/free-1').report();
  expect(usage).toEqual({
    inputTokens: 2_880,
    cachedInputTokens: 28_140,
    cacheWriteTokens: 9_840,
    outputTokens: 337,
    costUsd: 0.059037,
  });
  expect({ context, turns }).toEqual({ context: { usedTokens: 10_030, windowTokens: 4_000 }, turns: 4 });
});

test('a program that we do not know has no usage, whatever it prints', () => {
  const reader = agentClis.command.createReader(builtInPrices, 'gpt-5');
  reader.output('Tokens: 2.1k sent, 95 received. Cost: $0.0055 message, $0.0055 session.');
  expect(reader.report().usage).toMatchObject({ inputTokens: 0, costUsd: null });
});

test('the price table takes the first pattern in the name, and knows nothing of unknown models', () => {
  expect(priceOf(roundPrices, 'gemini-3.5-flash-lite')?.output).toBe(10);
  expect(priceOf(roundPrices, 'gemini-3.8-flash')?.output).toBe(4);
  expect([priceOf(roundPrices, 'free'), windowOf(roundPrices, 'free')]).toEqual([null, 4_000]);
  expect([priceOf(roundPrices, 'other'), windowOf(roundPrices, null)]).toEqual([null, null]);
});

test('the built-in prices of Claude are those that the program reckons with', () => {
  for (const mode of ['success', 'append-system-prompt', 'subscription-limit']) {
    const row = recording('claude', mode);
    const result = JSON.parse(linesOf(row, 'stdout.jsonl').at(-1)!);
    const model = Object.keys(result.modelUsage)[0]!;
    const { input, cachedInput, cacheWrite, output } = priceOf(builtInPrices, model)!;
    const { inputTokens, cacheReadInputTokens, cacheCreationInputTokens, outputTokens, costUSD } =
      result.modelUsage[model];
    const cost =
      inputTokens * input +
      cacheReadInputTokens * cachedInput +
      cacheCreationInputTokens * cacheWrite +
      outputTokens * output;
    expect(cost / 1_000_000).toBeCloseTo(costUSD, 6);
  }
});

const notedIn = (name: string) =>
  readFileSync(new URL(`../fixtures/sessions/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');

/** The session files are of real runs: a model on loopback claimed 1,000 tokens of input, 400 of them cached, and 50 of output per answer. */
describe('what a session file tells', () => {
  const codexNotes = notedIn('codex-resumed-and-killed.jsonl');
  const resumedAt = Date.parse('2026-11-27T15:01:05Z');

  test('codex: a process that was killed in a tool has used what its answers used, the last one included', () => {
    const killed = agentClis.codex.createReader(builtInPrices, null, true);
    for (const line of codexNotes) killed.noted?.(line, resumedAt);
    expect(killed.report()).toMatchObject({
      model: 'gpt-5.5',
      usage: { inputTokens: 1_200, cachedInputTokens: 800, outputTokens: 100 },
    });
    expect(killed.report().usage.costUsd).toBeGreaterThan(0);
  });

  test('codex: a process that goes on with a thread has not used what the thread had used before', () => {
    const resumed = agentClis.codex.createReader(builtInPrices, 'gpt-5.5', true);
    for (const line of codexNotes) resumed.noted?.(line, resumedAt);
    resumed.output(
      '{"type":"turn.completed","usage":{"input_tokens":4000,"cached_input_tokens":1600,"output_tokens":200}}',
    );
    expect(resumed.report().usage).toMatchObject({ inputTokens: 1_200, cachedInputTokens: 800, outputTokens: 100 });
  });

  test('codex: an older version that notes the totals of the thread alone is counted by their difference', () => {
    const older = agentClis.codex.createReader(builtInPrices, null, true);
    for (const line of codexNotes) if (!line.includes('token_usage_record')) older.noted?.(line, resumedAt);
    expect(older.report().usage).toMatchObject({ inputTokens: 600, cachedInputTokens: 400, outputTokens: 50 });
  });

  test('codex: all of a fresh thread is its own, whatever its clock says', () => {
    const fresh = agentClis.codex.createReader(builtInPrices);
    for (const line of codexNotes) fresh.noted?.(line, Date.parse('2030-01-01T00:00:00Z'));
    expect(fresh.report().usage).toMatchObject({ inputTokens: 2_400, cachedInputTokens: 1_600, outputTokens: 200 });
  });

  test('gemini: a process that was killed in a tool has used what its answers used, each once', () => {
    const killed = agentClis.gemini.createReader(builtInPrices);
    for (const line of notedIn('gemini-killed.jsonl')) killed.noted?.(line, 0);
    expect(killed.report().usage).toMatchObject({ inputTokens: 1_200, cachedInputTokens: 800, outputTokens: 100 });
  });

  test('gemini: the statistics at the end count helper models too, so they count when they come', () => {
    const reader = agentClis.gemini.createReader(builtInPrices);
    for (const line of notedIn('gemini-killed.jsonl')) reader.noted?.(line, 0);
    reader.output(
      '{"type":"result","status":"success","stats":{"total_tokens":5000,"input_tokens":4800,"output_tokens":200,"cached":0}}',
    );
    expect(reader.report().usage).toMatchObject({ inputTokens: 4_800, outputTokens: 200 });
  });

  test.each(['codex', 'gemini'] as const)('%s: lines that make no sense are passed over', kind => {
    const reader = agentClis[kind].createReader(builtInPrices, null, true);
    const odd = [
      '',
      '{',
      '{"type":"token_count"}',
      '{"type":"token_usage_record","payload":{"usage":{"input_tokens":-5}}}',
    ];
    for (const line of [
      ...odd,
      '{"type":"gemini","id":7,"tokens":[]}',
      '{"type":"gemini","id":"a","tokens":{"total":"x"}}',
    ])
      reader.noted?.(line, 0);
    expect(reader.report().usage).toMatchObject({ inputTokens: 0, outputTokens: 0 });
  });
});

test('aider: adds what it says of each answer', () => {
  const reader = agentClis.aider.createReader(builtInPrices);
  reader.output('Tokens: 2.3k sent, 112 received. Cost: $0.0072 message, $0.0072 session.');
  reader.output('Tokens: 12k sent, 1.1k cache write, 5.0k cache hit, 1,100 received.');
  reader.output('Cost: $0.02 message, $0.0272 session.');
  reader.output('Tokens: many sent, some received.');
  expect(reader.report().usage).toMatchObject({ inputTokens: 14_300, outputTokens: 1_212, costUsd: 0.0272 });
});
