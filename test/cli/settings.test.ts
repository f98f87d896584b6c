/** Settings belong to the data directory: whoever works there puts them in force, and a command from elsewhere means them. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { ConfigSource } from '../../src/config/schema.ts';
import { makePlace } from './place.ts';

const allRoles = fileURLToPath(new URL('../fixtures/agent-all-roles.sh', import.meta.url));

/** A home with a configuration that was worked by, and another directory to give commands from. */
async function makeHomes(more: ConfigSource = {}) {
  const place = await makePlace();
  const home = join(place.directory, 'home');
  const elsewhere = join(place.directory, 'elsewhere');
  for (const directory of [home, elsewhere]) mkdirSync(directory);
  const file = join(home, 'signalbox.config.yaml');
  const own: ConfigSource = {
    worker: { total: 7 },
    budget: { day: { sessions: 50 } },
    agents: { own: { kind: 'command', program: `sh ${allRoles} ${place.journal}`, env: ['EXTRA'] } },
    agent: 'own',
    ...more,
  };
  const configure = (directory: string, config: ConfigSource) =>
    writeFileSync(join(directory, 'signalbox.config.yaml'), stringify(config));
  configure(home, own);
  const first = await place.begin(['run', '--repo', place.repository, '--id', 'ET-1', '--title', 'Fix it'], {
    cwd: home,
  });
  expect(first.code, first.stderr).toBe(3);
  const queue = async () => JSON.parse((await place.signalbox('queue', '--json')).stdout);
  const agentOf = async () => {
    const { stdout } = await place.signalbox('task', 'snapshot', 'ET-1');
    return JSON.parse(stdout).context.agent as { name: string; env: string[]; sandbox: { driver: string } };
  };
  return { ...place, home, elsewhere, file, own, configure, queue, agentOf };
}

test('the process that works says which configuration is in force, and the queue shows it', async () => {
  const { queue, file } = await makeHomes();
  expect(await queue()).toMatchObject({ configuration: file, maxConcurrency: 7 });
});

test('a command on a task changes nothing but the task, from wherever it is given', async () => {
  const { queue, begin, elsewhere, configure } = await makeHomes();
  const before = await queue();
  configure(elsewhere, { worker: { total: 1 }, budget: { day: { sessions: 1 } } });
  for (const args of [
    ['task', 'pause', 'ET-1'],
    ['task', 'resume', 'ET-1'],
    ['task', 'retry', 'ET-1'],
    ['queue', 'pause'],
    ['queue', 'resume'],
    ['task', 'cancel', 'ET-1'],
  ]) {
    const { code, stderr } = await begin(args, { cwd: elsewhere });
    expect(code, `${args.join(' ')}: ${stderr}`).toBe(0);
  }
  const after = await queue();
  expect(after).toMatchObject({
    maxConcurrency: before.maxConcurrency,
    configuration: before.configuration,
    spending: { budgets: before.spending.budgets },
  });
});

test('an agent is renewed only by a file that names it, and from elsewhere by the one in force', async () => {
  const { begin, elsewhere, home, own, configure, agentOf } = await makeHomes();
  expect(await agentOf()).toMatchObject({ name: 'own', env: ['EXTRA'] });
  // Another file, which nobody has put in force, says nothing to this data.
  configure(elsewhere, { agents: { own: { kind: 'command', program: 'true' } } });
  await begin(['task', 'retry', 'ET-1'], { cwd: elsewhere });
  expect(await agentOf()).toMatchObject({ env: ['EXTRA'] });

  configure(home, { ...own, agents: { own: { ...own.agents!.own!, env: ['EXTRA', 'MORE'] } } });
  await begin(['run', '--repo', '../shop', '--id', 'ET-1'], { cwd: home });
  await begin(['task', 'retry', 'ET-1'], { cwd: elsewhere });
  expect((await agentOf()).env.toSorted()).toEqual(['EXTRA', 'MORE']);
});

