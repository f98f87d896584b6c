/**
 * One contract for all sandboxes, and what each is there for: bubblewrap for real, docker by its command lines and with a
 * small program in the place of its client, because there is not a daemon everywhere.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { noSandbox, type SandboxDriver, type SandboxSpec } from '../../src/domain/agent-spec.ts';
import type { SandboxRequest } from '../../src/host/sandbox.ts';
import { sandboxes } from '../../src/host/sandboxes/index.ts';
import { readIdentity } from '../../src/host/supervised-process.ts';
import { commitFiles, git } from '../actors/repository.ts';
import { hasBubblewrap } from '../support/bubblewrap.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { fixture, isRunning, markedProcesses, specFor, supervise } from './processes.ts';

const { bubblewrap, docker, none } = sandboxes;
const secret = 'hunter2-of-the-orchestrator';
const specOf = (driver: SandboxDriver, more: Partial<SandboxSpec> = {}): SandboxSpec => ({
  ...noSandbox,
  driver,
  image: driver === 'docker' ? 'agent:1' : null,
  ...more,
});

/** A directory in the checkout: in no place that a sandbox covers by itself, unless the checkout is in one. */
function directoryBesideTests(): string {
  const directory = realpathSync(mkdtempSync(join(import.meta.dirname, '../../node_modules/.sandbox-test-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function writeFile(file: string, text: string, mode = 0o644): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
  return file;
}

/** A project, and a data directory with the worktrees of two tasks in it. */
function createPlace(directory = temporaryDirectory()) {
  const repository = join(directory, 'project');
  const data = join(directory, 'data');
  mkdirSync(repository);
  git(repository, 'init', '--quiet', '--initial-branch=main');
  commitFiles(repository, { 'README.md': 'A project.\n' }, 'Begin');
  const worktreeOf = (name: string) => {
    git(repository, 'worktree', 'add', '--quiet', '-b', name, join(data, 'worktrees', name));
    return join(data, 'worktrees', name);
  };
  return {
    directory,
    repository,
    data,
    database: writeFile(join(data, 'signalbox.db'), secret),
    prompt: writeFile(join(data, 'runs/run-1/prompt.md'), 'Do it.'),
    worktree: worktreeOf('task-1'),
    other: worktreeOf('task-2'),
    home: join(data, 'homes/task-1'),
  };
}
type Place = ReturnType<typeof createPlace>;

interface RunOptions extends Partial<Omit<SandboxRequest, 'spec' | 'env'>> {
  spec?: Partial<SandboxSpec>;
  env?: Record<string, string>;
  /** The file on standard input. */
  stdin?: string;
}

/** Starts a program in a sandbox as a run of the place's first task. */
function start(
  driver: SandboxDriver,
  place: Place,
  argv: string[],
  { spec = {}, env = {}, stdin, ...more }: RunOptions = {},
) {
  const base = specFor([]);
  const request: SandboxRequest = {
    spec: specOf(driver, spec),
    name: 'signalbox-task-1',
    argv,
    cwd: place.worktree,
    env: { ...base.env, HOME: process.env.HOME!, ...env },
    writable: [join(place.repository, '.git'), join(place.repository, '.git/worktrees/task-1')],
    readable: [place.prompt],
    hidden: [place.data],
    home: place.home,
    ...more,
  };
  const wrapped = sandboxes[driver].wrap(request);
  const process_ = { ...base, argv: wrapped.argv, env: wrapped.env, cwd: request.cwd, ...(stdin && { stdin }) };
  return { ...supervise(process_), spec: process_, request, wrapped };
}

/** Runs a shell script in a sandbox to its end. Answers the exit and what was printed. */
async function script(driver: SandboxDriver, place: Place, text: string, args: string[] = [], options?: RunOptions) {
  const run = start(driver, place, ['sh', '-c', text, 'script', ...args], options);
  return { exit: await run.end(), output: run.output() };
}

/** Puts the fake docker client first on the path. Answers the directory of its state. */
function installFakeDocker(): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'bin'));
  symlinkSync(fixture('docker.ts'), join(directory, 'bin/docker'));
  vi.stubEnv('PATH', `${join(directory, 'bin')}:${dirname(process.execPath)}:${process.env.PATH}`);
  vi.stubEnv('DOCKER_CONFIG', directory);
  return directory;
}

