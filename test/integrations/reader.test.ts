/** What a reader knows while the program still runs, and what it makes of ends that no recording has. */
import { describe, expect, test } from 'vitest';
import type { AgentReader } from '../../src/integrations/agent-cli.ts';
import { asMoment, momentIn, waitIn } from '../../src/integrations/agents/hints.ts';
import { agentClis } from '../../src/integrations/agents/index.ts';
import { limitedModelIn, modelOfWindows } from '../../src/integrations/agents/limited-model.ts';
import { builtInPrices } from '../../src/integrations/prices.ts';
import { linesOf, read, recording } from './recordings.ts';

type Kind = keyof typeof agentClis;

function start(kind: Kind) {
  const reader = agentClis[kind].createReader(builtInPrices);
  return { reader, tell: (event: object) => reader.output(JSON.stringify(event)) };
}

/** What `look` sees after each line of a recording. */
function watch<T>(
  kind: 'claude' | 'codex' | 'gemini' | 'opencode',
  mode: string,
  look: (reader: AgentReader) => T,
): T[] {
  const { reader } = start(kind);
  return linesOf(recording(kind, mode), 'stdout.jsonl').map(line => {
    reader.output(line);
    return look(reader);
  });
}

const signal = { code: null, signal: 'SIGTERM' };

