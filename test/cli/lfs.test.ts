/** Large files under the real git-lfs: agents and gates see what they hold, pointers land. Skipped where it is not installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PipelineSource } from '../../src/machines/pipeline.ts';
import { makePlace } from './place.ts';

const isHere = spawnSync('git', ['lfs', 'version']).status === 0;

const judged: PipelineSource = {
  name: 'quick',
  stages: [
    { name: 'development', role: 'developer', gates: [{ kind: 'command', name: 'tests', run: ['sh', 'check.sh'] }] },
    {
      name: 'deploy',
      role: 'deployer',
      merge: { onConflict: 'development' },
      gates: [{ kind: 'command', name: 'landed', run: ['sh', 'check.sh'] }],
    },
  ],
};

/** A shop with a picture of 200 kB, and an agent that adds another. */
async function startShop() {
  const place = await makePlace();
  const git = (...args: string[]) => execFileSync('git', args, { cwd: place.repository, encoding: 'utf8' });
  git('lfs', 'install', '--local');
  git('lfs', 'track', '*.png');
  writeFileSync(join(place.repository, 'one.png'), Buffer.alloc(200_000, 7));
  const sizes =
    'test "$(wc -c < one.png)" -eq 200000 && { test ! -e two.png || test "$(wc -c < two.png)" -eq 5000; }\n';
  writeFileSync(join(place.repository, 'check.sh'), sizes);
  git('add', '--all');
  git('commit', '--quiet', '-m', 'Show it');
  const agent = join(place.directory, 'agent.sh');
  const work = 'test -e two.png || head -c 5000 /dev/zero > two.png';
  const report = 'mkdir -p $docs && echo done > $docs/$SIGNALBOX_STAGE.md';
  writeFileSync(agent, `docs=docs/work-items/$SIGNALBOX_WORK_ITEM\n${work}\n${report}\n`);
  const run = () =>
    place.signalbox(
      ...['run', '--repo', place.repository, '--id', 'ET-1', '--title', 'Show another', '--agent', `sh ${agent}`],
      ...['--approve-all', '--pipeline', place.pipeline(judged)],
    );
  return { ...place, git, run };
}

test.runIf(isHere)('agents and gates see the files, and pointers land', async () => {
  const place = await startShop();
  const { code, stdout } = await place.run();
  expect({ code, stdout }).toMatchObject({ code: 0 });
  expect(place.git('cat-file', '-p', 'main:two.png')).toMatch(/^version https:\/\/git-lfs.*size 5000$/ms);
  expect(place.git('lfs', 'fsck')).toMatch(/OK/);
});

test.runIf(isHere)('a file that is neither here nor to be had is told before an agent works', async () => {
  const place = await startShop();
  rmSync(join(place.repository, '.git/lfs/objects'), { recursive: true });
  expect((await place.run()).code).not.toBe(0);
  expect((await place.task()).why).toMatch(/could not be prepared.*one\.png/s);
});
