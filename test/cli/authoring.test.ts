/** What an author of a pipeline or a prompt looks at before anybody pays for an agent. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePlace } from './place.ts';

test('a pipeline is drawn by its stages, and by its states when that is asked for', async () => {
  const place = await makePlace();
  const { stdout } = await place.signalbox('pipeline', 'show', 'default');
  expect(stdout).toContain('  development: tests, a command\n');
  expect(stdout).toContain('  architecture --> analysis: the agent objects, 3 times, then a person decides\n');
  const boxes = new Set([...stdout.matchAll(/^ {2}(\w+):/gm)].map(([, box]) => box));
  expect([...boxes]).toEqual(['analysis', 'architecture', 'development', 'review', 'testing', 'deploy']);
  const states = await place.signalbox('pipeline', 'show', 'default', '--detail', 'states');
  expect(states.stdout).toContain('development_gating');
  const wrong = await place.signalbox('pipeline', 'show', 'default', '--detail', 'all');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/"all".*stages and states/)]);
});

test('a prompt is shown as an agent would get it, with the templates of the repository', async () => {
  const place = await makePlace();
  const shown = await place.signalbox(
    'prompt',
    'render',
    'review',
    '--title',
    'Totals are wrong',
    '--body',
    'See mail.',
  );
  expect([shown.code, shown.stderr]).toEqual([0, '# prompts/review.md\n']);
  for (const part of ['Totals are wrong', 'See mail.', 'You are the reviewer', '12-review.md'])
    expect(shown.stdout).toContain(part);

  mkdirSync(join(place.repository, '.signalbox/prompts'), { recursive: true });
  writeFileSync(join(place.repository, '.signalbox/prompts/review.md'), 'Look at {{ branch }}{{ feedback.text }}');
  await place.git(['add', '-A', '-f']);
  await place.git(['-c', 'user.name=a', '-c', 'user.email=a@localhost', 'commit', '-qm', 'Own prompts']);
  const own = await place.signalbox(
    'prompt',
    'render',
    'review',
    '--repo',
    place.repository,
    '--feedback',
    'Too long.',
  );
  expect(own.stderr).toBe('# .signalbox/prompts/review.md\n');
  expect(own.stdout).toMatch(/^Look at feature\/ET-1[\s\S]*Too long\./);
  const wrong = await place.signalbox('prompt', 'render', 'reviw');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('the nearest are review')]);
});

test('a dry run says who would play which stage and what would happen, and makes nothing', async () => {
  const place = await makePlace();
  const { code, stdout } = await place.signalbox(...place.newTask(), '--dry-run');
  expect(code, stdout).toBe(0);
  expect(stdout).toContain(`Nothing is made. It would work in ${place.repository} by the pipeline default`);
  expect(stdout).toContain('tests: npm test --silent');
  expect(stdout).toMatch(/^development {2}developer, played by agent-all-roles-sh$/m);
  const order = ['requirements passes', 'a person approves', 'development changes the code', 'it is merged'];
  const places = order.map(line => stdout.indexOf(`  ${line}\n`));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
  expect(stdout).toContain('It would end as done');
  expect(existsSync(place.data)).toBe(false);
  expect(place.visits()).toEqual([]);
  expect(await place.git(['branch', '--list', 'feature/*'])).toBe('');
  // What would be refused is refused.
  const wrong = await place.signalbox(
    'run',
    '--repo',
    place.repository,
    '--title',
    'x',
    '--agent',
    'no-such',
    '--dry-run',
  );
  expect(wrong.code).toBe(2);
  const asked = JSON.parse((await place.signalbox(...place.newTask(), '--dry-run', '--json')).stdout);
  expect(asked.steps.at(-1)).toEqual({ says: 'it is merged', stage: 'landing', to: 'done' });
});