describe('while it runs', () => {
  test('counts the tools that are at work', () => {
    expect(watch('claude', 'success', reader => reader.openTools)).toEqual([0, 0, 1, 0, 1, 2, 1, 0, 1, 0, 0, 0]);
    expect(watch('codex', 'success', reader => reader.openTools)).toEqual([0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0]);
    expect(watch('gemini', 'success', reader => reader.openTools)).toEqual([
      0, 0, 0, 0, 1, 0, 1, 2, 1, 0, 1, 0, 0, 0, 0,
    ]);
    const { reader, tell } = start('opencode');
    const tool = (status: string) =>
      tell({ type: 'tool_use', part: { tool: 'bash', callID: 'call-1', state: { status } } });
    tool('running');
    expect(reader.openTools).toBe(1);
    tool('completed');
    expect(reader.openTools).toBe(0);
  });

  test.each([
    ['a title of the terminal', '\u001b]0;claude: ready\u0007\u001b[?25h', ''],
    ['a title that ends the other way', '\u001b]2;a {"b"}\u001b\\', ''],
    ['bracketed paste and a cursor', '\u001b[?2004h\u001b[2K\r', '\u001b[?2004l'],
    ['a prompt of a hook', 'lint {ok}: ', ' done'],
    ['a notice with JSON of its own', 'config {"a": {"b": "}"}} loaded ', ''],
    ['half of another event', '{"type":"assistant","message":{"con', ''],
  ])('reads an event beside %s', (_, before, behind) => {
    const { reader } = start('claude');
    const result = JSON.stringify({ type: 'result', subtype: 'success', is_error: false, result: 'a "{" b' });
    reader.output(`${before}${result}${behind}`);
    expect(reader.report()).toMatchObject({ conclusion: 'success', events: 1, unknownEvents: 0 });
    expect(reader.conclude({ code: 0, signal: null }).class).toBe('succeeded');
  });

  test('reads every event on a line, and counts what is none', () => {
    const { reader } = start('claude');
    const init = '{"type":"system","subtype":"init","session_id":"s-1"}';
    reader.output(`${init}{"type":"novelty"} and more ${init}`);
    expect(reader.report()).toMatchObject({ events: 2, unknownEvents: 1, garbageLines: 1, session: 's-1' });
    reader.output('\u001b[?25h');
    expect(reader.report()).toMatchObject({ garbageLines: 1 });
  });

  test('a line of nothing but beginnings is looked at for a moment', () => {
    const { reader } = start('claude');
    const began = performance.now();
    reader.output('{"'.repeat(2_000_000));
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(reader.report().garbageLines).toBe(1);
  });

  test('takes messages and tool results for progress, and retries, limits and empty steps for none', () => {
    expect(watch('claude', 'auth-401', reader => reader.progress)).toEqual(Array(13).fill(0));
    expect(watch('claude', 'subscription-limit', reader => reader.progress)).toEqual([0, 1, 2, 2, 3, 3, 3, 3]);
    expect(watch('codex', 'ratelimit-forever', reader => reader.progress).slice(-8)).toEqual(Array(8).fill(2));
    expect(watch('opencode', 'malformed-not-json', reader => reader.progress).at(-1)).toBe(0);
    expect(watch('gemini', 'success', reader => reader.progress).at(-1)).toBe(8);
  });

  test('says what it does in one line', () => {
    expect(watch('claude', 'success', reader => reader.activity)).toEqual([
      'starts',
      'thinks',
      'Bash: cat src/add.js && git status --short',
      'thinks',
      'Write: /srv/wt/src/add.js',
      'Write: /srv/wt/docs/WI-7/notes.md',
      'thinks',
      'thinks',
      "Bash: git add -A && git commit -q -m 'fix(WI-7): add() adds' && git log --oneline -1",
      'thinks',
      'thinks',
      'has finished',
    ]);
    expect(watch('claude', 'auth-401', reader => reader.activity)[3]).toBe('waits for the API (retry 3 of 10)');
    expect(watch('codex', 'ratelimit-long', reader => reader.activity).at(-1)).toBe('waits for the API (retry 1 of 5)');
    const { reader, tell } = start('claude');
    const input = { command: `npm test\n\u001b[31m&& ${'x'.repeat(500)}` };
    tell({ type: 'assistant', message: { id: 'm', content: [{ type: 'tool_use', id: 't', name: 'Bash', input }] } });
    expect(reader.activity).toMatch(/^Bash: npm test && x+…$/);
    expect(reader.activity).toHaveLength(120);
  });

  test('gives up on a login that is refused a second time: the first may be a token that is just being renewed', () => {
    expect(watch('claude', 'auth-401', reader => reader.isDoomed).slice(0, 3)).toEqual([false, false, true]);
    expect(watch('codex', 'auth-401', reader => reader.isDoomed).slice(0, 5)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
    const { reader } = start('gemini');
    reader.error('Attempt 1 failed with status 401. Retrying with backoff...');
    expect(reader.isDoomed).toBe(false);
    reader.error('Attempt 2 failed with status 401. Retrying with backoff...');
    expect(reader.isDoomed).toBe(true);
  });

  test('an end that we made because it was doomed is what it was doomed by', () => {
    const { reader } = start('claude');
    for (const line of linesOf(recording('claude', 'auth-401'), 'stdout.jsonl').slice(0, 3)) reader.output(line);
    expect(reader.conclude(signal)).toMatchObject({ class: 'authentication' });
    for (const line of linesOf(recording('claude', 'success'), 'stdout.jsonl').slice(1, 3)) reader.output(line);
    expect(reader.isDoomed).toBe(false);
    expect(reader.conclude(signal)).toMatchObject({ class: 'interrupted' });
  });

  test('takes back a last word that another turn follows', () => {
    const words = watch('claude', 'background-short', reader => reader.report().conclusion);
    expect(words.slice(5)).toEqual([
      null,
      'success',
      'success',
      'success',
      'success',
      null,
      null,
      null,
      null,
      'success',
    ]);
  });

  test('keeps the last words of a message that comes in pieces', () => {
    expect(read(recording('gemini', 'success')).report().lastText).toBe(
      'Done: add() adds, notes are in docs/WI-7/notes.md, and the work is committed.',
    );
    const { reader, tell } = start('codex');
    tell({
      type: 'item.completed',
      item: { id: '1', type: 'agent_message', text: `${'x'.repeat(9_000)} VERDICT: APPROVED` },
    });
    expect(reader.report().lastText).toMatch(/^x+ VERDICT: APPROVED$/);
    expect(reader.report().lastText).toHaveLength(2_000);
  });

  test('never takes a session for one that would be a flag on the next command line', () => {
    const { reader, tell } = start('claude');
    tell({ type: 'system', subtype: 'init', session_id: '--dangerously-skip-permissions' });
    expect(reader.report().session).toBeNull();
    tell({ type: 'system', subtype: 'init', session_id: '3f0c9a52-6a70-4f1d-9a5e-1d2b3c4d5e6f' });
    expect(reader.report().session).toBe('3f0c9a52-6a70-4f1d-9a5e-1d2b3c4d5e6f');
  });
});

describe('at the end', () => {
  test('names the tools that were denied, and what to do about it', () => {
    const reader = read(recording('claude', 'permission-denied'));
    expect(reader.conclude({ code: 0, signal: null }).message).toContain(
      'not permitted to use Write, Bash; allow them',
    );
    expect(reader.report().denials).toEqual(['Write', 'Bash']);
  });

  test('an agent that found a way around what it was denied has done its work', () => {
    const { reader, tell } = start('claude');
    tell({ type: 'system', subtype: 'permission_denied', tool_name: 'WebFetch' });
    tell({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'a', is_error: true }] } });
    tell({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'b', content: 'ok' }] } });
    tell({ type: 'result', subtype: 'success', is_error: false, permission_denials: [{ tool_name: 'WebFetch' }] });
    expect(reader.conclude({ code: 0, signal: null }).class).toBe('succeeded');
    expect(reader.report().denials).toEqual(['WebFetch']);
  });

  test('takes denials that only the result knows for the last word', () => {
    const { reader, tell } = start('claude');
    tell({ type: 'result', subtype: 'success', is_error: false, permission_denials: [{ tool_name: 'Write' }] });
    expect(reader.conclude({ code: 0, signal: null })).toMatchObject({ class: 'refused', code: 'denied' });
  });

  test('an answer that the program made up for a failed request is that failure, whatever the result claims', () => {
    const madeUp = (parent: string | null) => {
      const { reader, tell } = start('claude');
      const content = [{ type: 'text', text: 'API Error: Rate limit reached' }];
      const message = { model: '<synthetic>', content };
      tell({ type: 'assistant', message, error: 'rate_limit', api_error_status: 429, parent_tool_use_id: parent });
      const result = { type: 'result', subtype: 'success', is_error: false, terminal_reason: 'completed' };
      tell({ ...result, result: 'API Error: Rate limit reached' });
      return reader.conclude({ code: 0, signal: null });
    };
    expect(madeUp(null)).toMatchObject({ class: 'transient', code: 'rateLimit' });
    // That of a helper is the helper's.
    expect(madeUp('toolu_1').class).toBe('succeeded');
  });

  test('a model that declines has the last word', () => {
    const { reader, tell } = start('claude');
    tell({ type: 'result', subtype: 'success', is_error: false, stop_reason: 'refusal', terminal_reason: 'completed' });
    expect(reader.conclude({ code: 0, signal: null })).toMatchObject({ class: 'refused', code: 'refusal' });
  });

  test('keeps the time of the reset, also where only a clock can read it', () => {
    expect(read(recording('claude', 'subscription-limit')).conclude({ code: 1, signal: null })).toMatchObject({
      class: 'quota',
      code: 'usageLimit',
      resetAt: 1_795_280_000_000,
    });
    const when = { at: Date.UTC(2026, 10, 27, 12), zone: 'Europe/Berlin' };
    const usageLimit = read(recording('codex', 'usage-limit')).conclude({ code: 1, signal: null }, when);
    expect(usageLimit).toMatchObject({ class: 'quota', resetAt: Date.UTC(2026, 10, 27, 15, 53) });
    expect(usageLimit.message).toContain('try again at 4:53 PM');
    expect(read(recording('claude', 'quota-usage-limit')).conclude({ code: 1, signal: null }).resetAt).toBe(
      Date.UTC(2026, 11, 1),
    );
  });

  test('a reset time that is known is not forgotten for a vaguer event', () => {
    const { reader, tell } = start('claude');
    const limit = (info: object) => tell({ type: 'rate_limit_event', rate_limit_info: info });
    limit({ status: 'rejected', rateLimitType: 'five_hour', resetsAt: 1_795_280_000 });
    limit({ status: 'rejected', rateLimitType: 'five_hour' });
    limit({ status: 'allowed', rateLimitType: 'seven_day', resetsAt: 1_795_880_000 });
    const result = "You've hit your session limit · resets 3am (Mars/Olympus)";
    tell({ type: 'result', subtype: 'success', is_error: true, api_error_status: 429, result });
    expect(reader.conclude({ code: 1, signal: null })).toMatchObject({ class: 'quota', resetAt: 1_795_280_000_000 });
  });

  test('what an agent writes of limits is no limit of its own', () => {
    const { reader, tell } = start('claude');
    const text = "You've hit your session limit · resets 3am (UTC)";
    tell({ type: 'assistant', message: { id: 'm', content: [{ type: 'text', text }] } });
    tell({ type: 'result', subtype: 'success', is_error: false, result: text, terminal_reason: 'completed' });
    expect(reader.conclude({ code: 0, signal: null })).toMatchObject({ class: 'succeeded', resetAt: null });
  });

  test('keeps how long the provider wants us to wait', () => {
    expect(read(recording('codex', 'sse-ratelimit')).conclude({ code: 1, signal: null }).retryAfterMs).toBe(3_500);
    expect(read(recording('gemini', 'ratelimit-forever')).conclude({ code: 173, signal: null }).retryAfterMs).toBe(
      2_000,
    );
  });

  test('recognises a rate limit that only standard error and the exit code tell of', () => {
    const { reader } = start('gemini');
    expect(reader.conclude({ code: 173, signal: null })).toMatchObject({ class: 'transient', code: 'rateLimit' });
    reader.error('TerminalQuotaError: You have exhausted your daily quota on this model.');
    expect(reader.conclude({ code: 173, signal: null })).toMatchObject({ class: 'quota' });
  });

  test('takes the last retry for the reason when a program leaves without a last word', () => {
    const { reader, tell } = start('codex');
    tell({ type: 'error', message: 'Reconnecting... 2/5 (rate limit exceeded: Please try again in 3.5s.)' });
    expect(reader.conclude({ code: 1, signal: null })).toMatchObject({ class: 'transient', retryAfterMs: 3_500 });
    expect(reader.conclude(signal)).toMatchObject({ class: 'interrupted' });
    tell({ type: 'item.completed', item: { id: '1', type: 'agent_message', text: 'Going on.' } });
    expect(reader.conclude({ code: 1, signal: null })).toMatchObject({ class: 'permanent', code: 'exitCode' });
  });

  test('does not take the tool trouble on standard error for its own', () => {
    const { reader } = start('codex');
    reader.error(
      '2026-11-21T09:47:06.818043Z ERROR codex_core::tools::router: error=exec failed: Cannot find module x',
    );
    expect(reader.conclude({ code: 1, signal: null })).toMatchObject({ code: 'exitCode' });
  });

  test('takes the program of a user by its exit code and quotes its standard error', () => {
    const { reader } = start('command');
    reader.output('usage limit reached, 401, rate limit');
    reader.error('my agent: no such task');
    expect(reader.conclude({ code: 0, signal: null }).class).toBe('succeeded');
    expect(reader.conclude({ code: 3, signal: null })).toMatchObject({
      class: 'permanent',
      message: 'the agent failed with exit code 3: my agent: no such task',
    });
    expect(reader.conclude({ code: 75, signal: null }).class).toBe('transient');
    expect(reader.report().lastText).toBe('usage limit reached, 401, rate limit');
  });
});

