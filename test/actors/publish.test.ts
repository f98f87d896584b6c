/** Committing what an agent has left to the task's branch. */
import { chmodSync, mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitIn } from '../../src/actors/git.ts';
import { codeTreeOf } from '../../src/actors/listing.ts';
import { publish } from '../../src/actors/publish.ts';
import { prepareWorkspace, removeWorkspace } from '../../src/actors/workspace.ts';
import type { Unpublished } from '../../src/machines/task/context.ts';
import { commitFiles, createProject, filesOf, git, hiddenRefs, published, read, write } from './repository.ts';

const documents = 'docs/work-items/ET-1';

async function startWork() {
  const project = createProject();
  const prepared = await prepareWorkspace(project.prepare);
  const more = { stage: 'development', role: 'developer', title: 'Add the thing', questions: null, objection: null };
  const input = { ...project.task, ...more, head: prepared.head };
  return { ...project, ...prepared, worktree: project.task.worktree, input };
}

test('commits everything that was left, in the name of the role, and says for which task', async () => {
  const { worktree, head: before, input } = await startWork();
  write(worktree, { 'src/code.txt': 'changed\n', [`${documents}/analysis.md`]: 'An analysis.\n' });
  const { head } = await published(input);
  expect(git(worktree, 'rev-parse', `${head}^`)).toBe(before);
  expect(git(worktree, 'rev-parse', input.branch)).toBe(head);
  expect(git(worktree, 'status', '--porcelain')).toBe('');
  expect(filesOf(worktree, head)).toMatchObject({
    'src/code.txt': 'changed',
    [`${documents}/analysis.md`]: 'An analysis.',
  });
  expect(git(worktree, 'log', '-1', '--format=%an|%s|%(trailers:key=Signalbox-Task,valueonly)').trim()).toBe(
    'Signalbox developer|ET-1: development|task-1',
  );
});

test('again does nothing and answers the same', async () => {
  const { worktree, input } = await startWork();
  write(worktree, { 'src/code.txt': 'changed\n' });
  const first = await published(input);
  expect(await publish(input)).toEqual(first);
  expect(git(worktree, 'rev-list', '--count', 'main..HEAD')).toBe('1');
});

test('with nothing new publishes what is there', async () => {
  const { head, codeTree, input } = await startWork();
  expect(await publish(input)).toEqual({ head, codeTree, questions: null, objection: null, requests: [], noticed: [] });
});

test("takes the agent's own commits, and what it left uncommitted on top of them", async () => {
  const { worktree, input } = await startWork();
  const own = commitFiles(worktree, { 'own.txt': 'mine' }, 'My own commit');
  expect(await publish(input)).toMatchObject({ head: own });
  write(worktree, { 'more.txt': 'more' });
  const { head } = await published(input);
  expect(git(worktree, 'rev-parse', `${head}^`)).toBe(own);
});

test.each([
  ['a branch of its own', ['checkout', '--quiet', '-b', 'elsewhere']],
  ['a detached head', ['checkout', '--quiet', '--detach']],
])('takes what was done on %s where that only adds to the branch, and the branch follows', async (_, away) => {
  const { worktree, repository, head: before, input } = await startWork();
  git(worktree, ...away);
  const own = commitFiles(worktree, { 'own.txt': 'mine' });
  write(worktree, { 'more.txt': 'more' });
  const { head } = await published(input);
  expect(git(repository, 'rev-parse', input.branch)).toBe(head);
  expect(git(worktree, 'symbolic-ref', '--short', 'HEAD')).toBe(input.branch);
  expect(git(repository, 'rev-list', `${before}..${head}`).split('\n')).toEqual([head, own]);
});

