/** What an operator is given beside the program speaks of a program that is there: its options, variables, paths and limits. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { exitCodes } from '../src/cli/output.ts';
import { findProgram } from '../src/host/find-program.ts';
import { largestBody } from '../src/http/problems.ts';
import { usualTimes } from '../src/http/stream.ts';
import { yamlPlace } from './config/files.ts';
import { openService } from './http/place.ts';
import { temporaryDirectory } from './support/temporary.ts';

const root = new URL('../', import.meta.url).pathname;
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const example = (file: string) => read(`examples/deploy/${file}`);
const examples = readdirSync(join(root, 'examples/deploy'));

const program = JSON.parse(read('package.json')) as {
  bin: Record<string, string>;
  files: string[];
  engines: { node: string };
  devDependencies: Record<string, string>;
};

/** What a Dockerfile says, one instruction after another. */
const dockerfile = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter(line => line !== '')
  .map(line => {
    const [, word = '', rest = ''] = /^(\w+) +(.*)$/.exec(line) ?? [];
    return { word, rest };
  });
const said = (word: string) => dockerfile.filter(one => one.word === word).map(({ rest }) => rest);
const listed = (text = '') => JSON.parse(text) as string[];

interface Compose {
  services: { signalbox: Record<string, unknown> & { command: string[]; ports: string[]; volumes: string[] } };
  volumes: Record<string, unknown>;
}
const compose = parse(example('compose.yaml')) as Compose;

/** What a unit says; a setting that is given twice counts as it was given last. */
const unit = Object.fromEntries(
  [...example('signalbox.service').matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!] as const),
);
const unitCommand = (unit.ExecStart ?? '').split(' ');
const imageCommand = listed(said('CMD')[0]);
const composeCommand = compose.services.signalbox.command;

const signalbox = (args: readonly string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [join(root, program.bin.signalbox!), ...args], {
    env: { PATH: process.env.PATH, ...env },
    extendEnv: false,
    reject: false,
    cwd: temporaryDirectory(),
  });

/** The value that a command line gives to an option. */
function givenTo(command: readonly string[], option: string): string | undefined {
  const joined = command.find(word => word.startsWith(`${option}=`));
  if (joined !== undefined) return joined.slice(option.length + 1);
  const at = command.indexOf(option);
  return at === -1 ? undefined : command[at + 1];
}

/** The defaults of the configuration. */
const defaults = async () => (await yamlPlace('').load()).config;

test('the commands of the image, of compose and of the unit have options that there are', async () => {
  const { stdout } = await signalbox(['serve', '--help']);
  for (const command of [imageCommand, composeCommand, unitCommand]) {
    expect(command[0]?.split('/').at(-1)).toBe(Object.keys(program.bin)[0]);
    expect(command[1]).toBe('serve');
    const options = command.filter(word => word.startsWith('--')).map(word => word.split('=')[0]!);
    expect(options).not.toEqual([]);
    for (const option of options) expect(stdout).toContain(`${option} `);
  }
});

test('the image serves nobody without a token, and says what is missing', async () => {
  const data = join(temporaryDirectory(), 'data');
  const args = imageCommand.slice(1).map(word => (word === '/data' ? data : word));
  const { exitCode, stderr } = await signalbox(args);
  expect(exitCode).toBe(exitCodes.usage);
  expect(stderr).toContain('SIGNALBOX_API_TOKEN');
  expect(existsSync(data)).toBe(false);
});

test('the image has the Node that the program is built for', () => {
  const bases = said('FROM').map(line => line.split(' ')[0]);
  expect(new Set(bases).size).toBe(1);
  const [, major] = /^node:(\d+)-bookworm-slim$/.exec(bases[0]!)!;
  expect(program.devDependencies.node).toMatch(new RegExp(`^\\^${major}\\.`));
  expect(Number(major)).toBeGreaterThanOrEqual(Number(/\d+/.exec(program.engines.node)![0]));
});

test('the image holds what the package holds, and only what is there', () => {
  const shipped = program.files.filter(path => !path.startsWith('!'));
  const copies = said('COPY').filter(line => line.startsWith('--from=build'));
  const copied = copies.flatMap(line => line.split(' ').slice(1, -1)).map(path => path.replace('/src/', ''));
  const made = ['node_modules', 'dist', 'man', 'signalbox.schema.json'];
  for (const path of copied) expect([path, made.includes(path) || existsSync(join(root, path))]).toEqual([path, true]);
  expect(copied).toEqual(expect.arrayContaining([...shipped, 'package.json', 'node_modules']));
  const left = read('.dockerignore').split('\n');
  for (const path of copied.filter(one => !made.includes(one))) expect(left).not.toContain(path);
  // The sources go before the build where both are there.
  expect(copied).not.toContain('src');
});

test('everywhere it is the same port, and the same data', async () => {
  const { serve } = await defaults();
  const port = String(serve.port);
  const [ports] = compose.services.signalbox.ports;
  expect(said('EXPOSE')).toEqual([port]);
  expect(ports).toBe(`127.0.0.1:${port}:${port}`);
  expect(said('HEALTHCHECK')[0]).toContain(`http://127.0.0.1:${port}/health'`);
  expect(example('nginx.conf')).toContain(`server 127.0.0.1:${port};`);
  expect(example('Caddyfile')).toContain(`reverse_proxy 127.0.0.1:${port} `);
  for (const command of [imageCommand, composeCommand]) {
    expect(givenTo(command, '--host')).toBe('0.0.0.0');
    expect(givenTo(command, '--port')).toBeUndefined();
    expect(givenTo(command, '--data')).toBe(said('VOLUME')[0]);
  }
  expect(said('ENV').join(' ')).toContain(`SIGNALBOX_DATA=${said('VOLUME')[0]}`);
  expect(givenTo(unitCommand, '--data')).toBe(`/var/lib/${unit.StateDirectory}`);
});

