/** What every adapter promises, on recordings of the real programs and on input that no honest program prints. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AgentKind } from '../../src/domain/agent-spec.ts';
import type { NaturalEnd } from '../../src/domain/outcome.ts';
import { totalTokens } from '../../src/domain/usage.ts';
import type { AgentCli, AgentReader, LaunchRequest } from '../../src/integrations/agent-cli.ts';
import { agentClis } from '../../src/integrations/agents/index.ts';
import { builtInPrices } from '../../src/integrations/prices.ts';
import { exitOf, linesOf, type Recording, read, recordings } from './recordings.ts';

const clis = Object.values(agentClis);
const structured = clis.filter(cli => cli.isStructured);
const exits = [
  { code: 0, signal: null },
  { code: 1, signal: null },
  { code: 75, signal: null },
  { code: 173, signal: null },
  { code: null, signal: 'SIGTERM' },
  { code: null, signal: 'SIGSEGV' },
  { code: null, signal: null },
];

interface Expected {
  class: NaturalEnd;
  code?: string;
}

/** Rows that we class otherwise than the recorder, each with its reason. */
const exceptions: Record<string, Expected> = {
  // The recorder knows five classes only. A budget that was reached is one of ours.
  'claude/max-budget': { class: 'budget', code: 'maxCost' },
  'claude/max-turns': { class: 'budget', code: 'maxTurns' },

  // Recorded with flags that make the program print text for people, which our command lines never have. Text is no
  // evidence, so there is no last word, and success cannot be told.
  'claude/text-output': { class: 'permanent', code: 'noResult' },
  'codex/text-output': { class: 'permanent', code: 'noResult' },
  'gemini/text-output': { class: 'permanent', code: 'noResult' },
  'gemini/json-output': { class: 'permanent', code: 'noResult' },
  'opencode/text-output': { class: 'permanent', code: 'noResult' },
  // The same: the words of the failure are on standard output, where an agent's words are.
  'claude/text-output-error': { class: 'permanent', code: 'exitCode' },

  // Nothing in the output tells that the sandbox refused the commit: not even the command is there. The gates see it.
  'codex/workspace-write': { class: 'succeeded' },

  // Interrupted by a signal, it exits with 0 and without a `result`, and nothing in the output tells why. When Signalbox
  // sent the signal, the machine knows. Otherwise it counts as a failure: the safe side.
  'gemini/hang-connect-sigint-group': { class: 'permanent', code: 'noResult' },
  'gemini/hang-connect-sigterm-group': { class: 'permanent', code: 'noResult' },
  'gemini/norelaunch-sigterm': { class: 'permanent', code: 'noResult' },
  'gemini/tool-running-sigterm-group': { class: 'permanent', code: 'noResult' },
  // The same with exit code 1.
  'codex/hang-connect-sigint': { class: 'permanent', code: 'exitCode' },
  'codex/tool-running-sigint': { class: 'permanent', code: 'exitCode' },

  // It asked again every second; nobody waits for the end of that.
  'opencode/malformed-not-json': { class: 'transient', code: 'malformed' },
  // Killed by the recorder while it retried or waited in silence. The exit says SIGKILL, and no failure was final.
  'codex/ratelimit-long': { class: 'interrupted' },
  'opencode/crash-forever': { class: 'interrupted' },
  'opencode/overloaded-forever': { class: 'interrupted' },
  'opencode/ratelimit-long': { class: 'interrupted' },
};

const ownClass = {
  transient: 'transient',
  quota: 'quota',
  auth: 'authentication',
  context: 'contextExhausted',
  permanent: 'permanent',
} as const;

function expectedOf(row: Recording): Expected {
  const exception = exceptions[`${row.cli}/${row.mode}`];
  if (exception !== undefined) return exception;
  if (row.outcome === 'interrupted') return { class: 'interrupted' };
  if (row.outcome === 'completed-but-denied') return { class: 'refused', code: 'denied' };
  return { class: row.outcome === 'failed' ? ownClass[row.class!] : 'succeeded' };
}

