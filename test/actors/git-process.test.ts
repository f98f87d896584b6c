/** A git that hangs, or is killed alone, holds nobody and leaves nothing behind. The programs are real. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { gitIn } from '../../src/actors/git.ts';
import { endHurry, hurryGits } from '../../src/actors/git-process.ts';
import { steadily } from '../../src/actors/steadily.ts';
import { createProject, write } from './repository.ts';

/** A repository whose filter for one file writes down its process and hangs. */
function hangingFilter() {
  const { directory, repository } = createProject();
  const pidFile = join(directory, 'pid');
  const program = join(directory, 'filter.sh');
  writeFileSync(program, `#!/bin/sh\necho $$ > '${pidFile}'\ntrap '' TERM\nsleep 1000 & wait\nsleep 1000\n`, {
    mode: 0o755,
  });
  writeFileSync(join(repository, '.git/info/attributes'), '*.txt filter=slow\n');
  const git = gitIn(repository);
  write(repository, { 'a.txt': 'a' });
  const isLeft = () => existsSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}`);
  return { git, isLeft, pidFile, begin: () => git(['config', 'filter.slow.clean', program]) };
}

const until = (isTrue: () => boolean) =>
  vi.waitFor(() => expect(isTrue()).toBe(true), { timeout: 10_000, interval: 10 });

test('a git that does not end is ended at its limit, with the filter that it waits for', async () => {
  const { git, isLeft, begin } = hangingFilter();
  await begin();
  await expect(git(['add', '--all'], { limitMs: 300 })).rejects.toMatchObject({
    reason: 'gitTooSlow',
    message: expect.stringMatching(/^git add in \S+ did not end within \S+ and was ended; a filter/),
  });
  await until(() => !isLeft());
});

test('an interruption cuts off what hangs, and the work comes to nothing rather than to a failure', async () => {
  const { git, isLeft, begin, pidFile } = hangingFilter();
  onTestFinished(endHurry);
  await begin();
  const answers: string[] = [];
  void steadily(() => git(['add', '--all'])).then(
    () => answers.push('done'),
    () => answers.push('failed'),
  );
  await until(() => existsSync(pidFile));
  await hurryGits(50);
  await until(() => !isLeft());
  expect(answers).toEqual([]);
  // And whoever comes later is in as much of a hurry.
  await expect(git(['add', '--all'])).rejects.toMatchObject({ reason: 'gitCutOff' });
});

test('work whose git is killed alone is done again, three times at the most', async () => {
  const { repository, directory } = createProject();
  const git = gitIn(repository);
  const count = join(directory, 'count');
  const killed = ['-c', `alias.die=!echo x >> '${count}'; [ $(wc -l < '${count}') -gt 2 ] || kill -9 $PPID`, 'die'];
  await expect(git(killed)).rejects.toMatchObject({ reason: 'gitKilled' });
  await steadily(() => git(killed));
  expect(readFileSync(count, 'utf8')).toBe('x\nx\nx\n');
  writeFileSync(count, '');
  const always = ['-c', `alias.die=!echo x >> '${count}'; kill -9 $PPID`, 'die'];
  await expect(steadily(() => git(always))).rejects.toMatchObject({ reason: 'gitKilled' });
  expect(readFileSync(count, 'utf8')).toBe('x\nx\nx\n');
});

test('only as much is read as is wanted', async () => {
  const { repository } = createProject();
  write(repository, { 'a.txt': 'a'.repeat(100_000) });
  const git = gitIn(repository);
  await git(['add', '--all']);
  const shown = await git.result(['show', ':a.txt'], { mostBytes: 10 });
  expect(shown).toMatchObject({ code: 0, stdout: 'a'.repeat(10), isCut: true });
});
