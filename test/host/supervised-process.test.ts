/** Real processes, well-behaved and not, under supervision: each is run once, heard to its end, and ended entirely. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { bootId, startTimeOf } from '../../src/host/process-identity.ts';
import { readExit, readIdentity, readJob } from '../../src/host/supervised-process.ts';
import { fixture, isRunning, markedProcesses, specFor, supervise } from './processes.ts';

const shell = (script: string) => ['sh', '-c', script];
const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []);

/** Resolves when the checks of one or two more polls have been made, so that a second report would have come. */
async function afterAnotherLook(): Promise<void> {
  const look = supervise(specFor(['true']));
  await look.end();
  await supervise(specFor(['sleep', '0.3'])).end();
}

describe('the end of a process', () => {
  test.each([0, 1, 42, 75, 125, 255])('exit code %i is reported as it is', async code => {
    const run = supervise(specFor(shell(`exit ${code}`)));
    expect(await run.end()).toEqual({ code, signal: null });
  });

  test.each(['SIGTERM', 'SIGKILL', 'SIGSEGV'])('death by %s is reported as that', async signal => {
    const run = supervise(specFor(shell(`kill -${signal.slice(3)} $$; sleep 600`)));
    expect(await run.end()).toEqual({ code: null, signal });
  });

  test('a program that is not there ends with code 127, and the log says so', async () => {
    const run = supervise(specFor(['/nowhere/agent', '--help']));
    expect(await run.end()).toEqual({ code: 127, signal: null });
    expect(run.output()).toMatch(/nowhere\/agent.*not found/);
  });

  test('a file that is no program ends with code 126', async () => {
    const spec = specFor([]);
    const file = join(spec.cwd, 'notes.txt');
    writeFileSync(file, 'not a program', { mode: 0o600 });
    expect(await supervise({ ...spec, argv: [file] }).end()).toEqual({ code: 126, signal: null });
  });

  test('a working directory that is not there is an error, reported once, and no end', async () => {
    const run = supervise(specFor(['true'], { cwd: '/nowhere/at/all' }));
    await expect.poll(() => run.errors).toHaveLength(1);
    expect(run.exits).toEqual([]);
    expect(run.started).toEqual([]);
  });

  test('is heard although the program has closed its output', async () => {
    const run = supervise(specFor([fixture('closes-output.sh')].flatMap(file => ['sh', file])));
    expect(await run.end()).toEqual({ code: 3, signal: null });
    expect(run.output()).toBe('before\n');
  });

  test('arguments reach the program as they are, whatever is in them', async () => {
    const hostile = ['$(touch pwned)', '`id`', '"; exit 9; "', "it's", '', 'a\nb', '--', '*'];
    const run = supervise(specFor(['sh', '-c', 'printf "[%s]" "$@"', 'program', ...hostile]));
    expect(await run.end()).toEqual({ code: 0, signal: null });
    expect(run.output()).toBe(hostile.map(argument => `[${argument}]`).join(''));
  });

  test('reports come later and in order: started, then ended, each once', async () => {
    const run = supervise(specFor(['true']));
    expect([run.started, run.exits]).toEqual([[], []]);
    await run.end();
    await afterAnotherLook();
    expect(run.started).toHaveLength(1);
    expect(run.exits).toHaveLength(1);
  });
});

describe('output', () => {
  test('that is no text is kept byte for byte', async () => {
    const spec = specFor(['sh', fixture('writes-binary.sh')]);
    await supervise(spec).end();
    const bytes = readFileSync(join(spec.runDir, 'output.log'));
    expect(bytes).toEqual(Buffer.from([0, 0xff, 0xfe, 0x1b, ...Buffer.from('[2J'), 0x80, ...Buffer.from('end')]));
  });

  test('of a gigabyte does not pass through the orchestrator', async () => {
    const spec = specFor(shell('head -c 1G /dev/zero'));
    const before = process.memoryUsage().rss;
    let highest = before;
    const watch = setInterval(() => {
      highest = Math.max(highest, process.memoryUsage().rss);
    }, 50);
    onTestFinished(() => clearInterval(watch));
    const run = supervise(spec);
    expect(await run.end(60_000)).toEqual({ code: 0, signal: null });
    const log = join(spec.runDir, 'output.log');
    expect(statSync(log).size).toBe(2 ** 30);
    rmSync(log);
    expect((highest - before) / 2 ** 20).toBeLessThan(50);
  }, 90_000);

  test('is readable by nobody else, like everything of a run', async () => {
    const spec = specFor(['true']);
    await supervise(spec).end();
    expect(statSync(spec.runDir).mode & 0o077).toBe(0);
    expect(statSync(join(spec.runDir, 'output.log')).mode & 0o077).toBe(0);
  });
});