describe('recordings', () => {
  test('are all there, and every exception is one of them', () => {
    expect(recordings).toHaveLength(178);
    const names = recordings.map(({ cli, mode }) => `${cli}/${mode}`);
    expect(Object.keys(exceptions).filter(name => !names.includes(name))).toEqual([]);
  });

  test.each(recordings.map(row => ({ name: `${row.cli}/${row.mode}`, row, expected: expectedOf(row) })))(
    '$name ends as $expected.class',
    ({ row, expected }) => {
      const end = read(row).conclude(exitOf(row));
      expect(end).toMatchObject(expected);
      expect(end.message).toMatch(/^\S.{10,}$/);
      expect(end.message.length).toBeLessThan(700);
      if (row.resetAtEpoch !== undefined) expect(end.resetAt).toBe(row.resetAtEpoch * 1_000);
      if (row.retryAfterSeconds !== undefined) expect(end.retryAfterMs).toBe(row.retryAfterSeconds * 1_000);
    },
  );

  test.each(
    recordings
      .filter(({ outcome }) => outcome.startsWith('completed'))
      .map(row => ({ name: `${row.cli}/${row.mode}`, row })),
  )(
    '$name comes to what its last word says, whatever code it leaves with; without one it succeeds with none',
    ({ row }) => {
      const [well, badly] = [0, 1].map(code => read(row).conclude({ code, signal: null }));
      if (read(row).report().conclusion === 'success') expect(badly!.class).toBe(well!.class);
      else expect(badly!.class).not.toBe('succeeded');
    },
  );

  test.each(
    recordings
      .filter(({ cli, mode }) => !/output/.test(mode) && cli !== 'opencode')
      .map(row => ({ name: `${row.cli}/${row.mode}`, row })),
  )('$name is read without garbage and without unknown events', ({ row }) => {
    expect(read(row).report()).toMatchObject({ garbageLines: 0, unknownEvents: 0 });
  });
});

describe.each(clis)('$kind', cli => {
  const start = () => cli.createReader(builtInPrices);

  test('survives lines that are no events', () => {
    const reader = start();
    const lines = [
      '',
      ' ',
      'plain text',
      'null',
      '[]',
      '[1,2]',
      '42',
      '-0',
      '"text"',
      '{',
      '{}',
      '{"type":null}',
      '{"type":{}}',
    ];
    const broken = [
      '\uFFFD\uFFFD{"type":"result"',
      '\u0000',
      '\ud800',
      '{"type":"\ud800"}',
      '{"__proto__":{"type":"result"}}',
    ];
    for (const line of [...lines, ...broken, '{"type":"brand_new_event","a":1}', '['.repeat(100_000)]) {
      reader.output(line);
      reader.error(line);
    }
    expectSound(reader);
    expect(reader.report().conclusion).toBeNull();
  });

  test('survives a line of ten megabytes and keeps next to nothing of it', () => {
    const long = 'long '.repeat(2_000_000);
    const reader = start();
    for (const line of [long, JSON.stringify({ type: 'text', message: long, text: long }), ...enlarged(cli, long)]) {
      reader.output(line);
    }
    reader.error(long);
    expectSound(reader);
  });

  test('gives the prompt on standard input or as a file, and never makes a shell command', () => {
    const request: LaunchRequest = {
      program: ['node', '/opt/agent program.js'],
      access: 'write',
      isSandboxed: false,
      model: 'some-model',
      resume: cli.canResume ? 'session-1' : null,
      promptFile: '/runs/1/prompt.md',
      gitDirs: ['/srv/repo/.git', '/srv/repo/.git/worktrees/a "b"'],
      maxTurns: 7,
      maxCostUsd: 0.5,
      extraArgs: ['--extra', 'two words'],
    };
    for (const access of ['write', 'read'] as const) {
      for (const isSandboxed of [true, false]) {
        const { argv, stdin } = cli.launch({ ...request, access, isSandboxed });
        expect(argv.slice(0, 2)).toEqual(request.program);
        expect(argv).toContain('two words');
        const isOnInput = stdin === 'prompt';
        expect(argv.includes(request.promptFile)).toBe(!isOnInput && cli.kind !== 'command');
      }
    }
  });
});