test.each([
  ['Please try again in 3.5s. Visit the page', 3_500],
  ['try again in 2 hours 5 minutes', 7_500_000],
  ['try again in 1 day, 3 hours and 2 minutes.', 97_320_000],
  ['Please try again in 250ms', 250],
  ['Suggested retry after 2s.\nSuggested retry after 7s.. Retrying', 7_000],
  ['try again at 4:53 PM', null],
  ['try again in a moment', null],
  ['try again in 99999999 days', null],
])('the wait in "%s"', (text, waitMs) => {
  expect(waitIn(text)).toBe(waitMs);
});

const noon = { at: Date.UTC(2026, 10, 27, 12), zone: 'America/New_York' };

test.each([
  ['try again at 3:04 PM.', '2026-11-27T20:04'],
  ['try again at Nov 28th, 2026 3:05 AM.', '2026-11-28T08:05'],
  ["You've hit your session limit · resets 3am (Europe/Berlin)", '2026-11-28T02:00'],
  ['Weekly limit reached · resets Dec 2, 7pm (Europe/Moscow)', '2026-12-02T16:00'],
  ['resets Dec 2 at 7:15pm (Europe/Moscow)', '2026-12-02T16:15'],
  ['resets 11:40am (Asia/Kolkata)', '2026-11-28T06:10'],
  ['Your limit will reset at 3pm (America/Los_Angeles).', '2026-11-27T23:00'],
  ['resets Monday 9am (UTC)', '2026-11-30T09:00'],
  ['resets Jan 3, 9am (UTC)', '2027-01-03T09:00'],
  ['resets 12am (UTC)', '2026-11-28T00:00'],
  ['resets 15:30', '2026-11-27T20:30'],
  ['resets tomorrow at 9:00', '2026-11-28T14:00'],
  ['resets at 2026-12-01T00:00:00Z', '2026-12-01T00:00'],
  ['You will regain access on 2026-12-01 at 00:00 UTC', '2026-12-01T00:00'],
  ['Claude AI usage limit reached|1795900800', '2026-11-28T21:20'],
  ['Your quota will reset after 14h22m30s.', '2026-11-28T02:22:30'],
  ['try again in 3 days 2 hours', '2026-11-30T14:00'],
  // It has only just passed: it is not the same of tomorrow.
  ['resets 11:59am (UTC)', '2026-11-27T12:01'],
  // Summer time ends in the night before.
  ['resets Nov 1, 2026 1:30 PM (America/New_York)', null],
  ['resets Mar 14, 2027 3:30 AM (America/New_York)', '2027-03-14T07:30'],
  ['resets 3am (Mars/Olympus)', null],
  ['resets 8am PST', null],
  ['resets Feb 31, 9am', null],
  ['resets 25:00', null],
  ['resets 3', null],
  ['the limit resets soon', null],
])('the reset in "%s"', (text, moment) => {
  expect(momentIn(text, noon)).toBe(moment === null ? null : Date.parse(`${moment}Z`));
});