test('a task added from elsewhere is set up by the configuration in force', async () => {
  const { begin, elsewhere, repository, signalbox } = await makeHomes();
  const { code, stderr } = await begin(['task', 'add', '--repo', repository, '--id', 'ET-2', '--title', 'Another'], {
    cwd: elsewhere,
  });
  expect(code, stderr).toBe(0);
  expect(JSON.parse((await signalbox('task', 'snapshot', 'ET-2')).stdout).context.agent.name).toBe('own');
});

test('run from elsewhere goes on by the configuration in force; a file that is named replaces it', async () => {
  const { begin, elsewhere, configure, repository, queue, file } = await makeHomes();
  configure(elsewhere, { worker: { total: 1 } });
  await begin(['run', '--repo', repository, '--id', 'ET-1'], { cwd: elsewhere });
  expect(await queue()).toMatchObject({ configuration: file, maxConcurrency: 7 });
  await begin(['run', '--repo', repository, '--id', 'ET-1', '--config', 'signalbox.config.yaml'], { cwd: elsewhere });
  expect(await queue()).toMatchObject({
    configuration: join(elsewhere, 'signalbox.config.yaml'),
    maxConcurrency: 1,
  });
});

test('data that was worked on with all defaults keeps them, whatever lies where a command is given', async () => {
  const { begin, repository, journal, directory, signalbox } = await makePlace();
  const bare = join(directory, 'bare');
  const elsewhere = join(directory, 'elsewhere');
  for (const path of [bare, elsewhere]) mkdirSync(path);
  const task = ['run', '--repo', repository, '--id', 'ET-1', '--title', 'Fix it'];
  const first = await begin([...task, '--agent', `sh ${allRoles} ${journal}`], { cwd: bare });
  expect(first.code, first.stderr).toBe(3);
  writeFileSync(join(elsewhere, 'signalbox.config.yaml'), stringify({ worker: { total: 1 } }));
  await begin(['run', '--repo', repository, '--id', 'ET-1'], { cwd: elsewhere });
  const queue = JSON.parse((await signalbox('queue', '--json')).stdout);
  expect(queue).toMatchObject({ configuration: null, maxConcurrency: 2 });
  const shown = await begin(['config', 'show', '--json'], { cwd: elsewhere });
  expect(JSON.parse(shown.stdout)).toMatchObject({ worker: { total: 2 } });
  await begin(['run', '--repo', repository, '--id', 'ET-1', '--config', 'signalbox.config.yaml'], { cwd: elsewhere });
  expect(JSON.parse((await signalbox('queue', '--json')).stdout)).toMatchObject({ maxConcurrency: 1 });
});

test('a configuration in force that is gone is said, and the one at hand is taken', async () => {
  const { begin, home, repository, file, queue } = await makeHomes();
  renameSync(file, join(home, 'away.yaml'));
  const { stderr } = await begin(['run', '--repo', repository, '--id', 'ET-1'], { cwd: home });
  expect(stderr).toContain(`${file}, is not there any more`);
  expect(await queue()).toMatchObject({ configuration: null, maxConcurrency: 2 });
});

test('a weaker sandbox has to be allowed', async () => {
  const sandbox = { driver: 'docker' as const, image: 'agent:1' };
  const place = await makePlace();
  const program = `sh ${allRoles} ${place.journal}`;
  const configure = (agent: object) =>
    writeFileSync(
      join(place.directory, 'signalbox.config.yaml'),
      stringify({ agents: { own: { kind: 'command', program, ...agent } }, agent: 'own' }),
    );
  configure({ sandbox });
  const add = ['task', 'add', '--repo', place.repository, '--id', 'ET-1', '--title', 'Fix it'];
  expect((await place.signalbox(...add)).code).toBe(0);
  await place.signalbox('task', 'pause', 'ET-1');

  configure({});
  const refused = await place.signalbox('task', 'retry', 'ET-1');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/weaker sandbox.*none instead of docker/) });
  expect(refused.stderr).toContain('--allow-weaker-sandbox');
  const driver = async () =>
    JSON.parse((await place.signalbox('task', 'snapshot', 'ET-1')).stdout).context.agent.sandbox.driver;
  expect(await driver()).toBe('docker');
  await place.signalbox('task', 'retry', 'ET-1', '--allow-weaker-sandbox');
});