describe.each(structured)('$kind', cli => {
  test('says nothing with exit code 0: that is no success', () => {
    expect(cli.createReader(builtInPrices).conclude({ code: 0, signal: null })).toMatchObject({
      class: 'permanent',
      code: 'noResult',
    });
  });

  test.each([
    ["Error: Cannot find module '/opt/agent/dist/cli.js'", 'brokenInstall'],
    ['stdin is not a terminal', 'needsTerminal'],
    ['Error: Raw mode is not supported on the current process.stdin', 'needsTerminal'],
    ['something that nobody knows', 'exitCode'],
  ])('explains an exit by standard error: %s', (line, code) => {
    const reader = cli.createReader(builtInPrices);
    reader.error(line);
    reader.error('    at somewhere (file.js:1:2)');
    const end = reader.conclude({ code: 1, signal: null });
    expect(end).toMatchObject({ class: 'permanent', code });
    expect(end.message).toContain(line);
  });

  test('leaves program codes with a fixed meaning to it', () => {
    const end = (code: number) => cli.createReader(builtInPrices).conclude({ code, signal: null });
    expect([end(75).class, end(126).code, end(127).code]).toEqual(['transient', 'notExecutable', 'notFound']);
  });

  test('takes an agent that writes about failures for one that works', () => {
    const reader = cli.createReader(builtInPrices);
    const prose = readFileSync(new URL(`../fixtures/prose/${cli.kind}.jsonl`, import.meta.url), 'utf8')
      .trim()
      .split('\n');
    for (const line of prose) {
      reader.output(line);
      expect(reader.isDoomed).toBe(false);
    }
    expect(reader.conclude({ code: 0, signal: null })).toMatchObject({ class: 'succeeded' });
    expect(reader.report()).toMatchObject({ conclusion: 'success', denials: [], garbageLines: 0 });
    // Cut off before its last word, it has not failed either: it was ended.
    const killed = cli.createReader(builtInPrices);
    for (const line of prose.slice(0, -1)) killed.output(line);
    expect(killed.conclude({ code: null, signal: 'SIGTERM' }).class).toBe('interrupted');
    expect(killed.conclude({ code: 1, signal: null })).toMatchObject({ class: 'permanent', code: 'exitCode' });
  });

  test('a success that was killed on its way out is a success', () => {
    const success = recordings.find(row => row.cli === cli.kind && row.mode === 'success')!;
    expect(read(success).conclude({ code: null, signal: 'SIGKILL' }).class).toBe('succeeded');
  });

  test('a success whose process leaves with a code of something else is judged by the gates, and that is recorded', () => {
    const success = recordings.find(row => row.cli === cli.kind && row.mode === 'success')!;
    for (const exit of [
      { code: 3, signal: null },
      { code: null, signal: 'SIGSEGV' },
    ]) {
      expect(read(success).conclude(exit)).toMatchObject({ class: 'succeeded', code: 'contradiction' });
    }
  });

  test('keeps its counts in whatever order and however broken its lines come', () => {
    const own = recordings.filter(row => row.cli === cli.kind);
    const lines = own.flatMap(row => linesOf(row, 'stdout.jsonl'));
    const errors = own.flatMap(row => linesOf(row, 'stderr.txt'));
    const line = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...lines) },
      {
        weight: 2,
        arbitrary: fc.tuple(fc.constantFrom(...lines), fc.double({ min: 0, max: 1, noNaN: true })).map(cut),
      },
      { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...lines), fc.nat(), hostileValue).map(poison) },
      { weight: 1, arbitrary: fc.string() },
    );
    const input = fc.array(fc.record({ line, error: fc.option(fc.constantFrom(...errors, '\u001b[31m')) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(input, steps => {
        const reader = cli.createReader(builtInPrices);
        let [progress, total] = [0, 0];
        for (const { line, error } of steps) {
          reader.output(line);
          if (error !== null) reader.error(error);
          expect(reader.progress).toBeGreaterThanOrEqual(progress);
          progress = reader.progress;
          expectSaneUsage(reader);
          total = Math.max(total, totalTokens(reader.report().usage));
        }
        expectSound(reader);
      }),
      { numRuns: 300 },
    );
  });
});