test.each([
  ['an amended commit', (worktree: string) => git(worktree, 'commit', '--quiet', '--amend', '-m', 'Otherwise')],
  ['a branch beside it', (worktree: string) => git(worktree, 'checkout', '--quiet', '-b', 'beside', 'main')],
])('refuses %s, keeps what was made, and moves nothing', async (_, leave) => {
  const { worktree, repository, input } = await startWork();
  write(worktree, { 'first.txt': 'first' });
  const { head } = await published(input);
  leave(worktree);
  write(worktree, { 'lost.txt': 'lost' });
  const tip = git(repository, 'rev-parse', input.branch);
  const refused = await publish({ ...input, head });
  expect(refused).toMatchObject({ result: 'refused', isAdrift: true });
  expect(git(repository, 'rev-parse', input.branch)).toBe(tip);
  const kept = hiddenRefs(repository).find(({ ref }) => ref.includes('adrift-development'))!;
  expect((refused as Unpublished).detail).toContain(kept.ref);
  expect(filesOf(repository, kept.commit)).toMatchObject({ 'lost.txt': 'lost' });
});

/** What nobody else could use, as agents leave it; the path that has to be named. */
const unusable: Record<string, [(worktree: string) => void, RegExp]> = {
  'a conflict that is not solved': [
    worktree => {
      git(worktree, 'branch', 'side');
      commitFiles(worktree, { 'src/code.txt': 'ours\n' });
      git(worktree, 'checkout', '--quiet', '-b', 'theirs', 'side');
      const theirs = commitFiles(worktree, { 'src/code.txt': 'theirs\n' });
      git(worktree, 'checkout', '--quiet', 'signalbox/ET-1');
      expect(() => git(worktree, 'merge', theirs)).toThrow();
    },
    /conflicts are not solved in src\/code\.txt/,
  ],
  'markers of a conflict': [
    worktree => write(worktree, { 'src/code.txt': 'one\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> side\n' }),
    /src\/code\.txt has conflict markers/,
  ],
  'markers that it has committed': [
    worktree => commitFiles(worktree, { 'new.txt': '<<<<<<< HEAD\na\n=======\nb\n>>>>>>> side\n' }),
    /new\.txt has conflict markers/,
  ],
  'a repository inside': [
    worktree => {
      mkdirSync(join(worktree, 'vendor/lib'), { recursive: true });
      git(join(worktree, 'vendor/lib'), 'init', '--quiet');
      commitFiles(join(worktree, 'vendor/lib'), { 'a.txt': 'a' });
    },
    /vendor\/lib is a repository of its own/,
  ],
  'an empty repository inside': [
    worktree => {
      mkdirSync(join(worktree, 'empty'));
      git(join(worktree, 'empty'), 'init', '--quiet');
      write(join(worktree, 'empty'), { 'a.txt': 'a' });
    },
    /empty is a repository of its own/,
  ],
  'a commit of another repository that it has committed': [
    worktree => {
      mkdirSync(join(worktree, 'lib'));
      git(join(worktree, 'lib'), 'init', '--quiet');
      commitFiles(join(worktree, 'lib'), { 'a.txt': 'a' });
      commitFiles(worktree, {}, 'Add the library');
    },
    /lib is committed as another repository's commit/,
  ],
  'a symlink to a place of this machine': [
    worktree => symlinkSync('/etc/hostname', join(worktree, 'src/host')),
    /src\/host is a symlink out of the repository, to \/etc\/hostname/,
  ],
  'a symlink that leads out': [
    worktree => symlinkSync('../../secrets', join(worktree, 'src/up')),
    /src\/up is a symlink out/,
  ],
  'a huge file': [
    worktree => {
      writeFileSync(join(worktree, 'core.4711'), '');
      truncateSync(join(worktree, 'core.4711'), 60_000_000);
    },
    /core\.4711 has 57\.2MB/,
  ],
  'a rebase that was begun': [
    worktree => {
      git(worktree, 'branch', 'side');
      commitFiles(worktree, { 'src/code.txt': 'ours\n' });
      git(worktree, 'checkout', '--quiet', '-b', 'theirs', 'side');
      commitFiles(worktree, { 'src/code.txt': 'theirs\n' });
      git(worktree, 'checkout', '--quiet', 'signalbox/ET-1');
      expect(() => git(worktree, 'rebase', 'theirs')).toThrow();
      git(worktree, 'add', '.');
    },
    /a rebase is half done/,
  ],
};