beforeEach(() => () => void vi.unstubAllEnvs());

const drivers = ['none', 'bubblewrap', 'docker'] as const;
const usable = drivers.filter(driver => driver !== 'bubblewrap' || hasBubblewrap);

describe.each(usable)('a program in the sandbox %s', driver => {
  beforeEach(() => {
    if (driver === 'docker') installFakeDocker();
  });

  test('has its environment exactly, and no value of it is in a command line', async () => {
    vi.stubEnv('SIGNALBOX_TEST_SECRET', secret);
    const env = { TOKEN: 'sk-with = signs\nand a line break', EMPTY: '', LANG: 'C', PATH: '/usr/bin:/bin' };
    const run = start(driver, createPlace(), ['/usr/bin/env', '-0'], { env });
    expect(await run.end()).toEqual({ code: 0, signal: null });
    const entries = run
      .output()
      .split('\0')
      .filter(Boolean)
      .map(entry => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const);
    // Where they are is told by every shell; the fake container has none.
    const { PWD = run.request.cwd, ...seen } = Object.fromEntries(entries);
    expect(PWD).toBe(run.request.cwd);
    expect(seen).toEqual(run.request.env);
    expect(run.wrapped.argv.join('\n')).not.toContain('sk-with');
    expect(Object.values(run.wrapped.env)).not.toContain(secret);
  });

  test('gets its arguments as they are, whatever is in them', async () => {
    const hostile = ['$(touch pwned)', '`id`', '"; exit 9; "', "it's", '', 'a\nb', '--', '--bind', '-v', 'A=B', '*'];
    const { exit, output } = await script(driver, createPlace(), 'printf "[%s]" "$@"', hostile);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(output).toBe(hostile.map(argument => `[${argument}]`).join(''));
  });

  test.each([0, 1, 42, 75, 126, 127])('ends with its own exit code %i', async code => {
    const { exit } = await script(driver, createPlace(), `exit ${code}`);
    expect(exit).toEqual({ code, signal: null });
  });

  test('leaves what it has written in its worktree and in writable places', async () => {
    const place = createPlace();
    const file = join(place.repository, '.git/written');
    await script(driver, place, 'echo mine > mine; echo ours > "$1"', [file]);
    expect(readFileSync(join(place.worktree, 'mine'), 'utf8')).toBe('mine\n');
    expect(readFileSync(file, 'utf8')).toBe('ours\n');
  });

  test('reads its prompt in a place that is hidden otherwise', async () => {
    const place = createPlace();
    expect((await script(driver, place, 'cat "$1"', [place.prompt])).output).toBe('Do it.');
  });

  test('reads what is on standard input, wherever the file is', async () => {
    const place = createPlace();
    expect((await script(driver, place, 'cat', [], { stdin: place.prompt, readable: [] })).output).toBe('Do it.');
  });

  test('that heeds SIGTERM may end in its own way', async () => {
    const text = 'trap "echo tidied; exit 6" TERM; echo ready; while :; do sleep 0.05; done';
    const run = start(driver, createPlace(), ['sh', '-c', text]);
    await run.says('ready');
    run.signal('SIGTERM');
    // The fake client ends at once as the real one would not: it passes signals on.
    if (driver === 'docker') return void (await run.end());
    expect(await run.end()).toEqual({ code: 6, signal: null });
    expect(run.output()).toContain('tidied');
  });

  test('is ended for good by a kill, sessions of their own included', async () => {
    const place = createPlace();
    const program = join(place.worktree, 'program.sh');
    copyFileSync(fixture('leaves-a-session.sh'), program);
    const run = start(driver, place, ['sh', program, 'stay']);
    await run.says('ready');
    await expect.poll(() => markedProcesses(run.spec).length).toBeGreaterThanOrEqual(4);
    run.signal('SIGKILL');
    await run.end();
    expect(run.leftAtExit).toEqual([[]]);
  });

  test('must be a program', () => {
    if (driver === 'none') return;
    expect(() => start(driver, createPlace(), [])).toThrow(/no program/);
  });

  test('can be ended again when nothing is left of it', async () => {
    await sandboxes[driver].end('signalbox-task-1');
    await sandboxes[driver].end('signalbox-task-1');
  });
});