test('moments outside of this century are none', () => {
  expect(momentIn('on 9999-12-01 at 00:00 UTC', noon)).toBeNull();
  expect([asMoment(Number.NaN), asMoment(-1), asMoment(1e300)]).toEqual([null, null, null]);
});

test.each([
  ["You've hit your Opus limit · resets Nov 28, 1pm (UTC)", null, 'opus'],
  ['You have reached your Opus 4 weekly limit', null, 'opus-4'],
  ["You've hit your Quarz limit", 'claude-quarz-1', 'quarz'],
  ["You've hit your Quarz limit", 'claude-opus-4-8', null],
  ["You've hit your 5-hour limit · resets 4:53pm (UTC)", 'claude-opus-4-8', null],
  ["You've hit your weekly limit", 'claude-opus-4-8', null],
  ['Opus weekly limit reached ∙ resets 10am', null, 'opus'],
  ['You’ve hit your usage limit for GPT-5.3-Codex-Spark. Switch to another model now', null, 'gpt-5.3-codex-spark'],
  ['You’ve hit your usage limit. Upgrade to Pro, or try again at 4:53 PM.', 'gpt-5.3-codex', null],
  ['You have exhausted your daily quota on this model.', 'gemini-2.5-pro', 'gemini-2.5-pro'],
  ['{"quotaDimensions":{"location":"global","model":"gemini-2.5-pro"}}', null, 'gemini-2.5-pro'],
  ['You exceeded your current quota, please check your plan and billing details', 'gemini-2.5-pro', null],
])('the model that is limited by "%s", asked for %s', (text, own, model) => {
  expect(limitedModelIn(text, own)).toBe(model);
});

