/** What is reported of an agent's output, and how seldom. Time is moved by hand; the files are real. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type OutputWatchOptions, watchOutput } from '../../src/actors/output-watch.ts';
import { followNotes } from '../../src/actors/session-notes.ts';
import type { AgentReport } from '../../src/domain/outcome.ts';
import { agentClis } from '../../src/integrations/agents/index.ts';
import { builtInPrices } from '../../src/integrations/prices.ts';
import { temporaryDirectory } from '../support/temporary.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

const line = (value: object) => `${JSON.stringify(value)}\n`;
const init = line({ type: 'system', subtype: 'init', session_id: 's-1', model: 'claude-sonnet-5-5' });
let messages = 0;
const message = (usage: object = {}, content: object[] = [{ type: 'text', text: 'On it.' }]) => {
  messages += 1;
  return line({
    type: 'assistant',
    parent_tool_use_id: null,
    message: {
      id: `m${messages}`,
      model: 'claude-sonnet-5-5',
      content,
      usage: { input_tokens: 10, output_tokens: 1, ...usage },
    },
  });
};
const call = (id: string) => message({}, [{ type: 'tool_use', id, name: 'mcp__browser__run', input: {} }]);
const answer = (id: string) =>
  line({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: id, content: 'ok' }] } });
const retry = line({ type: 'system', subtype: 'api_retry', attempt: 1, max_retries: 10, error_status: 529 });
const result = line({ type: 'result', subtype: 'success', is_error: false, result: 'Done.', usage: {} });

function startWatch(more: Partial<OutputWatchOptions> = {}, before = '') {
  const runDir = temporaryDirectory();
  const log = join(runDir, 'output.log');
  writeFileSync(log, before);
  // An adopted agent's file was written some time ago.
  const now = Date.now() / 1000;
  utimesSync(log, now, now);
  const heard: { type: string; [key: string]: unknown }[] = [];
  const hear = (type: string) => (sign: object) => void heard.push({ type, ...sign });
  const watch = watchOutput({
    runDir,
    reader: agentClis.claude.createReader(builtInPrices),
    zone: 'UTC',
    isErrorApart: true,
    silenceMs: 900_000,
    noProgressMs: 900_000,
    limit: { tokens: null, moneyUsd: null },
    since: 0,
    reports: {
      slept: hear('slept'),
      heartbeat: hear('heartbeat'),
      concluded: hear('concluded'),
      doomed: hear('doomed'),
    },
    ...more,
  });
  onTestFinished(() => watch.stop());
  return {
    heard,
    watch,
    log,
    prints(text: string) {
      appendFileSync(log, text);
      vi.advanceTimersByTime(250);
    },
    pass: (ms: number) => void vi.advanceTimersByTime(ms),
  };
}

test('an agent that prints all the time costs two heartbeats a minute, and a silent one none', () => {
  const agent = startWatch();
  agent.prints(init);
  expect(agent.heard).toHaveLength(1);
  for (let second = 0; second < 120; second++) {
    agent.prints(message());
    agent.pass(750);
  }
  expect(agent.heard.length).toBeLessThanOrEqual(6);
  expect(agent.heard.length).toBeGreaterThanOrEqual(4);
  const before = agent.heard.length;
  agent.pass(600_000);
  expect(agent.heard.length).toBeLessThanOrEqual(before + 1);
});

test('the session is told at once, because a crash may follow', () => {
  const agent = startWatch();
  agent.prints(init);
  expect(agent.heard).toMatchObject([{ type: 'heartbeat', report: { session: 's-1' } }]);
});

test('a heartbeat says how long ago the last output was, and the last progress: a retry is neither', () => {
  const agent = startWatch();
  agent.prints(init + message());
  agent.pass(20_000);
  agent.prints(retry);
  agent.pass(15_000);
  const last = agent.heard.at(-1)!;
  expect(Number(last.silentMs)).toBeGreaterThanOrEqual(29_000);
  expect(Number(last.stalledMs)).toBeGreaterThanOrEqual(29_000);
});

test('a tool call that is open is work, whoever does it; a short one is worth no event', () => {
  const agent = startWatch();
  agent.prints(init + message() + call('toolu_1'));
  const before = agent.heard.length;
  agent.pass(4_000);
  agent.prints(answer('toolu_1'));
  expect(agent.heard).toHaveLength(before);
  agent.prints(call('toolu_2'));
  agent.pass(6_000);
  expect(agent.heard.at(-1)).toMatchObject({ type: 'heartbeat', isToolAlive: true });
  agent.pass(600_000);
  agent.prints(answer('toolu_2'));
  // Silence counts from its end.
  expect(agent.heard.at(-1)).toMatchObject({ type: 'heartbeat', isToolAlive: false });
  expect(Number(agent.heard.at(-1)!.silentMs)).toBeLessThan(1_000);
});

test('time in which the machine slept is told, and counts neither as silence nor as idleness', () => {
  const agent = startWatch();
  agent.prints(init + message());
  agent.pass(10_000);
  // The lid was closed for eight hours; the clock of the machine stood still, that on the wall went on.
  vi.setSystemTime(Date.now() + 28_800_000);
  agent.pass(250);
  expect(agent.heard.at(-1)).toMatchObject({ type: 'slept', sleptMs: expect.closeTo(28_800_000, -3) });
  agent.pass(40_000);
  agent.prints(message());
  expect(agent.heard.at(-1)).toMatchObject({ type: 'heartbeat', silentMs: 0 });
  expect(agent.heard.filter(({ type }) => type === 'slept')).toHaveLength(1);
});

test('the first answer of the model is told at once', () => {
  const agent = startWatch();
  agent.prints(init);
  const before = agent.heard.length;
  agent.prints(message());
  expect(agent.heard.slice(before)).toMatchObject([{ type: 'heartbeat', report: { turns: 1 } }]);
  agent.prints(message());
  expect(agent.heard).toHaveLength(before + 1);
});

test('a context that passes 80 and 95 per cent is told at once', () => {
  const agent = startWatch();
  agent.prints(init + message());
  const before = agent.heard.length;
  const window = builtInPrices.models.find(({ pattern }) => 'claude-sonnet-5-5'.includes(pattern))!.windowTokens;
  agent.prints(message({ input_tokens: Math.ceil(window * 0.81) }));
  agent.prints(message({ input_tokens: Math.ceil(window * 0.82) }));
  expect(agent.heard).toHaveLength(before + 1);
  agent.prints(message({ input_tokens: Math.ceil(window * 0.96) }));
  expect(agent.heard).toHaveLength(before + 2);
});

test('the last word is told when the process stays after it, and taken back when more follows', () => {
  const agent = startWatch();
  agent.prints(init + message() + result);
  expect(agent.heard.filter(({ type }) => type === 'concluded')).toEqual([]);
  agent.pass(3_000);
  expect(agent.heard.at(-1)).toMatchObject({ type: 'concluded', end: { class: 'succeeded' } });
  agent.prints(message());
  expect(agent.heard.at(-1)).toMatchObject({ type: 'heartbeat' });
  agent.prints(result);
  agent.pass(3_000);
  expect(agent.heard.filter(({ type }) => type === 'concluded')).toHaveLength(2);
});

test('a login that is refused is told at the first retry, once', () => {
  const agent = startWatch();
  const refused = line({ type: 'system', subtype: 'api_retry', attempt: 1, max_retries: 10, error_status: 401 });
  agent.prints(init + refused);
  agent.prints(refused);
  expect(agent.heard.filter(({ type }) => type === 'doomed')).toMatchObject([{ end: { class: 'authentication' } }]);
});

test('an agent that is adopted is as silent as its log is old, and its output is read from the beginning', async () => {
  const agent = startWatch({}, init + message());
  const { report } = await agent.watch.conclude({ code: 1, signal: null }, Date.now());
  expect(report).toMatchObject({ session: 's-1', turns: 1 });
});

test('what a program notes of its session is news of what it uses, told at once when a limit is near', async () => {
  const home = temporaryDirectory();
  const session = '01a21d85-d22c-7e51-abb3-016147b12410';
  const day = join(home, '2026', '11', '27');
  const { heard, prints, pass, watch } = startWatch({
    reader: agentClis.codex.createReader(builtInPrices),
    limit: { tokens: 1_000, moneyUsd: null },
    notes: onLine => followNotes(agentClis.codex.notes!, { directory: home, cwd: home }, onLine),
  });
  const uses = (tokens: number) =>
    appendFileSync(
      join(day, `rollout-2026-11-27T15-00-39-${session}.jsonl`),
      line({ type: 'token_usage_record', payload: { usage: { input_tokens: tokens, output_tokens: 0 } } }),
    );
  const told = () => heard.map(({ report }) => (report as AgentReport).usage.inputTokens);
  prints(line({ type: 'thread.started', thread_id: session }));
  mkdirSync(day, { recursive: true });
  uses(100);
  pass(5_000);
  expect(told(), 'far from the limit it is told with the rest').toEqual([0]);
  uses(700);
  pass(250);
  expect(told(), 'three quarters are worth a word').toEqual([0, 800]);
  uses(300);
  pass(250);
  expect(told()).toEqual([0, 800, 1_100]);
  uses(50);
  const { report } = await watch.conclude({ code: null, signal: 'SIGKILL' }, Date.now());
  expect(report.usage.inputTokens, 'what was noted last counts').toBe(1_150);
});

test.each(['a pipe', 'a link'])('a session file that is %s is left alone', async kind => {
  const home = temporaryDirectory();
  const day = join(home, '2026', '11', '27');
  mkdirSync(day, { recursive: true });
  const file = join(day, 'rollout-x-abc.jsonl');
  const other = join(home, 'other');
  writeFileSync(other, 'secret\n');
  if (kind === 'a pipe') execFileSync('mkfifo', [file]);
  else symlinkSync(other, file);
  const lines: string[] = [];
  const notes = followNotes(agentClis.codex.notes!, { directory: home, cwd: home }, text => lines.push(text));
  expect(notes.read('abc', 20)).toBe(false);
  await notes.finish('abc');
  expect(lines).toEqual([]);
});

test('all files of a session are followed: one that is gone on with may be written to under the name of its beginning', () => {
  const home = temporaryDirectory();
  const session = '1dd88c90-4d0e-4a0e-9a6f-000000000000';
  const chats = join(home, 'shop-et-1', 'chats');
  mkdirSync(chats, { recursive: true });
  for (let index = 0; index < 1_500; index++) mkdirSync(join(home, `zz-${index}`));
  const answer = (id: string) =>
    line({ id, timestamp: '2026-11-27T16:00:00Z', type: 'gemini', tokens: { input: 1_000, output: 0, total: 1_000 } });
  writeFileSync(join(chats, 'session-2026-11-27T15-58-1dd88c90.jsonl'), answer('a'));
  writeFileSync(join(chats, 'session-2026-11-27T15-59-1dd88c90.jsonl'), line({ sessionId: session }));
  const lines: string[] = [];
  const place = { directory: home, cwd: '/data/worktrees/Shop ET-1' };
  const notes = followNotes(agentClis.gemini.notes!, place, text => lines.push(text));
  onTestFinished(() => notes.close());
  expect(notes.read(session, 20), 'among however many other projects').toBe(true);
  expect(lines).toHaveLength(2);
  writeFileSync(join(chats, 'session-2026-11-27T16-00-1dd88c90.jsonl'), answer('b'));
  vi.advanceTimersByTime(1_000);
  notes.read(session, 20);
  expect(lines).toHaveLength(3);
});

test('what an agent puts beside its session file is not looked at, and an endless one ends nothing', async () => {
  const home = temporaryDirectory();
  const day = join(home, '2026', '11', '27');
  mkdirSync(day, { recursive: true });
  const file = join(day, 'rollout-x-abc.jsonl');
  writeFileSync(file, 'one\n\0\0\ntwo\n');
  execFileSync('mkfifo', [`${file}.gap`]);
  const lines: string[] = [];
  const notes = followNotes(agentClis.codex.notes!, { directory: home, cwd: home }, text => lines.push(text));
  onTestFinished(() => notes.close());
  notes.read('abc', 20);
  expect(lines).toEqual(['one', '\0\0', 'two']);
  truncateSync(file, 2 ** 42);
  vi.useRealTimers();
  const began = performance.now();
  await notes.finish('abc');
  expect(performance.now() - began, 'it is left alone after five seconds').toBeLessThan(20_000);
}, 30_000);

test('a directory that goes away while the agent prints ends nobody else', async () => {
  const { log, pass, prints, watch } = startWatch();
  prints(init);
  rmSync(join(log, '..'), { recursive: true });
  pass(5_000);
  const { report } = await watch.conclude({ code: 0, signal: null }, Date.now());
  expect(report.session).toBe('s-1');
});
