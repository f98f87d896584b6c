/** What a sandboxed command can write in the git directory of its worktree. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { gitIn } from '../../src/actors/git.ts';
import { sandboxed } from '../../src/actors/sandboxed.ts';
import { prepareWorkspace } from '../../src/actors/workspace.ts';
import { noSandbox } from '../../src/domain/agent-spec.ts';
import { hasBubblewrap } from '../support/bubblewrap.ts';
import { createProject, git } from './repository.ts';

test.runIf(hasBubblewrap)('settings of its own worktree are none of them, also while git looks at it', async () => {
  const { directory, repository, prepare, task } = createProject();
  git(repository, 'config', 'extensions.worktreeConfig', 'true');
  await prepareWorkspace(prepare);
  const { worktree, branch, taskId } = task;
  const own = git(worktree, 'rev-parse', '--absolute-git-dir');
  const runDir = join(directory, 'runs/run-1');
  mkdirSync(runDir, { recursive: true });
  const attack =
    'git config --worktree core.fsmonitor x; cd "$1"; echo x > config.worktree; rm -f config.worktree; mv config.worktree y; exit 0';
  const place = {
    spec: { ...noSandbox, driver: 'bubblewrap' as const },
    name: 'run-1',
    worktree,
    branch,
    taskId,
    runDir,
  };
  const command = () =>
    sandboxed({
      ...place,
      dataDir: directory,
      env: { PATH: process.env.PATH! },
      argv: ['sh', '-c', attack, 'sh', own],
    });
  for (const _ of ['first', 'again']) {
    const { argv, env } = command();
    await gitIn(worktree)(['status']);
    await execa(argv[0]!, argv.slice(1), { env, extendEnv: false });
    await gitIn(worktree)(['status']);
    expect(readFileSync(join(own, 'config.worktree'), 'utf8')).toBe('');
  }
  expect(git(worktree, 'config', '--list')).not.toContain('fsmonitor');
});
