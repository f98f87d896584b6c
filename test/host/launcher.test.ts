/** Programs are started by a small process as by this one, whatever becomes of either. The processes are real. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { type Launch, type LaunchEnded, launch, launchHere } from '../../src/host/launcher.ts';
import { isRunning, specFor, supervise } from './processes.ts';

interface Result extends LaunchEnded {
  stdout: string;
  stderr: string;
}

const env = { PATH: process.env.PATH ?? '' };

function start([file = '', ...argv]: readonly string[], more: Partial<Launch> = {}, how = launch) {
  const { promise: ended, resolve } = Promise.withResolvers<Result>();
  const printed = { stdout: '', stderr: '' };
  const { signal } = how(
    { file, argv, cwd: '/', env, ...more },
    {
      onOutput(name, part) {
        printed[name] += part.toString();
      },
      onEnd: end => resolve({ ...end, ...printed }),
    },
  );
  return { signal, ended };
}

/** Who starts what is started from now on. */
const starter = async () => Number((await start(['sh', '-c', 'echo $PPID']).ended).stdout);

const until = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 20_000, interval: 20 });

/** Goes on until the small process is there. */
const helped = () =>
  until(async () => {
    const pid = await starter();
    expect(pid).not.toBe(process.pid);
    return pid;
  });

test('the first programs are started by this process, later ones by a small one', async () => {
  expect(await starter()).toBe(process.pid);
  const small = await helped();
  expect(await starter()).toBe(small);
});

describe.each([
  ['this process', launchHere],
  ['the small one', launch],
])('started by %s', (_, how) => {
  const run = async (argv: readonly string[], more?: Partial<Launch>) => {
    await helped();
    return start(argv, more, how).ended;
  };

  test('what is printed is told whole, with how it ended', async () => {
    const script = 'cat; printf wrong >&2; exit 3';
    const said = { exitCode: 3, stdout: 'given', stderr: 'wrong' };
    expect(await run(['sh', '-c', script], { input: 'given' })).toMatchObject(said);
    const long = 'x'.repeat(3_000_000);
    expect((await run(['cat'], { input: long })).stdout === long).toBe(true);
  });

  test('what is not there is told by its code', async () => {
    expect(await run(['no-such-program'])).toMatchObject({ code: 'ENOENT' });
    expect(await run(['true'], { cwd: '/no-such-place' })).toMatchObject({ code: 'ENOENT' });
  });

  test('a program that does not read what it is given has ended all the same', async () => {
    expect(await run(['true'], { input: 'x'.repeat(1_000_000) })).toMatchObject({ exitCode: 0 });
  });

  test('a signal reaches all that it has started, however early it comes', async () => {
    await helped();
    const early = start(['sleep', '1000'], {}, how);
    early.signal('SIGTERM');
    expect(await early.ended).toMatchObject({ signal: 'SIGTERM' });
    // The output is only over when the last of them is gone.
    const group = start(['sh', '-c', "trap '' TERM; sleep 1000 & wait; sleep 1000"], {}, how);
    group.signal('SIGKILL');
    expect(await group.ended).toMatchObject({ signal: 'SIGKILL' });
  });
});

test('when the small process is killed, so is what it has started, and what follows is started all the same', async () => {
  const small = await helped();
  const cut = start(['sleep', '1000']);
  process.kill(small, 'SIGKILL');
  expect(await cut.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(await starter()).toBe(process.pid);
  expect(await helped()).not.toBe(small);
});

test('an agent goes on when the small process is killed, and its end is seen', async () => {
  const small = await helped();
  const spec = specFor(['sh', '-c', 'read -r line < go; exit 7']);
  execFileSync('mkfifo', [join(spec.cwd, 'go')]);
  const { started, exits } = supervise(spec);
  await until(() => expect(started).toHaveLength(1));
  process.kill(small, 'SIGKILL');
  await until(() => expect(isRunning(small)).toBe(false));
  expect(isRunning(started[0]!)).toBe(true);
  writeFileSync(join(spec.cwd, 'go'), 'on\n');
  await until(() => expect(exits).toEqual([{ code: 7, signal: null }]));
});

test('an agent that is told to end before it is known to run ends', async () => {
  await helped();
  const spec = specFor(['sleep', '1000'], {
    // The order is given by then, and the answer is on its way.
    async prepare() {
      setImmediate(() => supervised.signal('SIGKILL'));
      return undefined;
    },
  });
  const supervised = supervise(spec);
  await until(() => expect(supervised.exits).toHaveLength(1));
  expect(supervised.leftAtExit).toEqual([[]]);
});

test('what the system cannot start is told, with its code', async () => {
  await helped();
  const long = 'x'.repeat(200_000);
  expect(await start(['true', long]).ended).toMatchObject({ code: 'E2BIG' });
  const { errors } = supervise(specFor(['true', long]));
  await until(() => expect(errors).toMatchObject([{ code: 'E2BIG' }]));
});

/** Another process with a small one of its own, in which something runs. */
const other = `
  const { launch } = await import(process.argv[1]);
  const start = script => new Promise(resolve => {
    let said = '';
    const onOutput = (_, part) => { said += part; };
    launch({ file: 'sh', argv: ['-c', script], cwd: '/', env: process.env }, { onOutput, onEnd: () => resolve(said) });
  });
  let pid;
  do pid = Number(await start('echo $PPID')); while (pid === process.pid);
  console.log(pid);
  process.stdin.resume();
`;

test.each(['SIGKILL', 'SIGTERM'] as const)('whoever is ended by %s takes the small process along', async signal => {
  const launcher = fileURLToPath(new URL('../../src/host/launcher.ts', import.meta.url));
  const child = spawn(process.execPath, ['--input-type=module', '-e', other, launcher], { env });
  const [line] = await once(createInterface(child.stdout), 'line');
  const small = Number(line);
  expect(isRunning(small)).toBe(true);
  child.kill(signal);
  await once(child, 'exit');
  await until(() => expect(isRunning(small)).toBe(false));
});

test('a signal for the whole service leaves the small process to its orchestrator', async () => {
  const small = await helped();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(small, signal);
  expect(await starter()).toBe(small);
});