describe('no sandbox', () => {
  test('promises nothing that it cannot keep', async () => {
    expect(await none.check(specOf('none'))).toBeNull();
    expect(await none.check(specOf('none', { network: false }))).toMatch(/network cannot be taken away/);
    expect(await none.check(specOf('none', { memoryMb: 512 }))).toMatch(/choose docker/);
    expect(() => start('none', createPlace(), ['true'], { spec: { network: false } })).toThrow(/network/);
  });
});

describe.skipIf(!hasBubblewrap).each([
  ['in a temporary directory', temporaryDirectory],
  ['in a directory of the machine', directoryBesideTests],
])('bubblewrap, with everything %s', (_, directory) => {
  test('nothing outside can be written', async () => {
    vi.stubEnv('HOME', directoryBesideTests());
    const place = createPlace(directory());
    const outside = ['/', '/etc', '/var', '/usr', '/tmp', '/run', process.env.HOME!, place.directory, place.repository];
    const places = [...outside, place.other, place.data, dirname(place.prompt), dirname(place.worktree), '/dev/shm'];
    const files = places.map(path => join(path, `signalbox-escape-${process.pid}`));
    await script('bubblewrap', place, 'for file; do echo escaped > "$file"; done', [
      ...files,
      place.database,
      place.prompt,
    ]);
    expect(files.filter(existsSync)).toEqual([]);
    expect(readFileSync(place.database, 'utf8')).toBe(secret);
    expect(readFileSync(place.prompt, 'utf8')).toBe('Do it.');
  });

  test('the data directory shows nothing but what was asked for', async () => {
    const place = createPlace(directory());
    const text = 'cat "$1/signalbox.db"; cd "$1"; find . -maxdepth 2 | sort';
    const { output } = await script('bubblewrap', place, text, [place.data]);
    expect(output).not.toContain(secret);
    const found = output.split('\n').filter(line => line.startsWith('.'));
    expect(found).toEqual(['.', './runs', './runs/run-1', './worktrees', './worktrees/task-1']);
  });

  test('a link in the worktree that leads outside cannot be written through', async () => {
    const place = createPlace(directory());
    symlinkSync(place.database, join(place.worktree, 'to-file'));
    symlinkSync(place.repository, join(place.worktree, 'to-directory'));
    await script('bubblewrap', place, 'echo x > to-file; echo x > to-directory/x; echo x > to-directory/README.md');
    expect(readFileSync(place.database, 'utf8')).toBe(secret);
    expect(existsSync(join(place.repository, 'x'))).toBe(false);
    expect(readFileSync(join(place.repository, 'README.md'), 'utf8')).toBe('A project.\n');
  });

  test('git commits in a linked worktree', async () => {
    const place = createPlace(directory());
    const text = 'echo new > new; git add new && git -c user.name=A -c user.email=a@b commit -qm "From inside"';
    const { exit, output } = await script('bubblewrap', place, text);
    expect({ exit, output }).toEqual({ exit: { code: 0, signal: null }, output: '' });
    expect(git(place.repository, 'log', '-1', '--format=%s', 'task-1')).toBe('From inside');
  });

  test.each([true, false])(
    'hooks and settings of the repository stay as they are (hooks there: %s)',
    async hasHooks => {
      const place = createPlace(directory());
      const common = join(place.repository, '.git');
      if (!hasHooks) rmSync(join(common, 'hooks'), { recursive: true });
      const before = readFileSync(join(common, 'config'), 'utf8');
      const text =
        'cd "$1"; echo x > hooks/post-commit; mv hooks moved; git config core.fsmonitor x; echo x >> config; exec ls hooks';
      await script('bubblewrap', place, text, [common]);
      expect(existsSync(join(common, 'hooks/post-commit'))).toBe(false);
      expect(existsSync(join(common, 'moved'))).toBe(false);
      expect(readFileSync(join(common, 'config'), 'utf8')).toBe(before);
    },
  );

  test("another worktree's git directory cannot be written, nor can its own be turned into a link", async () => {
    const place = createPlace(directory());
    const worktrees = join(place.repository, '.git/worktrees');
    await script('bubblewrap', place, 'cd "$1"; echo x > task-2/HEAD; mv task-1 gone; ln -s /etc new', [worktrees]);
    expect(readFileSync(join(worktrees, 'task-2/HEAD'), 'utf8')).toBe('ref: refs/heads/task-2\n');
    expect(readdirSync(worktrees).sort()).toEqual(['task-1', 'task-2']);
  });

  test('the home is private, and is the same in the next run', async () => {
    vi.stubEnv('HOME', directory());
    const theirs = writeFile(join(process.env.HOME!, '.ssh/id_ed25519'), secret);
    const place = createPlace(directory());
    const first = await script('bubblewrap', place, 'echo $HOME; cat ~/.ssh/id_ed25519; ls -A ~; echo kept > ~/kept');
    expect(first.output.split('\n')[0]).toBe(process.env.HOME);
    expect(first.output).not.toContain(secret);
    const second = await script('bubblewrap', place, 'cat ~/kept');
    expect(second.output).toBe('kept\n');
    expect(readFileSync(join(place.home, 'kept'), 'utf8')).toBe('kept\n');
    expect(existsSync(join(dirname(dirname(theirs)), 'kept'))).toBe(false);
  });

  test('a data directory in the home is hidden there as well, and the worktree in it is not', async () => {
    const home = directory();
    vi.stubEnv('HOME', home);
    const place = createPlace(home);
    const text = 'cat "$1"; echo mine > mine; ls "$2"';
    const { output } = await script('bubblewrap', place, text, [place.database, place.repository]);
    expect(output).not.toContain(secret);
    expect(output).not.toContain('README.md');
    expect(existsSync(join(place.worktree, 'mine'))).toBe(true);
  });

  test('mounts are there, read-only unless said otherwise', async () => {
    const place = createPlace(directory());
    const [kept, open] = [directory(), directory()];
    writeFile(join(kept, 'file'), 'seen');
    const mounts = [
      { path: kept, isWritable: false },
      { path: open, isWritable: true },
    ];
    const text = 'cat "$1/file"; echo x > "$1/file"; echo x > "$2/file"';
    const { output } = await script('bubblewrap', place, text, [kept, open], { spec: { mounts } });
    expect(output).toMatch(/^seen/);
    expect(readFileSync(join(kept, 'file'), 'utf8')).toBe('seen');
    expect(readFileSync(join(open, 'file'), 'utf8')).toBe('x\n');
  });

  test('a mount of all that is around the data directory does not show it', async () => {
    const place = createPlace(directory());
    const mounts = [{ path: place.directory, isWritable: true }];
    const text = 'cat "$1"; cat "$2/README.md"; echo x > "$1"';
    const { output } = await script('bubblewrap', place, text, [place.database, place.repository], {
      spec: { mounts },
    });
    expect(output).not.toContain(secret);
    expect(output).toContain('A project.');
    expect(readFileSync(place.database, 'utf8')).toBe(secret);
  });

  test('an agent in the home runs with its own files, and the rest of the home is not there', async () => {
    const home = directory();
    vi.stubEnv('HOME', home);
    writeFile(join(home, '.local/share/keyrings/login'), secret);
    mkdirSync(join(home, '.local/bin'));
    const place = createPlace(directory());
    const env = { PATH: `${home}/.local/bin:${home}/.nvm/v1/bin:/usr/bin:/bin` };
    const say = 'cat ~/.local/share/keyrings/login; echo "$0 $1"';

    // Installed as one file behind a link, and updated between two runs.
    for (const version of ['1', '2']) {
      const file = writeFile(
        join(home, `.local/share/agent/${version}/agent`),
        `#!/bin/sh\n${say} of ${version}`,
        0o755,
      );
      rmSync(join(home, '.local/bin/agent'), { force: true });
      symlinkSync(file, join(home, '.local/bin/agent'));
      const run = start('bubblewrap', place, ['agent', 'hello'], { env });
      expect(await run.end()).toEqual({ code: 0, signal: null });
      expect(run.output()).toContain(`.local/bin/agent hello of ${version}`);
      expect(run.output()).not.toContain(secret);
    }

    // Installed as a package, with an interpreter of its own.
    const prefix = join(home, '.nvm/v1');
    writeFile(join(prefix, 'bin/interpreter'), '#!/bin/sh\n. "$(dirname "$(realpath "$1")")/part.sh"', 0o755);
    writeFile(join(prefix, 'lib/node_modules/agent/part.sh'), 'echo from a package');
    const main = writeFile(join(prefix, 'lib/node_modules/agent/cli.js'), '#!/usr/bin/env interpreter\n', 0o755);
    symlinkSync(main, join(prefix, 'bin/packaged'));
    const run = start('bubblewrap', place, ['packaged'], { env });
    expect(await run.end()).toEqual({ code: 0, signal: null });
    expect(run.output()).toBe('from a package\n');
  });
});

