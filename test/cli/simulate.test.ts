/** `signalbox simulate`, at a terminal and in a build. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePlace } from './place.ts';

async function startTrial() {
  const place = await makePlace();
  const write = (name: string, text: string) => writeFileSync(join(place.directory, name), text);
  return { ...place, write, simulate: (...args: string[]) => place.signalbox('simulate', ...args) };
}

test('tells how a pipeline ends, how long it takes and what it costs; the same seed tells the same', async () => {
  const place = await startTrial();
  const { code, stdout, stderr } = await place.simulate('--runs', '4', '--seed', '1');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^default: 12 tasks in 4 walks, seeds 1–4$/m);
  expect(stdout).toMatch(/^ {2}done +\d+ +\d+\.\d %$/m);
  expect(stdout).toMatch(/^cost +\$\d+\.\d\d +\$\d+\.\d\d +\$\d+\.\d\d$/m);
  expect(stdout).toMatch(/^development +\d\.\d +\d+m +\$\d+\.\d\d$/m);
  expect(stdout).toMatch(/agent runs at the most here; at most 168 by the check\.$/m);
  expect(stdout).toMatch(/signalbox simulate default --seed \d --runs 1$/m);
  expect(stdout).toMatch(/^✓ Every promise was kept\.$/m);
  expect(stderr).toBe('');
  expect((await place.simulate('--runs', '4', '--seed', '1')).stdout).toBe(stdout);
});

test('one walk is told as a story, in the time of its world', async () => {
  const place = await startTrial();
  const { stdout } = await place.simulate('default', '--seed', '1', '--runs', '1', '--tasks', '1');
  expect(stdout).toMatch(/^The walk of seed 1, in January 2026, UTC$/m);
  expect(stdout).toMatch(/^Mon 05 \d\d:\d\d {2}T-1 +analysis begins$/m);
  expect(stdout).toMatch(/^\w{3} \d\d \d\d:\d\d {2}T-1 +ann: approve$/m);
  expect(stdout).toMatch(/T-1 +is merged: the target is main\+T-1\.\d/m);
});

test('a world says how things go: scripts, verdicts, people and hours', async () => {
  const place = await startTrial();
  place.write(
    'world.yaml',
    [
      'tasks: 1',
      'others: 0',
      'crashes: 0',
      'agents: { works: 10m, costs: 2, ends: { succeeded: 1 }, asks: 0, objects: 0 }',
      'stages: { development: { script: [permanent, stalled, succeeded], costs: 5 } }',
      'gates: { tests: { pass: 1 }, review: { pass: 1 }, requirements: { pass: 1 }, design: { pass: 1 } }',
      'people: { from: "20:00", to: "21:00", days: [thu], meddles: 0 }',
    ].join('\n'),
  );
  const { stdout } = await place.simulate('--world', 'world.yaml', '--runs', '1', '--seed', '3');
  expect(stdout).toMatch(/^Mon 05 .* waits for a person's approval/m);
  expect(stdout).toMatch(/^Thu 08 20:\d\d .*ann: approve$/m);
  const [, approved] = stdout.split('ann: approve\n');
  expect(approved).toMatch(
    /the agent did not finish|the agent has ended: permanent|stalled|got nowhere|printed nothing/,
  );
  const json = JSON.parse(
    (await place.simulate('--world', 'world.yaml', '--runs', '2', '--seed', '3', '--json')).stdout,
  );
  expect(json).toMatchObject({ pipeline: 'default', runs: 2, seed: 3, tasks: 2, crashes: 0, broken: [] });
  expect(json.gates).toContainEqual({ gate: 'tests', judged: expect.any(Number), refused: 0, unsure: 0 });
});

test('a pipeline of its own, and one at a forge whose deliveries are lost', async () => {
  const place = await startTrial();
  place.write(
    'own.yaml',
    [
      'name: own',
      'stages:',
      '  - { name: build, role: builder, gates: [{ kind: ci, name: builds }] }',
      '  - { name: ship, role: shipper, merge: { onConflict: build }, gates: [{ kind: verdict, name: shipped, file: a.md, pass: ["YES"] }] }',
    ].join('\n'),
  );
  const { code, stdout } = await place.simulate('own.yaml', '--runs', '2', '--seed', '5', '--ci');
  expect(stdout).not.toMatch(/refutes/);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^own: 6 tasks in 2 walks/m);
  expect(stdout).toMatch(/^Survived: \d+ kills? at [\d,]+ writes; \d+ of \d+ deliveries lost, \d+ doubled, \d+ late$/m);
});

test('of a pipeline that does not hold it says so', async () => {
  const place = await startTrial();
  place.write(
    'skips.yaml',
    [
      'name: skips',
      'stages:',
      '  - { name: build, role: builder, next: done, gates: [{ kind: command, name: tests }] }',
      '  - { name: review, role: reviewer, gates: [{ kind: approval, name: approved }] }',
    ].join('\n'),
  );
  const { code, stdout } = await place.simulate('skips.yaml', '--runs', '1', '--seed', '1', '--ci');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✗ The check refutes this pipeline: review is never reached unless/m);
});

test('what makes no sense is refused, with the place and what may stand there', async () => {
  const place = await startTrial();
  place.write('bad.yaml', 'tasks: 2\npeople: { from: "19:00", to: "08:00" }\nagents: { ends: { exploded: 1 } }\n');
  const bad = await place.simulate('--world', 'bad.yaml');
  expect(bad.code).toBe(2);
  expect(bad.stderr).toMatch(/bad\.yaml:2.*people\.to.*people go home after they have come/s);
  expect(bad.stderr).toMatch(/bad\.yaml:3/);
  place.write('other.yaml', 'stages: { coding: { works: 5m } }\n');
  const unknown = await place.simulate('--world', 'other.yaml');
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toMatch(/stages coding: there are analysis, architecture, development/);
  expect((await place.simulate('--runs', 'many')).stderr).toMatch(/--runs "many" is no whole number from 1 to/);
  expect((await place.simulate('nope')).code).toBe(2);
});
