/** What a sandboxed command can write in the git directory of its worktree. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { gitIn } from '../../src/actors/git.ts';
import { sandboxed } from '../../src/actors/sandboxed.ts';
import { prepareWorkspace } from '../../src/actors/workspace.ts';
import { noSandbox } from '../../src/domain/agent-spec.ts';
import { hasBubblewrap } from '../support/bubblewrap.ts';
import { temporaryDirectory } from '../support/temporary.ts';
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

test.runIf(hasBubblewrap)("an agent's own script is there without being mounted, and cannot be written", async () => {
  const { directory, prepare, task } = createProject();
  await prepareWorkspace(prepare);
  const { worktree, branch, taskId } = task;
  // In the user's home, which is hidden inside.
  const home = temporaryDirectory();
  const script = join(home, 'own agent.sh');
  const beside = join(home, 'secret');
  writeFileSync(script, 'echo "it runs"; echo x >> "$0" || echo "not written"; cat "$1" || echo "not seen"\n');
  writeFileSync(beside, 'hidden');
  const dataDir = join(directory, 'data');
  const runDir = join(dataDir, 'runs/run-1');
  mkdirSync(runDir, { recursive: true });
  const spec = { ...noSandbox, driver: 'bubblewrap' as const };
  const place = { spec, name: 'run-1', worktree, branch, taskId, dataDir, runDir };
  const env = { PATH: process.env.PATH!, HOME: home };
  const run = (program: readonly string[]) => {
    const wrapped = sandboxed({ ...place, env, argv: ['sh', script, beside], program });
    return execa(wrapped.argv[0]!, wrapped.argv.slice(1), { env: wrapped.env, extendEnv: false, reject: false });
  };
  const { stdout } = await run(['sh', script]);
  expect(stdout).toBe('it runs\nnot written\nnot seen');
  // What nobody has named is not shown.
  expect((await run([])).stdout).toBe('');
});
