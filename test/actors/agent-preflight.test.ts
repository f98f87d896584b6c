import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { checkAgentProgram } from '../../src/actors/agent-preflight.ts';
import { type AgentKind, type AgentSpec, noSandbox } from '../../src/domain/agent-spec.ts';
import { bootId, isAlive, startTimeOf } from '../../src/host/process-identity.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const patient = { timeLimitMs: 20_000 };

/** An agent whose program is this shell script. */
function agentOf(script: string, { kind = 'claude' as AgentKind, mode = 0o755 } = {}) {
  const directory = temporaryDirectory();
  const program = join(directory, 'agent');
  writeFileSync(program, script.startsWith('#!') ? script : `#!/bin/sh\n${script}\n`);
  chmodSync(program, mode);
  return { spec: specOf([program], kind), directory, program };
}

function specOf(program: string[], kind: AgentKind = 'claude'): AgentSpec {
  return {
    name: 'opus',
    kind,
    provider: 'anthropic',
    program,
    model: null,
    env: [],
    set: {},
    args: [],
    maxTurns: null,
    sandbox: noSandbox,
    watch: { silenceMs: null, noProgressMs: null },
    canResume: true,
  };
}

test('a program that tells its version may work', async () => {
  const { spec } = agentOf('[ "$*" = --version ] && echo "9.1.329 (Claude Code)"');
  expect(await checkAgentProgram(spec, patient)).toEqual({ ok: true, version: '9.1.329' });
});

test('leading arguments of the program come before the question', async () => {
  const { program } = agentOf('echo "9.1.0 (Claude Code)"', { mode: 0o644 });
  expect(await checkAgentProgram(specOf(['sh', program]), patient)).toEqual({ ok: true, version: '9.1.0' });
});

test('it sees the allow-listed environment only, and nothing on standard input', async () => {
  vi.stubEnv('ANTHROPIC_API_KEY', 'sk-secret');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { spec, directory } = agentOf('env > "$(dirname "$0")/env"; cat; echo "9.1.0 (Claude Code)"');
  expect(await checkAgentProgram(spec, patient)).toMatchObject({ ok: true });
  const seen = readFileSync(join(directory, 'env'), 'utf8');
  expect(seen).toContain('PATH=');
  expect(seen).not.toContain('sk-secret');
});

test('a variable that is longer than the system hands on is named; one that is just short enough is none of that', async () => {
  const { spec } = agentOf('echo "9.1.0 (Claude Code)"');
  const withBig = (bytes: number) => ({ ...spec, set: { BIG: 'x'.repeat(bytes - 'BIG='.length) } });
  expect(await checkAgentProgram(withBig(131_071), patient)).toMatchObject({ ok: true });
  const refused = await checkAgentProgram(withBig(131_072), patient);
  expect(refused).toMatchObject({ ok: false, cause: 'environment' });
  expect((refused as { reason: string }).reason).toMatch(/the variable BIG of the agent .* agents\.opus/);
});

test('a program that is missing is named, with where it was looked for', async () => {
  expect(await checkAgentProgram(specOf(['no-such-agent']), patient)).toMatchObject({
    ok: false,
    cause: 'missing',
    reason: expect.stringMatching(/"no-such-agent" was not found: it is not on the PATH; install it, .*agents\.opus/),
  });
  expect(await checkAgentProgram(specOf(['/no/such/agent']), patient)).toMatchObject({
    reason: expect.stringMatching(/there is no file \/no\/such\/agent/),
  });
});

test('a program that may not be run is refused with the command that allows it', async () => {
  const { spec, program } = agentOf('echo hi', { mode: 0o644 });
  expect(await checkAgentProgram(spec, patient)).toMatchObject({
    cause: 'notExecutable',
    reason: expect.stringContaining(`run "chmod +x ${program}"`),
  });
});

test('a program whose interpreter is missing could not be started', async () => {
  const answer = await checkAgentProgram(agentOf('#!/no/such/interpreter\n').spec, patient);
  expect(answer).toMatchObject({
    cause: 'notStarted',
    reason: expect.stringMatching(/could not be started .*is the interpreter in its first line there\?/),
  });
});

test('a file that is no program is refused with what came of it', async () => {
  expect(await checkAgentProgram(agentOf('#!\n\u0000\u0001').spec, patient)).toMatchObject({ ok: false });
});