test.each(Object.entries(unusable))('refuses %s, names it, and leaves all as it is', async (_, [leave, names]) => {
  const { worktree, repository, head, input } = await startWork();
  write(worktree, { 'good.txt': 'good' });
  leave(worktree);
  const state = () => [git(repository, 'for-each-ref', 'refs/heads'), git(worktree, 'status', '--porcelain')];
  const before = state();
  expect(await publish({ ...input, head })).toMatchObject({
    ...{ result: 'refused', isAdrift: false },
    detail: expect.stringMatching(names),
  });
  expect(state()).toEqual(before);
});

test("what the target has already is nobody's fault here", async () => {
  const { worktree, repository, input } = await startWork();
  symlinkSync('/etc/hostname', join(repository, 'host'));
  commitFiles(repository, { 'docs/merging.md': '<<<<<<< a\n=======\n>>>>>>> b\n' });
  git(worktree, 'merge', '--quiet', 'main');
  write(worktree, { 'good.txt': 'good', 'heading.md': 'Totals\n=======\n' });
  expect(await publish(input)).toMatchObject({ head: expect.any(String) });
});

test('caches of tools, notes of agents and worktrees of this repository are left out, and told', async () => {
  const { worktree, repository, input } = await startWork();
  const noise = ['src/__pycache__/a.pyc', '.pytest_cache/v/x', '.aider.chat.history.md', 'node_modules/a/index.js'];
  write(worktree, Object.fromEntries([...noise, 'good.txt'].map(file => [file, 'x'])));
  git(worktree, 'worktree', 'add', '--quiet', '-b', 'helper', '.claude/worktrees/helper');
  const { head, noticed } = await published(input);
  expect(Object.keys(filesOf(worktree, head)).toSorted()).toEqual(['README.md', 'good.txt', 'src/code.txt']);
  for (const path of [
    '.aider.chat.history.md',
    '.claude/worktrees/helper',
    '.pytest_cache',
    'node_modules',
    'src/__pycache__',
  ])
    expect(noticed!.join()).toContain(path);
  expect(git(repository, 'rev-parse', 'helper')).toMatch(/^[0-9a-f]{40}$/);
});

test('what git ignores is told, and kept when the worktree goes; caches, products and what a hook made are not', async () => {
  const project = createProject();
  commitFiles(project.repository, { '.gitignore': 'lib/\n*.log\ndist/\n.env\n' });
  const { worktree, repository } = project.task;
  const hook = { run: ['true'], timeLimitMs: 1_000 };
  const prepared = await prepareWorkspace(
    { ...project.prepare, hook },
    { runHook: async () => write(worktree, { '.env': 'a' }) },
  );
  write(worktree, { 'lib/answer.sh': 'echo 42', 'debug.log': 'x', 'dist/a.js': 'x', 'good.txt': 'good' });
  const more = { stage: 'development', role: 'developer', title: 'Add the thing', questions: null, objection: null };
  const { noticed } = await published({ ...project.task, ...more, head: prepared.head });
  expect(noticed).toEqual(['ignored by git, so in no commit, and no gate sees it: lib/']);
  await removeWorkspace({ ...project.task });
  const kept = hiddenRefs(repository).find(({ ref }) => ref.endsWith('/ignored'))!;
  expect(filesOf(repository, kept.commit)).toEqual({ 'lib/answer.sh': 'echo 42' });
});

test('a repository that keeps its node_modules has them committed', async () => {
  const { worktree, input } = await startWork();
  commitFiles(worktree, { 'node_modules/a/index.js': 'a' });
  write(worktree, { 'node_modules/b/index.js': 'b' });
  expect(filesOf(worktree, (await published(input)).head)).toHaveProperty('node_modules/b/index.js');
});