test('a shared window bars the account, one of a model that model, and none leaves it to the words', () => {
  expect(modelOfWindows(['seven_day_opus'], 'claude-opus-4-8')).toBe('opus');
  expect(modelOfWindows(['seven_day_opus', 'five_hour'], 'claude-opus-4-8')).toBeNull();
  expect(modelOfWindows(['seven_day'], null)).toBeNull();
  expect(modelOfWindows([], null)).toBeUndefined();
});

test('the limit of one model is named in the end of a run, that of the account is not', () => {
  const limited = (rateLimitType: string) => {
    const { reader, tell } = start('claude');
    tell({ type: 'system', subtype: 'init', session_id: 's', model: 'claude-opus-4-8' });
    tell({ type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1_800_000_000, rateLimitType } });
    tell({
      type: 'result',
      ...{ subtype: 'success', is_error: true, result: "You've hit your Opus limit", api_error: 'usage_limit_reached' },
      ...{ terminal_reason: 'api_error', api_error_status: 429 },
    });
    return reader.conclude({ code: 1, signal: null });
  };
  expect(limited('seven_day_opus')).toMatchObject({ class: 'quota', limitedModel: 'opus', resetAt: 1_800_000_000_000 });
  expect(limited('seven_day')).not.toHaveProperty('limitedModel');
});