/** Values that no schema expects, each of which some program has printed somewhere. */
const hostileValue = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    -1,
    -1e308,
    1e308,
    0.5,
    Number.MAX_SAFE_INTEGER,
    '',
    'x'.repeat(5_000),
    '--flag',
    '\u001b[2J',
    true,
    [],
    {},
  ),
  fc.constantFrom<unknown>([[[]]], { type: 'tool_use' }, [null, 1, 'a'], { input_tokens: -5 }, 'NaN', '__proto__'),
  fc.jsonValue({ maxDepth: 3 }),
);

function cut([line, share]: [string, number]): string {
  return line.slice(0, Math.floor(line.length * share));
}

/** Puts a value in the place of one that is somewhere in the line. */
function poison([line, place, value]: [string, number, unknown]): string {
  let count = 0;
  try {
    JSON.parse(line, (_key, old) => {
      count += 1;
      return old;
    });
    const chosen = place % Math.max(1, count);
    let index = 0;
    return JSON.stringify(JSON.parse(line, (_key, old) => (index++ === chosen ? value : old))) ?? '';
  } catch {
    return line;
  }
}

/** The lines of a real run with all their texts blown up. */
function enlarged(cli: AgentCli, long: string): string[] {
  const row = recordings.find(({ cli: kind, mode }) => kind === cli.kind && mode === 'success');
  if (row === undefined) return [];
  const keep = ['type', 'subtype', 'role', 'status'];
  return linesOf(row, 'stdout.jsonl').map(line => {
    let isFirst = true;
    return JSON.stringify(
      JSON.parse(line, (key, value) => {
        if (typeof value !== 'string' || keep.includes(key)) return value;
        const size = isFirst ? long.length : 20_000;
        isFirst = false;
        return long.slice(0, size);
      }),
    );
  });
}

function expectSaneUsage(reader: AgentReader): void {
  const { costUsd, ...tokens } = reader.report().usage;
  for (const count of [costUsd ?? 0, ...Object.values(tokens)]) {
    expect(Number.isFinite(count) && count >= 0, `usage has ${count}`).toBe(true);
  }
}

/** Whatever it has read: small, plain, and ready to conclude. */
function expectSound(reader: AgentReader): void {
  expectSaneUsage(reader);
  const report = reader.report();
  const text = JSON.stringify(report);
  expect(text.length).toBeLessThan(10_000);
  expect(JSON.parse(text)).toEqual(report);
  expect(text.isWellFormed()).toBe(true);
  expect(report.lastText.length).toBeLessThanOrEqual(2_000);
  expect(report.denials.length).toBeLessThanOrEqual(10);
  expect(reader.activity.length).toBeLessThanOrEqual(120);
  expect(reader.activity).not.toMatch(/\p{Cc}/u);
  if (report.session !== null) expect(report.session).toMatch(/^[A-Za-z0-9]/);
  for (const exit of exits) {
    const end = reader.conclude(exit);
    expect(end.message.length).toBeLessThan(1_000);
    expect(end.message).not.toMatch(/\p{Cc}/u);
    expect(end.resetAt === null || Number.isInteger(end.resetAt)).toBe(true);
    expect(end.retryAfterMs === null || end.retryAfterMs > 0).toBe(true);
  }
}

test('every kind of agent has its adapter', () => {
  const kinds: AgentKind[] = ['claude', 'codex', 'gemini', 'opencode', 'aider', 'command'];
  expect(Object.entries(agentClis).map(([kind, cli]) => [kind, cli.kind])).toEqual(kinds.map(kind => [kind, kind]));
});