test('what a hook has made, and files that git shows as changed for their line endings, are no work of an agent', async () => {
  const project = createProject();
  commitFiles(project.repository, { 'old.txt': 'a\r\nb\r\n' });
  commitFiles(project.repository, { '.gitattributes': '* text=auto\n' });
  git(project.repository, 'checkout', '--quiet', '--', '.');
  const hook = { run: ['true'], timeLimitMs: 1_000 };
  const made = { 'vendor/dep/index.js': 'x', 'settings.local': 'a' };
  const { worktree } = project.task;
  const prepared = await prepareWorkspace({ ...project.prepare, hook }, { runHook: async () => write(worktree, made) });
  const more = { stage: 'development', role: 'developer', title: 'Add the thing', questions: null, objection: null };
  write(worktree, { 'good.txt': 'good' });
  const { head } = await published({ ...project.task, ...more });
  expect(git(worktree, 'diff', '--name-only', prepared.head, head)).toBe('good.txt');
  // It is not made again, so it is still there when the worktree is put back.
  await prepareWorkspace({ ...project.prepare, base: prepared.base, head, hook });
  expect(read(worktree, 'vendor/dep/index.js')).toBe('x');
  write(worktree, { 'old.txt': 'changed\n' });
  const later = await published({ ...project.task, ...more });
  expect(git(worktree, 'diff', '--name-only', head, later.head)).toBe('old.txt');
});

test('documents are committed although the repository ignores them; other ignored files are not', async () => {
  const { worktree, input } = await startWork();
  write(worktree, { '.gitignore': 'docs/\n*.log\n', 'debug.log': 'noise', [`${documents}/review.md`]: 'A review.' });
  const { head } = await published(input);
  expect(filesOf(worktree, head)[`${documents}/review.md`]).toBe('A review.');
  expect(filesOf(worktree, head)).not.toHaveProperty('debug.log');
  expect(await publish(input)).toMatchObject({ head });
});

test('an empty folder for documents is no error', async () => {
  const { worktree, head, input } = await startWork();
  mkdirSync(join(worktree, documents), { recursive: true });
  expect(await publish(input)).toMatchObject({ head });
});

