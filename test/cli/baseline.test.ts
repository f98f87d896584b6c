/** What is looked at, and said, before the first agent is paid. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PipelineSource } from '../../src/machines/pipeline.ts';
import { makePlace, oneStage } from './place.ts';

const judgedBy = (...run: string[]): PipelineSource => {
  const [stage] = oneStage().stages;
  return { name: 'quick', stages: [{ ...stage!, gates: [{ kind: 'command', name: 'tests', run }] }] };
};

/** A place with a directory on the PATH in which nothing is installed yet. */
async function startPlace() {
  const place = await makePlace();
  const bin = join(place.directory, 'bin');
  mkdirSync(bin);
  const env = { PATH: `${bin}:${process.env.PATH}` };
  return {
    ...place,
    call: (...args: string[]) => place.begin(args, { env }),
    install(name: string, script = 'exit 0') {
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    },
  };
}

test('a test program that is not installed is told before an agent works; once it is there the task goes on', async () => {
  const place = await startPlace();
  const pipeline = place.pipeline(judgedBy('runner-4711', '--all'));
  const first = await place.call(...place.newTask(), '--approve-all', '--pipeline', pipeline);
  expect(first.code).toBe(3);
  expect(place.calls()).toEqual([]);
  expect((await place.task()).why).toMatch(/cannot run on this machine; tests: runner-4711 --all could not be run/);
  expect(first.stdout).toMatch(/task retry ET-1[^\n]* {3}looks again/);
  place.install('runner-4711');
  await place.call('task', 'retry', 'ET-1');
  const second = await place.call('run', '--repo', place.repository, '--id', 'ET-1');
  expect({ code: second.code, calls: place.visits() }).toEqual({ code: 0, calls: ['development.1'] });
});

test('who lets the agents work all the same is asked again by the gate', async () => {
  const place = await startPlace();
  const pipeline = place.pipeline(judgedBy('runner-4711'));
  await place.call(...place.newTask(), '--approve-all', '--pipeline', pipeline);
  await place.call('task', 'approve', 'ET-1');
  const { code } = await place.call('run', '--repo', place.repository, '--id', 'ET-1');
  expect({ code, calls: place.visits() }).toEqual({ code: 3, calls: ['development.1'] });
  expect(await place.task()).toMatchObject({ why: expect.stringMatching(/tests: inconclusive/) });
});

test('what fails before any change is told, and an agent works on it', async () => {
  const place = await startPlace();
  place.install('runner-4711', 'grep -q "\\* " total.sh');
  const pipeline = place.pipeline(judgedBy('runner-4711'));
  const { code } = await place.call(...place.newTask(), '--approve-all', '--pipeline', pipeline);
  expect(code).toBe(0);
  expect((await place.task()).noticed).toMatchObject([
    { text: expect.stringMatching(/^tests fails on main before any change: runner-4711 failed with exit code 1/) },
  ]);
});

test('what is going to be run is said before the first agent', async () => {
  const place = await startPlace();
  writeFileSync(join(place.repository, 'package.json'), '{"name":"a","scripts":{"test":"node --version"}}');
  writeFileSync(
    join(place.repository, 'package-lock.json'),
    '{"name":"a","lockfileVersion":3,"packages":{"":{"name":"a"}}}',
  );
  await place.git(['add', '--all']);
  await place.git(['commit', '--quiet', '-m', 'Test it']);
  const { stdout } = await place.call(...place.newTask(), '--approve-all', '--pipeline', place.pipeline(oneStage()));
  expect(stdout.split('\n').slice(1, 3)).toEqual([
    '  set-up: npm ci (package.json, package-lock.json)',
    '  tests: npm test --silent (package.json, package-lock.json)',
  ]);
});