describe.skipIf(!hasBubblewrap)('bubblewrap', () => {
  test('cannot read the environment of any process outside, nor end one', async () => {
    const stranger = spawn('sleep', ['600'], { env: { PATH: process.env.PATH, SECRET: secret }, stdio: 'ignore' });
    onTestFinished(() => void stranger.kill('SIGKILL'));
    await once(stranger, 'spawn');
    const search = 'grep -lsF -e "$1" /proc/[0-9]*/environ; kill -0 "$2" && echo signalled';
    const args = [secret, String(stranger.pid)];
    const place = createPlace();
    // Without a sandbox both work, so the search does find what there is.
    const open = await script('none', place, search, args);
    expect(open.output).toContain(`/proc/${stranger.pid}/environ`);
    expect(open.output).toContain('signalled');
    const closed = await script('bubblewrap', place, `${search}; kill -KILL "$2"; kill -KILL -1`, args);
    expect(closed.output).not.toMatch(/environ|signalled/);
    expect(isRunning(stranger.pid!)).toBe(true);
  });

  test('has no rights over the machine, whoever it runs as', async () => {
    const text =
      'grep -E "CapEff|NoNewPrivs" /proc/self/status; echo x > /proc/sys/kernel/domainname; mount -t tmpfs none /etc';
    const { output } = await script('bubblewrap', createPlace(), `{ ${text}; } 2>&1`);
    expect(output).toMatch(/CapEff:\s0+\n/);
    expect(output).toMatch(/NoNewPrivs:\s1\n/);
    expect(output).toMatch(/domainname: (Read-only file system|Permission denied)/);
  });

  test('does not reach the sockets of daemons and key agents', async () => {
    const path = join(directoryBesideTests(), 'agent.sock');
    const agent = createServer(socket => socket.end('key'));
    agent.listen(path);
    await once(agent, 'listening');
    onTestFinished(() => void agent.close());
    vi.stubEnv('SSH_AUTH_SOCK', path);
    const connect = `require('net').connect(process.argv[1]).on('data', d => console.log(String(d))).on('error', e => console.log(e.code))`;
    const place = createPlace();
    const open = start('none', place, [process.execPath, '-e', connect, path]);
    await open.end();
    expect(open.output()).toBe('key\n');
    const closed = start('bubblewrap', place, [process.execPath, '-e', connect, path]);
    await closed.end();
    expect(closed.output()).toMatch(/^(ECONNREFUSED|ENOTSOCK|ENOENT|EACCES)\n$/);
    const { output } = await script('bubblewrap', place, 'ls -A /run /var/run/', [], { spec: { network: false } });
    expect(output).not.toMatch(/user|docker/);
  });

  test.each([
    [true, 'connected'],
    [false, 'ECONNREFUSED'],
  ])('network %s: a server of this machine answers %s', async (network, answer) => {
    const server = createServer(socket => socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const connect = `require('net').connect(${port}, '127.0.0.1').on('connect', function () { console.log('connected'); this.destroy() }).on('error', e => console.log(e.code))`;
    const run = start('bubblewrap', createPlace(), [process.execPath, '-e', connect], { spec: { network } });
    expect(await run.end()).toEqual({ code: 0, signal: null });
    expect(run.output()).toBe(`${answer}\n`);
  });

  test('without network there is no interface but the loopback', async () => {
    const list = 'console.log(Object.keys(os.networkInterfaces()).join())';
    const run = start('bubblewrap', createPlace(), [process.execPath, '-e', list], { spec: { network: false } });
    await run.end();
    expect(run.output().trim()).toMatch(/^(lo)?$/);
  });

  test('what a program leaves running ends with it', async () => {
    const place = createPlace();
    copyFileSync(fixture('leaves-a-session.sh'), join(place.worktree, 'program.sh'));
    const run = start('bubblewrap', place, ['sh', 'program.sh']);
    expect(await run.end()).toEqual({ code: 0, signal: null });
    expect(run.leftAtExit).toEqual([[]]);
  });

  test('a program that multiplies as fast as it can, without its environment: none escapes', async () => {
    const text = 'echo ready; while :; do (env -i setsid sleep 86399 &) ; sleep 0.02; done';
    const run = start('bubblewrap', createPlace(), ['sh', '-c', text]);
    await run.says('ready');
    run.signal('SIGKILL');
    await run.end();
    // These have left their session, their parents and their mark; the namespace ends them all the same.
    const escaped = readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && commandOf(pid).includes('sleep\x0086399'));
    expect(escaped).toEqual([]);
  });

  test('dies with its shim, so a kill from outside leaves nothing', async () => {
    const run = start('bubblewrap', createPlace(), ['sleep', '600']);
    await expect.poll(() => readIdentity(run.spec.runDir)).toBeDefined();
    await expect.poll(() => markedProcesses(run.spec).length).toBeGreaterThanOrEqual(4);
    process.kill(readIdentity(run.spec.runDir)!.pid, 'SIGKILL');
    await expect.poll(() => markedProcesses(run.spec)).toEqual([]);
    await run.end();
  });

  test.each(['SIGTERM', 'SIGKILL', 'SIGSEGV'])('death by %s inside is reported as that', async signal => {
    const { exit } = await script('bubblewrap', createPlace(), `kill -${signal.slice(3)} $$; sleep 600`);
    expect(exit).toEqual({ code: null, signal });
  });

  test('paths that pass links are the same inside', async () => {
    const place = createPlace();
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(place.directory, link);
    const cwd = join(link, 'data/worktrees/task-1');
    const { output } = await script(
      'bubblewrap',
      place,
      'cat "$1"; echo mine > "$2/mine"',
      [join(link, 'data/runs/run-1/prompt.md'), cwd],
      {
        cwd,
        readable: [join(link, 'data/runs/run-1/prompt.md')],
      },
    );
    expect(output).toBe('Do it.');
    expect(existsSync(join(place.worktree, 'mine'))).toBe(true);
  });

  test('a link that an agent has left in its home is not followed when the home is furnished', () => {
    const home = directoryBesideTests();
    vi.stubEnv('HOME', home);
    mkdirSync(join(home, '.config/agent'), { recursive: true });
    const place = createPlace();
    mkdirSync(place.home, { recursive: true });
    symlinkSync('/oldroot/etc', join(place.home, '.config'));
    const mounts = [{ path: join(home, '.config/agent'), isWritable: false }];
    expect(() => start('bubblewrap', place, ['true'], { spec: { mounts } })).toThrow(/symbolic link/);
  });

  test.each<[string, (place: Place) => RunOptions, RegExp]>([
    [
      'a mount that is not there',
      () => ({ spec: { mounts: [{ path: '/nowhere/at/all', isWritable: false }] } }),
      /not there/,
    ],
    [
      'a mount in the data directory',
      place => ({ spec: { mounts: [{ path: place.database, isWritable: false }] } }),
      /must not see/,
    ],
    ['a relative path', () => ({ writable: ['here'] }), /absolute/],
    ['the root directory as a writable place', () => ({ writable: ['/'] }), /below the root/],
    ['a home at a place that cannot be made', () => ({ env: { HOME: '/nowhere/at/all' } }), /HOME/],
    ['a limit of memory', () => ({ spec: { memoryMb: 100 } }), /choose docker/],
    ['a program with = in its name', () => ({ argv: ['A=B'] }), /=/],
  ])('refuses %s', (_, optionsFor, problem) => {
    const place = createPlace();
    expect(() => start('bubblewrap', place, ['true'], optionsFor(place))).toThrow(problem);
  });

  test('can say what is missing', async () => {
    const directory = temporaryDirectory();
    vi.stubEnv('PATH', directory);
    expect(await bubblewrap.check(specOf('bubblewrap'))).toMatch(/bwrap is missing.*apt-get install bubblewrap/);
    writeFile(
      join(directory, 'bwrap'),
      '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2; exit 1',
      0o755,
    );
    expect(await bubblewrap.check(specOf('bubblewrap'))).toMatch(/unprivileged_userns_clone=1.*apparmor_restrict/);
    writeFile(join(directory, 'bwrap'), '#!/bin/sh\necho "bwrap: odd" >&2; exit 1', 0o755);
    expect(await bubblewrap.check(specOf('bubblewrap'))).toMatch(/does not work here: bwrap: odd/);
    chmodSync(join(directory, 'bwrap'), 0o644);
    expect(await bubblewrap.check(specOf('bubblewrap', { cpus: 1 }))).toMatch(/choose docker/);
  });
});

