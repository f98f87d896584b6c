/** A lock in the user's repository: it is named, with its age and its owner, and the work is done when it is gone. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { gitIn } from '../../src/actors/git.ts';
import { describeLock, lockIn, orLater } from '../../src/actors/git-lock.ts';
import { createProject } from './repository.ts';

test('a lock that stays is what the work waits for, by its file, its age and who holds it', async () => {
  const { repository, first } = createProject();
  const lock = join(repository, '.git/refs/heads/new.lock');
  const file = openSync(lock, 'w');
  onTestFinished(() => closeSync(file));
  const anHourAgo = Date.now() / 1_000 - 3_600;
  utimesSync(lock, anHourAgo, anHourAgo);
  const work = () => orLater(() => gitIn(repository)(['update-ref', 'refs/heads/new', first]));
  expect(await work()).toEqual({
    result: 'away',
    why: expect.stringMatching(
      new RegExp(
        `^git update-ref waits in ${repository}: ${lock} is locked, for 1h 00m by now, by .+ \\(pid ${process.pid}\\)\\.$`,
      ),
    ),
    retryAt: null,
  });
  rmSync(lock);
  expect(await work()).toBe('');
});

test('one that nobody holds says so, with what can be done', async () => {
  const { repository } = createProject();
  const lock = join(repository, '.git/config.lock');
  writeFileSync(lock, '');
  expect(describeLock(lock)).toMatch(
    /config\.lock is locked, for \S+ by now; nobody who holds it can be seen: remove it if no git is at work there$/,
  );
  const env = { ...process.env, LC_ALL: 'C' };
  const { stderr } = spawnSync('git', ['config', 'a.b', 'c'], { cwd: repository, encoding: 'utf8', env });
  expect(lockIn(stderr)).toMatch(/config\.lock$/);
});

test('what is no lock is a failure as before', async () => {
  const { repository } = createProject();
  await expect(orLater(() => gitIn(repository)(['update-ref', 'refs/heads/new', 'none']))).rejects.toMatchObject({
    reason: 'gitFailed',
  });
});
