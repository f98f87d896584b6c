/** Whoever types nothing is told what is here, and the one command that begins. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePlace } from './place.ts';

async function placeWithAgents(...names: string[]) {
  const place = await makePlace();
  const bin = join(place.directory, 'bin');
  const home = join(place.directory, 'home');
  for (const folder of [bin, home]) mkdirSync(folder);
  for (const name of names) {
    writeFileSync(join(bin, name), '#!/bin/sh\nexit 1\n');
    chmodSync(join(bin, name), 0o755);
  }
  // Only these agents are there, whatever this machine has.
  const look = (cwd: string, env: Record<string, string> = {}) =>
    place.begin([], { cwd, env: { PATH: `${bin}:/usr/bin:/bin`, HOME: home, ...env } });
  return { place, home, look };
}

test('in a repository it says how work would be tested, which agents are logged in, and how to begin', async () => {
  const { place, home, look } = await placeWithAgents('claude', 'codex');
  mkdirSync(join(home, '.claude'));
  writeFileSync(join(home, '.claude/.credentials.json'), '{}');
  const { code, stdout } = await look(place.repository);
  expect(code).toBe(0);
  expect(stdout).toContain(`✓ repository ${place.repository}; work is merged into main`);
  expect(stdout).toContain('✓ tested with npm test --silent');
  expect(stdout).toMatch(/✓ agent claude, logged in by .*credentials\.json/);
  expect(stdout).toMatch(/! agent codex is installed; no login was found: log in, or set \w+/);
  expect(stdout).toMatch(/Begin with\n {4}signalbox run --title "What is to be done" --agent claude\n/);
  // Nothing was made by looking.
  expect((await place.git(['status', '--porcelain'])).trim()).toBe('');
});

test('outside of one, or without an agent, the demo needs neither', async () => {
  const { place, look } = await placeWithAgents();
  for (const cwd of [place.directory, place.repository])
    expect((await look(cwd)).stdout).toMatch(/no agent is installed[\s\S]*Begin with\n {4}signalbox demo\n/);
});

test('what waits for a person comes first', async () => {
  const { place, look } = await placeWithAgents('claude');
  await place.signalbox(...place.newTask());
  const { stdout } = await look(place.repository, { SIGNALBOX_DATA: place.data });
  expect(stdout).toContain('1 task waits for a person');
  expect(stdout).toMatch(/Begin with\n {4}signalbox task list --waiting\n/);
});
