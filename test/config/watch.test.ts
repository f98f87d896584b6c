import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { type WatchOptions, watchConfig } from '../../src/config/watch.ts';
import type { SignalboxError } from '../../src/domain/errors.ts';
import { configPlace } from './files.ts';

const poll = { timeout: 10_000, interval: 5 };
const name = 'signalbox.config.yaml';

/** A watched place, with what the watcher has told. */
async function watched(files: Record<string, string>, options: Partial<WatchOptions> = {}) {
  const place = configPlace(files);
  const source = { cwd: place.directory, env: {}, ...options };
  const { config } = await loadConfig(source);
  const changes: Config[] = [];
  const problems: SignalboxError[] = [];
  const warnings: string[][] = [];
  const watch = watchConfig({
    ...source,
    current: config,
    debounceMs: 5,
    onChange: loaded => {
      changes.push(loaded.config);
      warnings.push(loaded.warnings);
    },
    onProblem: error => void problems.push(error),
    ...options,
  });
  onTestFinished(() => watch.close());
  return {
    ...place,
    watch,
    changes,
    warnings,
    problems,
    changed: (count: number) => vi.waitUntil(() => changes.length >= count, poll),
    refused: (count: number) => vi.waitUntil(() => problems.length >= count, poll),
  };
}

test('a changed file is taken over', async () => {
  const { write, changed, changes, warnings } = await watched({ [name]: 'priority: 3' });
  write(name, 'priority: 4\nagents: { a: { kind: claude, set: { A: "$' + '{NOPE}" } } }');
  await changed(1);
  expect(changes[0]?.priority).toBe(4);
  expect(warnings[0]?.[0]).toMatch(/NOPE is not set/);
  write(name, 'priority: 5');
  await changed(2);
  expect(changes[1]?.priority).toBe(5);
});

test('an editor that puts a new file in the place of the old one is noticed', async () => {
  const { write, directory, changed, changes } = await watched({ [name]: 'priority: 3' });
  for (const priority of [4, 5]) {
    renameSync(join(directory, name), join(directory, `${name}~`));
    renameSync(write('4913.tmp', `priority: ${priority}`), join(directory, name));
    await changed(priority - 3);
  }
  expect(changes.at(-1)?.priority).toBe(5);
});

test('a broken file is reported once and changes nothing; the next good one counts', async () => {
  const { write, watch, changed, refused, changes, problems } = await watched({ [name]: 'priority: 3' });
  write(name, 'priority: 30');
  await refused(1);
  expect(problems[0]?.message).toMatch(/signalbox\.config\.yaml:1: priority/);
  await watch.reload();
  write(name, 'priority: 30\n# still');
  await watch.reload();
  expect(problems).toHaveLength(1);
  expect(changes).toEqual([]);
  write(name, 'priority: 4');
  await changed(1);
  // The same mistake made again is told again.
  write(name, 'priority: 30');
  await refused(2);
});

test('going back to the configuration in force after a mistake is no change', async () => {
  const { write, watch, refused, changes, problems } = await watched({ [name]: 'priority: 3' });
  write(name, 'priority: 30');
  await refused(1);
  write(name, 'priority: 3');
  await watch.reload();
  expect({ changes, problems: problems.length }).toEqual({ changes: [], problems: 1 });
});

test('content that says the same is no change', async () => {
  const { write, watch, changes, problems } = await watched({ [name]: 'priority: 3' });
  write(name, 'priority: 3');
  await watch.reload();
  write(name, '# a comment\npriority: 3\n');
  await watch.reload();
  expect({ changes, problems }).toEqual({ changes: [], problems: [] });
});

test('a file that goes away leaves the defaults, one that comes is read, and a second beside it is refused', async () => {
  const { write, directory, changed, refused, changes, problems } = await watched({ [name]: 'priority: 3' });
  rmSync(join(directory, name));
  await changed(1);
  expect(changes[0]?.priority).toBe(5);
  write('signalbox.config.json', '{ "priority": 6 }');
  await changed(2);
  expect(changes[1]?.priority).toBe(6);
  write(name, 'priority: 7');
  await refused(1);
  expect(problems[0]?.message).toMatch(/signalbox\.config\.yaml and signalbox\.config\.json/);
  rmSync(join(directory, 'signalbox.config.json'));
  await changed(3);
  expect(changes[2]?.priority).toBe(7);
});

test('a file that was asked for and goes away is a problem, not a return to the defaults', async () => {
  const { directory, refused, changes, problems } = await watched(
    { 'team.yaml': 'priority: 3' },
    { file: 'team.yaml' },
  );
  rmSync(join(directory, 'team.yaml'));
  await refused(1);
  expect(problems[0]?.message).toMatch(/no file "team\.yaml"/);
  expect(changes).toEqual([]);
});

test('a link to a file elsewhere is followed', async () => {
  const place = configPlace({ 'elsewhere/real.yaml': 'priority: 3' });
  mkdirSync(join(place.directory, 'here'));
  symlinkSync('../elsewhere/real.yaml', join(place.directory, 'here', name));
  const { changed, changes } = await watched({}, { cwd: join(place.directory, 'here') });
  place.write('elsewhere/real.yaml', 'priority: 4');
  await changed(1);
  expect(changes[0]?.priority).toBe(4);
});

test.each(['signalbox.config.ts', 'signalbox.config.mjs'])('changed code is imported anew (%s)', async code => {
  const { write, changed, changes } = await watched({ [code]: 'export default { priority: 3 };' });
  for (const priority of [4, 5, 4]) {
    const count = changes.length;
    write(code, `export default { priority: ${priority} };`);
    await changed(count + 1);
    expect(changes.at(-1)?.priority).toBe(priority);
  }
});

test('what changes while it is being watched for the first time is not lost', async () => {
  const place = configPlace({ [name]: 'priority: 3' });
  const { config } = await place.load();
  place.write(name, 'priority: 4');
  const changes: Config[] = [];
  const watch = watchConfig({
    cwd: place.directory,
    env: { HOME: '/home/ann' },
    current: config,
    onChange: ({ config }) => void changes.push(config),
    onProblem: () => {},
  });
  onTestFinished(() => watch.close());
  await watch.reload();
  expect(changes.map(({ priority }) => priority)).toEqual([4]);
});

test('writes that follow each other are read once, when the last is over', async () => {
  const scheduled: (() => void)[] = [];
  let cancelled = 0;
  const schedule = (work: () => void) => {
    scheduled.push(work);
    return () => {
      cancelled += 1;
    };
  };
  const { write, watch, changed, changes } = await watched({ [name]: 'priority: 3' }, { schedule });
  await watch.reload();
  for (const priority of [4, 5, 6]) {
    const count = scheduled.length;
    write(name, `priority: ${priority}`);
    await vi.waitUntil(() => scheduled.length > count, poll);
  }
  expect(cancelled).toBe(scheduled.length - 1);
  expect(changes).toEqual([]);
  scheduled.at(-1)?.();
  await changed(1);
  expect(changes.map(({ priority }) => priority)).toEqual([6]);
});

test('nothing is told once it is closed', async () => {
  const { write, watch, changes, problems } = await watched({ [name]: 'priority: 3' });
  write(name, 'priority: 4');
  watch.close();
  await watch.reload();
  expect({ changes, problems }).toEqual({ changes: [], problems: [] });
});