test('the health check says whether the service lives', async () => {
  const { port } = await openService();
  const [, words] = /CMD (\[.*\])$/.exec(said('HEALTHCHECK')[0]!)!;
  const [, ...args] = listed(words);
  const check = (at: number) =>
    execa(
      process.execPath,
      args.map(word => word.replace(':8500/', `:${at}/`)),
      { reject: false },
    );
  expect((await check(port)).exitCode).toBe(0);
  const free = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => free.once('listening', resolve));
  const { port: nobody } = free.address() as { port: number };
  await new Promise(resolve => free.close(resolve));
  expect((await check(nobody)).exitCode).toBe(1);
});

test('the container is nobody special, and is given time to stop its agents', () => {
  const { user, read_only, tmpfs, stop_grace_period, restart, volumes, env_file, cap_drop } =
    compose.services.signalbox;
  expect(said('USER')).toEqual(['1000:1000']);
  expect(user).toBe(said('USER')[0]);
  expect(listed(said('ENTRYPOINT')[0])).toEqual(['tini', '--']);
  expect(said('RUN').join(' ')).toMatch(/apt-get install .*\btini\b/);
  // The end of the container is the end of everything in it.
  for (const command of [imageCommand, composeCommand]) expect(command).toContain('--stop-agents');
  expect([read_only, tmpfs, restart, stop_grace_period]).toEqual([true, ['/tmp'], 'unless-stopped', '2m']);
  expect([env_file, cap_drop]).toEqual(['signalbox.env', ['ALL']]);
  const named = (volumes as string[]).map(line => line.split(':')[0]!).filter(name => /^\w+$/.test(name));
  expect(named).toEqual(Object.keys(compose.volumes));
  const places = (volumes as string[]).map(line => line.split(':')[1]);
  expect(places).toEqual(expect.arrayContaining([said('VOLUME')[0], '/home/node']));
});

test('the unit lets agents go on, and starts again what a new start can help', () => {
  expect(unit).toMatchObject({
    Type: 'notify',
    // The message is carried by a process of its own.
    NotifyAccess: 'all',
    WatchdogSec: '60',
    KillMode: 'process',
    OOMPolicy: 'continue',
    Restart: 'on-failure',
    RestartPreventExitStatus: String(exitCodes.usage),
  });
  // Each of them was seen to break agents that go on, or bubblewrap.
  for (const name of ['PrivateTmp', 'ProtectHostname', 'ProtectKernelTunables', 'ProtectProc', 'RestrictNamespaces'])
    expect(unit).not.toHaveProperty(name);
});

test.skipIf(findProgram('systemd-analyze', process.env.PATH ?? '').path === null)(
  'systemd reads the unit',
  async () => {
    const file = join(temporaryDirectory(), 'signalbox.service');
    writeFileSync(file, example('signalbox.service').replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
    // A machine that was not booted by systemd has no other units to look at.
    const { all } = await execa('systemd-analyze', ['verify', '--man=no', file], { reject: false, all: true });
    expect((all ?? '').split('\n').filter(line => line.includes('signalbox.service'))).toEqual([]);
  },
);

test('the configuration holds, and goes with the proxies', async () => {
  const { config, warnings } = await yamlPlace(example('signalbox.config.yaml')).load();
  expect(warnings).toEqual([]);
  expect(config.serve).toMatchObject({ trustProxy: 1, publicUrl: 'https://signalbox.example.org' });
  const [repositories] = Object.values(config.projects).map(({ repository }) => repository);
  expect(repositories).toMatch(/^\/srv\/repositories\//);
  for (const file of ['nginx.conf', 'Caddyfile']) {
    expect(example(file)).toContain(new URL(config.serve.publicUrl!).hostname);
    expect(example(file)).toContain('serve: { publicUrl: https://signalbox.example.org, trustProxy: 1 }');
  }
});

test('nginx hands on what happens at once, as much as is taken, and who asks', () => {
  const text = example('nginx.conf');
  expect(text).toContain('proxy_buffering off;');
  expect(text).toContain('proxy_set_header Upgrade $http_upgrade;');
  expect(text).toContain('proxy_set_header Host $http_host;');
  // What a client has claimed is not handed on.
  expect(text).toContain('proxy_set_header X-Forwarded-For $remote_addr;');
  const [, megabytes] = /client_max_body_size (\d+)m;/.exec(text)!;
  expect(Number(megabytes) * 1024 * 1024).toBeGreaterThan(largestBody);
  const [, seconds] = /proxy_read_timeout (\d+)s;/.exec(text)!;
  expect(Number(seconds) * 1_000).toBeGreaterThan(usualTimes.heartbeatMs * 2);
  expect(example('Caddyfile')).toContain('flush_interval -1');
});

test('every variable that is named is one that the program reads', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => read(join('src', file)))
    .join('\n');
  const text = [read('Dockerfile'), ...examples.map(example)].join('\n');
  const names = new Set(text.match(/\bSIGNALBOX_[A-Z_]+\b/g));
  expect(names).toContain('SIGNALBOX_API_TOKEN');
  for (const name of names) expect(sources).toContain(name);
});