describe('I8: the environment', () => {
  test('is what was given and nothing of ours', async () => {
    vi.stubEnv('SECRET_TOKEN', 'hunter2');
    onTestFinished(() => void vi.unstubAllEnvs());
    const spec = specFor(['/usr/bin/env', '-0']);
    const env = { ...spec.env, GIVEN: 'with = signs\nand a line break', EMPTY: '' };
    const run = supervise({ ...spec, env });
    await run.end();
    const entries = run
      .output()
      .split('\0')
      .filter(Boolean)
      .map(entry => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const);
    // Every shell tells its children where they are; it says no more than `cwd` does.
    expect(Object.fromEntries(entries)).toEqual({ ...env, PWD: spec.cwd });
  });
});

describe('I5: ending a process', () => {
  test('that ignores SIGTERM: it goes on until SIGKILL, then nothing of it is left', async () => {
    const spec = specFor(['sh', fixture('ignores-sigterm.sh')]);
    const run = supervise(spec);
    await run.says('ready');
    run.signal('SIGTERM');
    await afterAnotherLook();
    expect(run.exits).toEqual([]);
    run.signal('SIGKILL');
    expect(await run.end()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(run.leftAtExit).toEqual([[]]);
  });

  test('that heeds SIGTERM may end in its own way', async () => {
    const run = supervise(specFor(shell('trap "echo tidied; exit 6" TERM; echo ready; while :; do sleep 0.05; done')));
    await run.says('ready');
    run.signal('SIGTERM');
    expect(await run.end()).toEqual({ code: 6, signal: null });
    expect(run.output()).toContain('tidied');
  });

  test('that is stopped (SIGSTOP) works too', async () => {
    const run = supervise(specFor(shell('echo ready; kill -STOP $$; sleep 600')));
    await run.says('ready');
    run.signal('SIGKILL');
    await run.end();
    expect(run.leftAtExit).toEqual([[]]);
  });

  test('that multiplies as fast as it can: none escapes', async () => {
    const run = supervise(specFor(shell('echo ready; while :; do (setsid sleep 600 &) ; sleep 0.02; done')));
    await run.says('ready');
    await expect.poll(() => run.started.length).toBe(1);
    run.signal('SIGKILL');
    await run.end();
    expect(run.leftAtExit).toEqual([[]]);
  });

  test('what forked and exited leaves no child behind, and its own exit code counts', async () => {
    const run = supervise(specFor(['sh', fixture('forks-and-exits.sh')]));
    expect(await run.end()).toEqual({ code: 7, signal: null });
    expect(run.leftAtExit).toEqual([[]]);
  });

  test('a grandchild in a session of its own is gone after a kill', async () => {
    const spec = specFor(['sh', fixture('leaves-a-session.sh'), 'stay']);
    const run = supervise(spec);
    await run.says('ready');
    // The shim, the program, and the two sessions that it has begun.
    await expect.poll(() => markedProcesses(spec)).toHaveLength(4);
    run.signal('SIGKILL');
    await run.end();
    expect(run.leftAtExit).toEqual([[]]);
  });

  test('a grandchild in a session of its own is gone after a normal end', async () => {
    const spec = specFor(['sh', fixture('leaves-a-session.sh')]);
    const run = supervise(spec);
    expect(await run.end()).toEqual({ code: 0, signal: null });
    expect(run.leftAtExit).toEqual([[]]);
  });

  test('a child that has thrown its environment away is found by its parent', async () => {
    const spec = specFor(['sh', fixture('hides.sh')]);
    const run = supervise(spec);
    await run.says('ready');
    const program = () => markedProcesses(spec).find(pid => pid !== run.started[0]);
    const childOf = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
    const hidden = await vi.waitFor(() => {
      const pid = childOf(program()!);
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('');
      return pid;
    });
    onTestFinished(() => void (isRunning(hidden) && process.kill(hidden, 'SIGKILL')));
    run.signal('SIGKILL');
    await run.end();
    expect(isRunning(hidden)).toBe(false);
  });

  test('a shim that is killed from outside takes its program with it, and the run is lost', async () => {
    const spec = specFor(['sleep', '600']);
    const run = supervise(spec);
    await expect.poll(() => readIdentity(spec.runDir)).toBeDefined();
    await expect.poll(() => markedProcesses(spec)).toHaveLength(2);
    process.kill(readIdentity(spec.runDir)!.pid, 'SIGKILL');
    expect(await run.end()).toEqual({ code: null, signal: null });
    expect(run.leftAtExit).toEqual([[]]);
  });

  test('before it has even begun, it is ended all the same', async () => {
    const run = supervise(specFor(['sleep', '600']));
    run.signal('SIGKILL');
    await run.end(5_000);
    expect(run.leftAtExit).toEqual([[]]);
  });

  test('of another run with the same id in another worktree touches nothing of it', async () => {
    const mine = specFor(['sleep', '600']);
    const other = specFor(['sleep', '600']);
    const [first, second] = [supervise(mine), supervise(other)];
    await expect.poll(() => [mine, other].map(spec => markedProcesses(spec).length)).toEqual([2, 2]);
    first.signal('SIGKILL');
    await first.end();
    expect(markedProcesses(other)).toHaveLength(2);
    second.signal('SIGKILL');
    await second.end();
  });

  test('after it was released, nothing is reported and the process goes on', async () => {
    const spec = specFor(['sleep', '600']);
    const run = supervise(spec);
    await expect.poll(() => markedProcesses(spec)).toHaveLength(2);
    run.release();
    await afterAnotherLook();
    expect(markedProcesses(spec)).toHaveLength(2);
    expect(run.exits).toEqual([]);
    const again = supervise(spec);
    again.signal('SIGKILL');
    expect(await again.end()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(run.exits).toEqual([]);
  });
});

describe('I5: across a restart', () => {
  test('a process outlives the orchestrator, is adopted, and its end is heard exactly once', async () => {
    const spec = specFor([]);
    const count = join(spec.cwd, 'count');
    const go = join(spec.cwd, 'go');
    const script = 'echo $$ >> "$1"; while [ ! -e "$2" ]; do sleep 0.02; done; exit 5';
    const full = { ...spec, argv: ['sh', '-c', script, 'program', count, go] };
    const before = spawn(process.execPath, [fixture('orchestrator.ts'), JSON.stringify(full)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void before.kill('SIGKILL'));
    const [line] = await once(createInterface(before.stdout), 'line');
    const { started } = JSON.parse(String(line)) as { started: number };
    await expect.poll(() => linesOf(count)).toHaveLength(1);
    before.kill('SIGKILL');
    await once(before, 'exit');

    const after = supervise(full);
    await expect.poll(() => after.started).toEqual([started]);
    expect(isRunning(started)).toBe(true);
    appendFileSync(go, '');
    expect(await after.end()).toEqual({ code: 5, signal: null });
    await afterAnotherLook();
    expect(after.exits).toHaveLength(1);
    expect(linesOf(count)).toHaveLength(1);
    expect(readJob(spec.runDir)).toBe(spec.job.ref);
  });

  test('a process of which nothing is written any more is ended before another takes its place', async () => {
    const spec = specFor(['sleep', '300'], { job: { ref: 'again', mayHaveBegun: true } });
    const before = spawn(process.execPath, [fixture('orchestrator.ts'), JSON.stringify(spec)], { stdio: 'ignore' });
    onTestFinished(() => void before.kill('SIGKILL'));
    await expect.poll(() => markedProcesses(spec), { timeout: 10_000 }).not.toHaveLength(0);
    await expect.poll(() => readIdentity(spec.runDir), { timeout: 10_000 }).toBeDefined();
    before.kill('SIGKILL');
    await once(before, 'exit');
    rmSync(spec.runDir, { recursive: true });
    const after = supervise(spec);
    expect(await after.end(), 'nobody knows how it would have ended').toEqual({ code: null, signal: null });
    expect(markedProcesses(spec)).toEqual([]);
    expect(after.started).toEqual([]);
  });

  test('an adopted process can be killed with everything it has spawned', async () => {
    const spec = specFor(['sh', fixture('leaves-a-session.sh'), 'stay']);
    const before = spawn(process.execPath, [fixture('orchestrator.ts'), JSON.stringify(spec)], { stdio: 'ignore' });
    onTestFinished(() => void before.kill('SIGKILL'));
    await expect.poll(() => markedProcesses(spec), { timeout: 10_000 }).toHaveLength(4);
    before.kill('SIGKILL');
    await once(before, 'exit');
    const after = supervise(spec);
    await expect.poll(() => after.started).toHaveLength(1);
    after.signal('SIGKILL');
    expect(await after.end()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(after.leftAtExit).toEqual([[]]);
  });

  test('a process that ended while nobody watched is concluded from its exit record, and not run again', async () => {
    const spec = specFor([]);
    const count = join(spec.cwd, 'count');
    const full = { ...spec, argv: ['sh', fixture('counts-itself.sh'), count] };
    const before = supervise(full);
    await expect.poll(() => before.started).toHaveLength(1);
    before.release();
    // The file is there before the words in it.
    await expect.poll(() => readExit(spec.runDir)).toBeDefined();
    const after = supervise(full);
    expect(await after.end()).toEqual({ code: 5, signal: null });
    expect(after.started).toEqual([]);
    expect(before.exits).toEqual([]);
    // And again: an end that was heard before is heard by whoever asks next.
    expect(await supervise(full).end()).toEqual({ code: 5, signal: null });
    expect(linesOf(count)).toHaveLength(1);
  });

  test('two starts at once for the same run: the program runs once and both hear its end', async () => {
    const spec = specFor([]);
    const count = join(spec.cwd, 'count');
    const full = { ...spec, argv: ['sh', fixture('counts-itself.sh'), count] };
    const both = [supervise(full), supervise(full)];
    const ends = await Promise.all(both.map(run => run.end()));
    expect(linesOf(count)).toHaveLength(1);
    expect(ends).toEqual([
      { code: 5, signal: null },
      { code: 5, signal: null },
    ]);
  });

  test('many starts at once, some of them killing: the program runs at most once', async () => {
    const spec = specFor([]);
    const count = join(spec.cwd, 'count');
    const full = { ...spec, argv: ['sh', fixture('counts-itself.sh'), count, '600'] };
    const all = Array.from({ length: 6 }, () => supervise(full));
    await expect.poll(() => linesOf(count)).toHaveLength(1);
    for (const run of all.slice(0, 3)) run.signal('SIGKILL');
    for (const run of all) await run.end();
    expect(linesOf(count)).toHaveLength(1);
    expect(markedProcesses(spec)).toEqual([]);
  });
});

describe('a process that is not ours any more', () => {
  /** A session with one process in it whose leader has gone: what a daemon looks like. */
  async function startDaemon() {
    const leader = spawn('sh', ['-c', 'sleep 600 > /dev/null 2>&1 & echo $!'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(leader.stdout), 'line');
    const member = Number(line);
    onTestFinished(() => void (isRunning(member) && process.kill(member, 'SIGKILL')));
    await vi.waitFor(() => expect(startTimeOf(leader.pid!)).toBeUndefined());
    return { leader: leader.pid!, member };
  }

  /** A line of /proc/<pid>/stat with this start time. */
  const statOf = (startTime: string) => `1 (sh) S ${'0 '.repeat(18)}${startTime} 0`;

  const forge = (runDir: string, identity: object) => {
    mkdirSync(runDir, { recursive: true });
    writeFileSync(join(runDir, 'process.json'), JSON.stringify(identity));
  };

  test('a pid that now belongs to somebody else: the run is lost and the stranger lives', async () => {
    const stranger = spawn('sh', ['-c', 'sleep 600 & wait'], { detached: true, stdio: 'ignore' });
    onTestFinished(() => {
      try {
        process.kill(-stranger.pid!, 'SIGKILL');
      } catch {
        // It is gone, which the test has complained about.
      }
    });
    const children = () => readFileSync(`/proc/${stranger.pid}/task/${stranger.pid}/children`, 'utf8').trim();
    await vi.waitFor(() => expect(children()).not.toBe(''));
    const spec = specFor(['true']);
    forge(spec.runDir, { pid: stranger.pid, stat: statOf('1'), bootId: bootId() });
    const run = supervise(spec);
    run.signal('SIGKILL');
    expect(await run.end()).toEqual({ code: null, signal: null });
    expect(isRunning(stranger.pid!)).toBe(true);
    expect(isRunning(Number(children()))).toBe(true);
  });

  test('a run of another boot is lost, and a session that has its number now is left alone', async () => {
    const { leader, member } = await startDaemon();
    const spec = specFor(['true']);
    forge(spec.runDir, { pid: leader, stat: statOf('1'), bootId: 'another-boot' });
    const run = supervise(spec);
    expect(await run.end()).toEqual({ code: null, signal: null });
    expect(isRunning(member)).toBe(true);
  });

  test('the very process of a run of this boot that has lost its leader is ended', async () => {
    const { leader, member } = await startDaemon();
    const spec = specFor(['true']);
    forge(spec.runDir, { pid: leader, stat: statOf('1'), bootId: bootId() });
    expect(await supervise(spec).end()).toEqual({ code: null, signal: null });
    expect(isRunning(member)).toBe(false);
  });

  test.each(['', '{', '{"pid":"x"}', 'null', '[]'])(
    'a record that says %j starts nothing twice and ends in a report',
    async text => {
      const spec = specFor([]);
      const count = join(spec.cwd, 'count');
      mkdirSync(spec.runDir, { recursive: true });
      writeFileSync(join(spec.runDir, 'process.json'), text);
      const run = supervise({ ...spec, argv: ['sh', fixture('counts-itself.sh'), count, '0'] });
      expect(await run.end()).toEqual({ code: null, signal: null });
      expect(linesOf(count)).toEqual([]);
    },
  );
});

test('how a process has ended is known also when it has removed what was written about it', async () => {
  const spec = specFor([]);
  const removes = (code: number) => ({ ...spec, argv: ['sh', '-c', `rm -rf "$0"; exit ${code}`, spec.runDir] });
  for (const code of [0, 3]) expect(await supervise(removes(code)).end()).toEqual({ code, signal: null });
});
