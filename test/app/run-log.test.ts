/** The last lines of what an agent has printed, without reading what comes before them. */
import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLogs } from '../../src/app/run-log.ts';
import type { AgentKind } from '../../src/domain/agent-spec.ts';
import { lastLines } from '../../src/host/line-places.ts';
import { noteTimes } from '../../src/host/log-times.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('the last lines of a file are found from its end, whether the last one has an end or not', () => {
  const file = join(temporaryDirectory(), 'log');
  writeFileSync(file, 'one\ntwo\nthree\n');
  expect([1, 2, 3, 9].map(lines => lastLines(file, lines))).toEqual([8, 4, 0, 0]);
  appendFileSync(file, 'four');
  expect([1, 2].map(lines => lastLines(file, lines))).toEqual([14, 8]);
  writeFileSync(file, `${'x'.repeat(200_000)}\n${'y'.repeat(200_000)}\n`);
  expect(lastLines(file, 1)).toBe(200_001);
  expect(lastLines(join(file, 'none'), 1)).toBe(0);
});

const says = (text: string) =>
  `${JSON.stringify({ type: 'assistant', message: { id: text, model: 'm', content: [{ type: 'text', text }] } })}\n`;
const quiet = `${JSON.stringify({ type: 'system', subtype: 'informational' })}\n`;

async function tailOf(
  kind: AgentKind,
  log: (file: string) => void,
  tail: number | undefined,
  raw = false,
  since?: number,
) {
  const runsDir = temporaryDirectory();
  mkdirSync(join(runsDir, 'run-2'));
  log(join(runsDir, 'run-2', 'output.log'));
  const context = { attempt: 2, agent: { kind } };
  const row = { id: 'run', status: 'done', snapshot: JSON.stringify({ context }) };
  const app = { runtime: { actor: async () => row, onChange: () => () => {} }, paths: { runsDir } };
  const texts: string[] = [];
  const { signal } = new AbortController();
  for await (const pieces of readLogs(app as never, 'run', {
    follow: false,
    raw,
    after: undefined,
    tail,
    since,
    signal,
  })) {
    texts.push(...pieces.map(({ text }) => text));
  }
  return texts;
}

test('of an event stream so many lines for people are told, however many events lie between them', async () => {
  const log = (file: string) =>
    writeFileSync(file, Array.from({ length: 50 }, (_, index) => says(`word ${index}`) + quiet.repeat(40)).join(''));
  expect(await tailOf('claude', log, 3)).toEqual(['word 47', 'word 48', 'word 49']);
  expect(await tailOf('claude', log, 1_000)).toHaveLength(50);
});

test('of a plain log, and of the bytes of any, the last lines are told as they are', async () => {
  const log = (file: string) => writeFileSync(file, 'one\ntwo\nthree\n');
  expect(await tailOf('command', log, 2)).toEqual(['two', 'three']);
  const raw = await tailOf('claude', log, 1, true);
  expect(Buffer.from(raw.join(''), 'base64').toString()).toBe('three\n');
});

test('five gigabytes before the end are not read', async () => {
  const log = (file: string) => {
    writeFileSync(file, '');
    truncateSync(file, 5_368_709_120);
    appendFileSync(file, `\n${says('at last')}`);
  };
  expect(await tailOf('claude', log, 1)).toEqual(['at last']);
});

test('what was printed since a time begins where it was noted, at a whole line, and ends nowhere', async () => {
  const now = Date.now();
  const log = (file: string) => {
    writeFileSync(file, '');
    const times = noteTimes(file);
    let size = 0;
    for (const minutes of [30, 20, 10, 1]) {
      // It is looked at in the middle of a line.
      times.grew(Math.max(0, size - 5), now - minutes * 60_000);
      const text = says(`${minutes} minutes ago`);
      appendFileSync(file, text);
      size += text.length;
    }
  };
  const since = (minutes: number) => tailOf('claude', log, undefined, false, now - minutes * 60_000);
  expect(await since(15)).toEqual(['10 minutes ago', '1 minutes ago']);
  expect(await since(60)).toHaveLength(4);
  expect(await tailOf('claude', log, 1, false, now - 900_000)).toEqual(['1 minutes ago']);
  expect(await tailOf('claude', log, undefined, false, Date.now() + 60_000)).toEqual([]);
});

test('a log of which nobody has noted the times is told whole, or not at all', async () => {
  const log = (file: string) => writeFileSync(file, says('some time'));
  expect(await tailOf('claude', log, undefined, false, Date.now() - 60_000)).toEqual(['some time']);
  expect(await tailOf('claude', log, undefined, false, Date.now() + 60_000)).toEqual([]);
});

test('a message that comes in pieces is told once, whole, also when more of it was to come', async () => {
  const piece = (content: string) =>
    `${JSON.stringify({ type: 'message', role: 'assistant', content, delta: true })}\n`;
  const tool = `${JSON.stringify({ type: 'tool_use', tool_id: 't', tool_name: 'write_file', parameters: { file_path: 'a.js' } })}\n`;
  const said = piece('I will ') + piece('write ') + piece('it.') + tool + piece('Almost ') + piece('done');
  const log = (file: string) => writeFileSync(file, said);
  expect(await tailOf('gemini', log, undefined)).toEqual(['I will write it.\n· write_file: a.js', 'Almost done']);
});

test('a long message is told whole', async () => {
  const long = 'word '.repeat(2_000).trim();
  expect(await tailOf('claude', file => writeFileSync(file, says(long)), undefined)).toEqual([long]);
});

test('a message that begins with nothing is no more of the one before', async () => {
  const piece = (content: string) =>
    `${JSON.stringify({ type: 'message', role: 'assistant', content, delta: true })}\n`;
  const tool = `${JSON.stringify({ type: 'tool_result', tool_id: 't', status: 'success' })}\n`;
  const said = piece('First.') + tool + piece('\n') + piece('Second.') + tool;
  expect((await tailOf('gemini', file => writeFileSync(file, said), undefined)).join('\n')).not.toContain(
    'First.Second.',
  );
});