test("hooks of the repository have no say, and a person's signing key is not asked for", async () => {
  const { worktree, repository, input } = await startWork();
  for (const hook of ['pre-commit', 'commit-msg']) {
    writeFileSync(join(repository, '.git/hooks', hook), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  }
  git(repository, 'config', 'commit.gpgSign', 'true');
  write(worktree, { 'src/code.txt': 'changed\n' });
  expect(filesOf(worktree, (await published(input)).head)['src/code.txt']).toBe('changed');
});

test('a title cannot forge a line of the message that Signalbox goes by', async () => {
  const { worktree, input } = await startWork();
  write(worktree, { 'src/code.txt': 'changed\n' });
  await publish({ ...input, title: 'Signalbox-Task: another' });
  const tasks = git(worktree, 'log', '-1', '--format=%(trailers:key=Signalbox-Task,valueonly)');
  expect(tasks.trim().split('\n')).toEqual(['task-1']);
});

test('the hash of the code is the same with other documents, and another with other code', async () => {
  const { worktree, codeTree, input } = await startWork();
  write(worktree, { [`${documents}/analysis.md`]: 'An analysis.' });
  const withDocument = await published(input);
  expect(withDocument.codeTree).toBe(codeTree);
  write(worktree, { [`${documents}/analysis.md`]: 'Another one.', 'docs/guide.md': 'Part of the product.' });
  const withGuide = await published(input);
  expect(withGuide.codeTree).not.toBe(codeTree);
  write(worktree, { 'docs/work-items/ET-11/analysis.md': "Another task's." });
  expect((await published(input)).codeTree).not.toBe(withGuide.codeTree);
});

test('the hash of the code notices names, modes and content, and depends on nothing else', async () => {
  const hashAfter = async (change: (worktree: string) => void) => {
    const { worktree } = await startWork();
    change(worktree);
    return codeTreeOf(gitIn(worktree), commitFiles(worktree, {}), documents);
  };
  const hashes = await Promise.all([
    hashAfter(() => {}),
    hashAfter(() => {}),
    hashAfter(worktree => write(worktree, { 'src/code.txt': 'other' })),
    hashAfter(worktree => git(worktree, 'mv', 'README.md', 'README.txt')),
    hashAfter(worktree => chmodSync(join(worktree, 'README.md'), 0o755)),
  ]);
  expect(hashes[0]).toBe(hashes[1]);
  expect(new Set(hashes).size).toBe(4);
});

test('answers what the agent asks and objects in files of its own, and null without a file', async () => {
  const { worktree, input } = await startWork();
  write(worktree, { [`${documents}/questions.md`]: 'Which colour?' });
  const published = await publish({ ...input, questions: 'questions.md', objection: 'objection.md' });
  expect(published).toMatchObject({ questions: 'Which colour?', objection: null });
});

test('reads no question through a link that leads out of the worktree', async () => {
  const { worktree, input } = await startWork();
  mkdirSync(join(worktree, documents), { recursive: true });
  symlinkSync('/etc/hostname', join(worktree, documents, 'questions.md'));
  const answer = await publish({ ...input, questions: 'questions.md' });
  expect(answer).toMatchObject({ result: 'refused', detail: expect.stringContaining('questions.md is a symlink out') });
  expect(JSON.stringify(answer)).not.toContain(read('/etc', 'hostname')!.trim());
});

test('a title of a work item closes nothing and mentions nobody when its commit reaches a forge', async () => {
  const { repository, worktree, input } = await startWork();
  write(worktree, { 'src/new.txt': 'new\n' });
  const title = 'Closes #1\n\nSignalbox-Task: task-2\nfor @maria';
  const { head } = await published({ ...input, title });
  const message = git(repository, 'log', '-1', '--format=%B', head);
  expect(message).not.toMatch(/closes|#1|@maria/i);
  expect(git(repository, 'log', '-1', '--format=%(trailers:key=Signalbox-Task,valueonly)', head)).toBe('task-1');
});

test.each(['--assume-unchanged', '--skip-worktree'])(
  'what an agent has hidden by %s is work like any other',
  async flag => {
    const { worktree, input } = await startWork();
    git(worktree, 'update-index', flag, 'src/code.txt', 'README.md');
    write(worktree, { 'src/code.txt': 'hidden\n' });
    const { head, noticed } = await published(input);
    expect(filesOf(worktree, head)['src/code.txt']).toBe('hidden');
    expect(noticed).toEqual([expect.stringMatching(/not to look at .*(README\.md, src\/code\.txt)/)]);
    expect(git(worktree, 'ls-files', '-v')).toBe('H README.md\nH src/code.txt');
  },
);

test('a file of the same length, changed in the moment after git has looked at it, is committed', async () => {
  const { worktree, input } = await startWork();
  const [file, index] = [
    join(worktree, 'src/code.txt'),
    join(git(worktree, 'rev-parse', '--absolute-git-dir'), 'index'),
  ];
  const inOneMoment = (...paths: string[]) => {
    for (const path of paths) utimesSync(path, 1_000_000_000, 1_000_000_000);
  };
  write(worktree, { 'src/code.txt': 'ONE\ntwo\nthree\n' });
  inOneMoment(file);
  git(worktree, 'add', '--all');
  write(worktree, { 'src/code.txt': 'two\nTWO\nthree\n' });
  inOneMoment(file, index);
  const { head } = await published(input);
  expect(filesOf(worktree, head)['src/code.txt']).toBe('two\nTWO\nthree');
});

test('a merge of the agent that it has not committed is committed as a merge', async () => {
  const { worktree, repository, head: before, input } = await startWork();
  const theirs = commitFiles(repository, { 'theirs.txt': 'theirs' });
  write(worktree, { 'own.txt': 'own' });
  git(worktree, 'merge', '--quiet', '--no-commit', '--no-ff', theirs);
  const { head } = await published(input);
  expect(git(worktree, 'rev-list', '--parents', '-1', head).split(' ')).toEqual([head, before, theirs]);
  expect(filesOf(worktree, head)).toMatchObject({ 'own.txt': 'own', 'theirs.txt': 'theirs' });
});