test('one that does not answer is ended with all that it started', async () => {
  const { spec, directory } = agentOf('sleep 1000 & echo $! > "$(dirname "$0")/pid"; wait');
  const answer = await checkAgentProgram(spec, { timeLimitMs: 700 });
  expect(answer).toMatchObject({
    cause: 'timedOut',
    reason: expect.stringMatching(/did not answer within 700ms; .*preflight\.timeLimit/),
  });
  // On a machine that is too busy it was ended before it began.
  if (!existsSync(join(directory, 'pid'))) return;
  const pid = Number(readFileSync(join(directory, 'pid'), 'utf8'));
  const startTime = startTimeOf(pid);
  await vi.waitUntil(() => startTime === undefined || !isAlive({ pid, startTime, bootId: bootId() }), {
    timeout: 5_000,
  });
});

test('what it leaves behind with its output open holds nobody up', async () => {
  const { spec, directory } = agentOf('sleep 1000 & echo $! > "$(dirname "$0")/pid"; echo "9.1.0 (Claude Code)"');
  expect(await checkAgentProgram(spec, patient)).toEqual({ ok: true, version: '9.1.0' });
  const pid = Number(readFileSync(join(directory, 'pid'), 'utf8'));
  await vi.waitUntil(
    () => startTimeOf(pid) === undefined || !isAlive({ pid, startTime: startTimeOf(pid)!, bootId: bootId() }),
    {
      timeout: 5_000,
    },
  );
});

test('one that prints without end is ended at the limit', async () => {
  expect(await checkAgentProgram(agentOf('yes').spec, { timeLimitMs: 300 })).toMatchObject({ cause: 'timedOut' });
});

test('one that fails is quoted', async () => {
  expect(await checkAgentProgram(agentOf('echo; echo "no licence" >&2; exit 3').spec, patient)).toMatchObject({
    cause: 'failed',
    reason: expect.stringMatching(/failed with exit code 3: no licence$/),
  });
  const stack = "cat >&2 <<'X'\n/opt/cli.js:1\nimport 'x'\n\nError: Cannot find module 'x'\n    at load\nX\nexit 1";
  expect(await checkAgentProgram(agentOf(stack).spec, patient)).toMatchObject({
    reason: expect.stringMatching(/exit code 1: Error: Cannot find module 'x'$/),
  });
  expect(await checkAgentProgram(agentOf('kill -SEGV $$').spec, patient)).toMatchObject({
    reason: expect.stringMatching(/died by SIGSEGV: it said nothing$/),
  });
});

test('one that wants a terminal is told apart', async () => {
  const { spec } = agentOf('[ -t 0 ] || { echo "stdin is not a TTY" >&2; exit 1; }');
  expect(await checkAgentProgram(spec, patient)).toMatchObject({
    cause: 'terminal',
    reason: expect.stringMatching(/wants a terminal \(stdin is not a TTY\)/),
  });
});

test('garbage is no version', async () => {
  for (const [script, told] of [
    ['echo "Hello, what can I do for you?"', 'Hello'],
    ['printf "\\033[31m\\377\\000oops"', 'oops'],
    ['true', 'nothing'],
  ] as const) {
    const answer = await checkAgentProgram(agentOf(script).spec, patient);
    expect(answer).toMatchObject({ cause: 'garbage', reason: expect.stringContaining(told) });
    expect(JSON.stringify(answer)).not.toContain('\\u001b');
  }
});

test('a version that is too old is named, with the one that is needed', async () => {
  expect(await checkAgentProgram(agentOf('echo "0.0.1 (Claude Code)"').spec, patient)).toMatchObject({
    ok: false,
    cause: 'tooOld',
    version: '0.0.1',
    reason: expect.stringMatching(/version 0\.0\.1 is older than \d+\.\d+\.\d+; update it/),
  });
});

test('a program that cannot be asked is not run', async () => {
  const { spec, directory } = agentOf('touch "$(dirname "$0")/ran"', { kind: 'command' });
  expect(await checkAgentProgram(spec, patient)).toEqual({ ok: true, version: null });
  expect(existsSync(join(directory, 'ran'))).toBe(false);
});

test('a program in a container is not looked for here', async () => {
  const spec = { ...specOf(['no-such-agent']), sandbox: { ...noSandbox, driver: 'docker' as const, image: 'agents' } };
  expect(await checkAgentProgram(spec, patient)).toEqual({ ok: true, version: null });
});

test('it can be cut short', async () => {
  const { spec } = agentOf('sleep 1000');
  const signal = AbortSignal.timeout(100);
  expect(await checkAgentProgram(spec, { ...patient, signal })).toMatchObject({ ok: false, cause: 'cancelled' });
  expect(await checkAgentProgram(spec, { ...patient, signal: AbortSignal.abort() })).toMatchObject({
    cause: 'cancelled',
  });
});