test('a question that nobody was there for is no missing permission, and stands in the last words', () => {
  const { reader, tell } = start('claude');
  const questions = [{ question: 'Which currency?', options: [{ label: 'EUR' }, { label: 'USD' }] }];
  const content = [{ type: 'tool_use', id: 'q', name: 'AskUserQuestion', input: { questions } }];
  tell({ type: 'assistant', message: { id: 'm', model: 'claude-sonnet-5-5', content } });
  tell({
    type: 'user',
    message: { content: [{ type: 'tool_result', tool_use_id: 'q', is_error: true, content: 'no' }] },
  });
  tell({
    type: 'result',
    ...{ subtype: 'success', is_error: false, result: 'I need to know one thing first.' },
    permission_denials: [{ tool_name: 'AskUserQuestion' }],
  });
  expect(reader.conclude({ code: 0, signal: null })).toMatchObject({ class: 'succeeded' });
  expect(reader.report().lastText).toBe('I need to know one thing first.\n\nWhich currency? (EUR, USD)');
});

/** Words that no recording has, from reports of people. */
test.each([
  ['gemini', '[API Error: exception TypeError: fetch failed sending request]', 'transient', 'network'],
  ['gemini', '[API Error: connect ECONNREFUSED 127.0.0.1:1]', 'transient', 'network'],
  ['gemini', '[API Error: getaddrinfo ENOTFOUND generativelanguage.googleapis.com]', 'transient', 'network'],
  ['gemini', '[API Error: No capacity available for model gemini-3-pro on the server]', 'transient', 'overloaded'],
  ['gemini', '[API Error: {"error":{"code":429,"reason":"MODEL_CAPACITY_EXHAUSTED"}}]', 'transient', 'overloaded'],
  ['gemini', '[API Error: {"error":{"code":413,"message":"Request Entity Too Large"}}]', 'contextExhausted', undefined],
  ['gemini', '[API Error: Candidate was blocked, finishReason: SAFETY]', 'refused', 'refusal'],
  ['codex', 'Your workspace is out of credits. Add credits to continue.', 'quota', 'billing'],
  [
    'codex',
    'Your access token could not be refreshed because your refresh token was already used. Please log out and sign in again.',
    'authentication',
    'authentication',
  ],
  ['codex', 'unexpected status 413 Payload Too Large: {"error":{}}', 'contextExhausted', undefined],
] as const)('%s: %s is %s', (kind, message, className, code) => {
  const { reader, tell } = start(kind);
  if (kind === 'gemini') tell({ type: 'result', status: 'error', error: { type: 'unknown', message }, stats: {} });
  else tell({ type: 'turn.failed', error: { message } });
  const end = reader.conclude({ code: 1, signal: null });
  expect(end).toMatchObject({ class: className, ...(code && { code }) });
});

test.each([
  [157, 'contextExhausted'],
  [17, 'transient'],
])('a Gemini that leaves with %s (its HTTP status modulo 256) has ended as %s', (code, className) => {
  expect(start('gemini').reader.conclude({ code, signal: null }).class).toBe(className);
});

test('the own words of a CLI that cannot log in stand in the message', () => {
  const { reader } = start('gemini');
  reader.error('Invalid auth method selected.');
  expect(reader.conclude({ code: 41, signal: null })).toMatchObject({
    class: 'authentication',
    message: expect.stringContaining('Invalid auth method selected.'),
  });
});

test('an answer that was cut off is no failure of its own, and named', () => {
  const { reader } = start('opencode');
  for (const line of linesOf(recording('opencode', 'max-tokens'), 'stdout.jsonl')) reader.output(line);
  expect(reader.conclude({ code: 0, signal: null })).toMatchObject({ class: 'succeeded', code: 'answerCutOff' });
});