describe('docker', () => {
  const callsOf = (state: string) =>
    readFileSync(join(state, 'calls'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as string[]);

  test('is called with everything that was asked for, and no value of the environment', () => {
    vi.stubEnv('HOME', '/home/person');
    vi.stubEnv('PATH', '/usr/bin:/bin');
    vi.stubEnv('DOCKER_HOST', 'tcp://daemon:2375');
    for (const name of ['XDG_RUNTIME_DIR', 'SSH_AUTH_SOCK', 'DOCKER_CONFIG', 'DOCKER_CONTEXT'])
      vi.stubEnv(name, undefined);
    const directory = temporaryDirectory();
    for (const name of ['data/wt', 'data/home', 'cache, "old"']) mkdirSync(join(directory, name), { recursive: true });
    const { argv, env } = docker.wrap({
      spec: specOf('docker', {
        network: false,
        cpus: 1.5,
        memoryMb: 2048,
        mounts: [
          { path: join(directory, 'cache, "old"'), isWritable: true },
          { path: directory, isWritable: false },
        ],
      }),
      name: 'signalbox-run.1',
      argv: ['agent', '--print', 'a b'],
      cwd: join(directory, 'data/wt'),
      env: { PATH: '/usr/bin:/bin', HOME: '/home/person', DOCKER_HOST: 'inner', TOKEN: secret },
      writable: [],
      readable: [join(directory, 'data/prompt.md')],
      hidden: [join(directory, 'data')],
      home: join(directory, 'data/home'),
    });
    expect(argv).toEqual([
      ...[
        'docker',
        'run',
        '--rm',
        '--init',
        '--interactive',
        '--pull',
        'never',
        '--name',
        'signalbox-run.1',
        '--label',
        'signalbox=1',
      ],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--network', 'none'],
      ...['--cpus', '1.5', '--memory', '2048m', '--user', `${process.getuid!()}:${process.getgid!()}`],
      ...['--mount', `type=bind,source=${directory}/data/home,target=/home/person`],
      ...['--mount', `type=bind,source=${directory},target=${directory},readonly`],
      ...['--mount', `type=tmpfs,target=${directory}/data`],
      ...['--mount', `type=bind,"source=${directory}/cache, ""old""","target=${directory}/cache, ""old"""`],
      ...['--mount', `type=bind,source=${directory}/data/prompt.md,target=${directory}/data/prompt.md,readonly`],
      ...['--mount', `type=bind,source=${directory}/data/wt,target=${directory}/data/wt`],
      ...['--workdir', `${directory}/data/wt`, '--env', 'TOKEN'],
      ...['--env', 'HOME=/home/person', '--env', 'DOCKER_HOST=inner', '--entrypoint', '', 'agent:1'],
      ...['agent', '--print', 'a b'],
    ]);
    // The client finds its own daemon; the program is told of another.
    expect(env).toEqual({
      TOKEN: secret,
      PATH: '/usr/bin:/bin',
      HOME: '/home/person',
      DOCKER_HOST: 'tcp://daemon:2375',
    });
  });

  test.each<[string, RunOptions, RegExp]>([
    ['no image', { spec: { image: null } }, /needs an image/],
    ['an image that is an option', { spec: { image: '--privileged' } }, /--privileged/],
    ['a name that is an option', { name: '-x' }, /-x/],
  ])('refuses %s', (_, options, problem) => {
    expect(() => start('docker', createPlace(), ['true'], options)).toThrow(problem);
  });

  test('can say what is missing: the client, the daemon, the image', async () => {
    const spec = specOf('docker');
    const state = installFakeDocker();
    expect(await docker.check(spec)).toMatch(/agent:1 is not on this machine.*docker pull agent:1/);
    writeFileSync(join(state, 'images'), 'agent:1\n');
    expect(await docker.check(spec)).toBeNull();
    writeFileSync(join(state, 'down'), 'Cannot connect to the Docker daemon. Is it running?');
    expect(await docker.check(spec)).toMatch(/daemon does not answer \(Cannot connect/);
    expect(await docker.check({ ...spec, image: null })).toMatch(/needs an image/);
    vi.stubEnv('PATH', temporaryDirectory());
    expect(await docker.check(spec)).toMatch(/program docker is missing/);
  });

  test('removes the container by its name, and says when it could not', async () => {
    const state = installFakeDocker();
    writeFileSync(join(state, 'containers'), 'signalbox-run-1\nother\n');
    await docker.end('signalbox-run-1');
    await docker.end('signalbox-run-1');
    expect(readFileSync(join(state, 'containers'), 'utf8')).toBe('other');
    expect(callsOf(state)).toEqual([
      ['rm', '--force', 'signalbox-run-1'],
      ['rm', '--force', 'signalbox-run-1'],
    ]);
    writeFileSync(join(state, 'down'), 'Cannot connect to the Docker daemon.');
    await expect(docker.end('signalbox-run-1')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(docker.end('--all')).rejects.toMatchObject({ code: 'invalid' });
  });
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
