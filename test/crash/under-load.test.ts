/**
 * Sixty tasks of three stages, eight agents at once, and the service killed ten times among them: each agent has run once, all has
 * arrived, and the log agrees with what came of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, onTestFinished, test, vi } from 'vitest';
import { gitIn } from '../../src/actors/git.ts';
import { makeDemoRepository } from '../../src/demo/repository.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const tasks = 60;
const kills = 10;
const stages = ['plan', 'build', 'check'];

vi.setConfig({ testTimeout: 240_000 });

const program = fileURLToPath(new URL('../../bin/signalbox.js', import.meta.url));

/** It holds a directory while it works, so that a second one beside it is seen. */
const agentScript = `#!/bin/sh
echo "$SIGNALBOX_TASK_ID $SIGNALBOX_STAGE $SIGNALBOX_ATTEMPT" >> "$JOURNAL/starts"
mkdir "$JOURNAL/$SIGNALBOX_TASK_ID" || echo "$SIGNALBOX_TASK_ID $SIGNALBOX_STAGE" >> "$JOURNAL/doubled"
sleep 0.2
mkdir -p "docs/work-items/$SIGNALBOX_WORK_ITEM"
echo "$SIGNALBOX_STAGE" > "docs/work-items/$SIGNALBOX_WORK_ITEM/$SIGNALBOX_STAGE.md"
if [ "$SIGNALBOX_STAGE" = build ]; then echo "$SIGNALBOX_TASK_ID" > work.txt; fi
rmdir "$JOURNAL/$SIGNALBOX_TASK_ID"
`;

async function makeHouse() {
  const directory = temporaryDirectory();
  const [repository, journal, data] = ['shop', 'journal', 'data'].map(name => join(directory, name)) as [
    ...[string, string, string],
  ];
  mkdirSync(journal);
  mkdirSync(repository);
  await makeDemoRepository(repository);
  const agent = join(directory, 'agent.sh');
  writeFileSync(agent, agentScript, { mode: 0o755 });
  const gatesOf = (name: string) => [
    { kind: 'artifacts', name: `${name}Log`, files: [`${name}.md`] },
    ...(name === 'check' ? [{ kind: 'command', name: 'quick', run: ['true'] }] : []),
  ];
  const pipeline = { name: 'small', stages: stages.map(name => ({ name, role: 'worker', gates: gatesOf(name) })) };
  writeFileSync(join(directory, 'small.json'), JSON.stringify(pipeline));
  const config = {
    agents: { bot: { kind: 'command', program: [agent], set: { JOURNAL: journal } } },
    ...{ agent: 'bot', worker: { total: 8 } },
    projects: { shop: { repository, pipeline: join(directory, 'small.json') } },
  };
  writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
  const command = (...args: string[]) =>
    execa(process.execPath, [program, ...args, '--data', data], { cwd: directory, reject: false, all: true });
  return {
    command,
    git: gitIn(repository),
    /** What the agents have written down, line by line. */
    journal: (name: string) =>
      existsSync(join(journal, name)) ? readFileSync(join(journal, name), 'utf8').trim().split('\n') : [],
    async serve(): Promise<{ url: string; child: ChildProcess }> {
      const args = [program, 'serve', '--port', '0', '--json', '--log-level', 'warn', '--data', data];
      const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      return { url: (JSON.parse(line) as { url: string }).url, child };
    },
  };
}

async function addTasks(url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  for (let index = 1; index <= tasks; index++) {
    const body = JSON.stringify({ id: `S-${index}`, title: 'Small', project: 'shop' });
    const answer = await fetch(`${url}/tasks`, { method: 'POST', headers, body });
    expect(answer.status, await answer.text()).toBe(201);
  }
}

test('sixty tasks end well under ten kill -9, and no agent runs twice', async () => {
  const house = await makeHouse();
  let service = await house.serve();
  await addTasks(service.url);
  const poll = { timeout: 60_000, interval: 5 };
  for (let kill = 1; kill <= kills; kill++) {
    // Spread over the whole of the work.
    const enough = Math.round((kill * tasks * stages.length) / (kills + 1));
    await vi.waitUntil(() => house.journal('starts').length >= enough, poll);
    service.child.kill('SIGKILL');
    await once(service.child, 'exit');
    service = await house.serve();
  }
  const statesOf = async () => {
    const answer = await fetch(`${service.url}/tasks?limit=100`);
    return ((await answer.json()) as { items: { state: string; why: string }[] }).items;
  };
  await vi.waitUntil(
    async () => !(await statesOf()).some(({ state }) => /preparing|working|gating|publishing|created/.test(state)),
    {
      timeout: 120_000,
      interval: 200,
    },
  );
  expect(
    (await statesOf()).filter(({ state }) => state !== 'done').map(({ state, why }) => `${state}: ${why}`),
  ).toEqual([]);
  service.child.kill('SIGTERM');
  await once(service.child, 'exit');

  const expected = Array.from({ length: tasks }, (_, index) => stages.map(stage => `S-${index + 1} ${stage} 1`)).flat();
  expect(house.journal('starts').toSorted()).toEqual(expected.toSorted());
  expect(house.journal('doubled')).toEqual([]);
  for (let index = 1; index <= tasks; index++) {
    const files = await house.git(['ls-tree', '-r', '--name-only', `feature/S-${index}-small`]);
    expect(files.split('\n')).toEqual(
      expect.arrayContaining(['work.txt', ...stages.map(stage => `docs/work-items/S-${index}/${stage}.md`)]),
    );
  }
  const { all, exitCode } = await house.command('verify');
  expect(exitCode, all).toBe(0);
});
