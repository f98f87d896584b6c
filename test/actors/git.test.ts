/** Git here obeys no program that an agent has written into the configuration of its repository. */
import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitIn, isAncestor, notedGitDirs, noteGitDirs } from '../../src/actors/git.ts';
import { commitFiles, createProject, git, write } from './repository.ts';

test('an object that is missing is fetched from nowhere, by no program', async () => {
  const { directory, repository, first } = createProject();
  const second = commitFiles(repository, { 'a.txt': 'a' });
  const [program, mark] = [join(directory, 'evil.sh'), join(directory, 'ran')];
  writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\nexit 1\n`);
  chmodSync(program, 0o755);
  rmSync(join(repository, '.git/objects', first.slice(0, 2)), { recursive: true });
  for (const url of [directory, 'ssh://host/a.git', 'git://127.0.0.1:9/a.git', `ext::${program}`]) {
    const remote = `[remote "evil"]\n\turl = ${url}\n\tpromisor = true\n\tuploadpack = ${program}\n`;
    const settings = `[extensions]\n\tpartialClone = evil\n[core]\n\tgitProxy = ${program}\n\tsshCommand = ${program}\n`;
    appendFileSync(join(repository, '.git/config'), settings + remote);
    expect(await isAncestor(gitIn(repository), first, second)).toBe(false);
    expect(existsSync(mark)).toBe(false);
    git(repository, 'config', '--remove-section', 'remote.evil');
  }
});

test('what an agent has put into the git directory of its worktree leads git nowhere, and runs nothing', async () => {
  const { directory, repository } = createProject();
  git(repository, 'config', 'extensions.worktreeConfig', 'true');
  const worktree = join(directory, 'worktree');
  git(repository, 'worktree', 'add', '--quiet', worktree);
  await noteGitDirs(worktree);
  const own = notedGitDirs(worktree)!.own;
  const [elsewhere, mark] = [join(directory, 'elsewhere'), join(directory, 'ran')];
  writeFileSync(elsewhere, 'mine');
  for (const name of ['signalbox-publish.index', 'COMMIT_EDITMSG']) symlinkSync(elsewhere, join(own, name));
  writeFileSync(join(own, 'config.worktree'), `[filter "x"]\n\tclean = touch '${mark}' && cat\n`);
  write(worktree, { '.gitattributes': '* filter=x\n', 'a.txt': 'a' });
  const ours = gitIn(worktree);
  await ours(['add', '--all']);
  await ours(['commit', '--quiet', '-m', 'Work']);
  expect(existsSync(mark)).toBe(false);
  expect(readFileSync(elsewhere, 'utf8')).toBe('mine');
});

test('what an agent has set in place of a commit, or as its parents, is not taken for it', async () => {
  const { repository, first } = createProject();
  const second = commitFiles(repository, { 'a.txt': 'a' });
  const other = git(repository, 'commit-tree', `${first}^{tree}`, '-m', 'Other');
  git(repository, 'replace', second, other);
  writeFileSync(join(repository, '.git/info/grafts'), `${first} ${other}\n`);
  const ours = gitIn(repository);
  expect(await ours(['ls-tree', '--name-only', second])).toContain('a.txt');
  expect(await isAncestor(ours, first, second)).toBe(true);
  expect(await isAncestor(ours, other, first)).toBe(false);
});
