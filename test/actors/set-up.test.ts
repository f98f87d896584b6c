/** What a fresh checkout needs is there for agents and gates, and made once for all that need the same. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type JudgeInput, judgeGate } from '../../src/actors/gate.ts';
import { setUpWorktree } from '../../src/actors/set-up/worktree.ts';
import { prepareWorkspace } from '../../src/actors/workspace.ts';
import { noSandbox } from '../../src/domain/agent-spec.ts';
import type { SetUpRule } from '../../src/domain/set-up.ts';
import { gateSchema } from '../../src/machines/pipeline.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { beginRepository, commitFiles, git, write } from './repository.ts';

/** A repository with these files on its target, and gates and worktrees that are set up by a rule. */
function startProject(files: Record<string, string>, setUp: SetUpRule = 'detected') {
  const directory = temporaryDirectory();
  const repository = join(directory, 'repository');
  write(repository, files);
  beginRepository(repository);
  commitFiles(repository, {});
  const target = git(repository, 'rev-parse', '--abbrev-ref', 'HEAD').trim();
  const inside = (name: string) => join(directory, name);
  const places = { runsDir: inside('runs'), checkoutsDir: inside('checkouts'), cacheDir: inside('cache') };
  const kept = join(places.cacheDir, 'set-ups');
  let jobs = 0;
  const { signal } = new AbortController();
  return {
    repository,
    target,
    ...places,
    checkout: (name = 'checked') => join(places.checkoutsDir, 'shop/task-1', name),
    kept: () => (existsSync(kept) ? readdirSync(kept) : []),
    keptDir: kept,
    async judge(script: string, more: Partial<JudgeInput> = {}, name = 'checked') {
      const input: JudgeInput = {
        ...{ taskId: 'task-1', project: 'shop', repository, workItem: 'ET-1', branch: 'work', target },
        ...{ sandbox: noSandbox, forge: null, head: git(repository, 'rev-parse', 'HEAD').trim(), setUp },
        gate: gateSchema.parse({ kind: 'command', name, run: ['sh', '-c', script] }),
        job: { ref: `job-${++jobs}` },
        ...more,
      };
      const forgeOf = () => Promise.reject(new Error('there is no forge'));
      return judgeGate(input, { ...places, forgeOf }, signal);
    },
    async prepare(worktree = inside('worktrees/task-1')) {
      const input = {
        ...{ taskId: 'task-1', project: 'shop', repository, worktree, branch: 'feature/one', target, workItem: 'ET-1' },
        ...{ base: '', head: '', hook: null, stale: [] },
      };
      const job = { ref: `job-${++jobs}` };
      const prepared = await prepareWorkspace(input, {
        setUp: checkout => setUpWorktree({ ...input, setUp, job }, { ...checkout, ...places, signal }),
      });
      return { worktree, ...prepared };
    },
  };
}

/** Writes down each time that it is run, beside the repository. */
const counted = (log: string): SetUpRule => [
  {
    steps: [['sh', '-c', `echo run >> ${log}; mkdir -p lib/deep && cat lock > lib/deep/made && ln -s deep lib/link`]],
    keyedBy: ['lock'],
    timeLimitMs: 10_000,
  },
];

function startCounted() {
  const log = join(temporaryDirectory(), 'log');
  writeFileSync(log, '');
  const project = startProject({ lock: 'one\n', '.gitignore': 'lib/\n' }, counted(log));
  return { ...project, runs: () => readFileSync(log, 'utf8').split('\n').length - 1 };
}

test('gates and agents are given the same, made once and copied from then on', async () => {
  const project = startCounted();
  expect(await project.judge('cat lib/link/made')).toMatchObject({ verdict: 'pass' });
  expect(await project.judge('cat lib/deep/made', {}, 'other')).toMatchObject({ verdict: 'pass' });
  const { worktree } = await project.prepare();
  expect(readFileSync(join(worktree, 'lib/link/made'), 'utf8')).toBe('one\n');
  expect(project.runs()).toBe(1);
});

test('what one checkout does to it no other one sees', async () => {
  const project = startCounted();
  expect(await project.judge('echo bad > lib/deep/made && rm lib/link')).toMatchObject({ verdict: 'pass' });
  expect(await project.judge('test "$(cat lib/link/made)" = one')).toMatchObject({ verdict: 'pass' });
  expect(project.runs()).toBe(1);
});

test('another lock file needs another set-up', async () => {
  const project = startCounted();
  await project.judge('true');
  commitFiles(project.repository, { lock: 'two\n' });
  expect(await project.judge('test "$(cat lib/deep/made)" = two')).toMatchObject({ verdict: 'pass' });
  expect(project.runs()).toBe(2);
});

test('several gates at once make it once', async () => {
  const project = startCounted();
  const names = ['one', 'two', 'three'];
  const reports = await Promise.all(names.map(name => project.judge('cat lib/deep/made', {}, name)));
  expect(reports.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass']);
  expect(project.runs()).toBe(1);
});

test('a half that was kept when the process was killed is not taken for whole, and goes', async () => {
  const project = startCounted();
  await project.judge('true');
  const [key] = project.kept();
  const half = join(project.keptDir, `${key}.0f.half`);
  renameSync(join(project.keptDir, key!), half);
  rmSync(join(half, '0'), { recursive: true });
  utimesSync(half, 0, 0);
  expect(await project.judge('cat lib/link/made')).toMatchObject({ verdict: 'pass' });
  expect(project.runs()).toBe(2);
  expect(project.kept()).toEqual([key]);
});

test('no more than eight are kept, those that were used last', async () => {
  const project = startCounted();
  for (let index = 0; index < 10; index++) {
    commitFiles(project.repository, { lock: `${index}\n` });
    await project.judge('true');
  }
  expect(project.kept()).toHaveLength(8);
});

test('what was made is no work of an agent', async () => {
  const project = startCounted();
  const { worktree } = await project.prepare();
  expect(git(worktree, 'status', '--porcelain')).toBe('');
});

test('one that is declared and fails is no failure of the code, and keeps an agent from beginning', async () => {
  const failing = [{ steps: [['sh', '-c', 'echo no registry >&2; exit 3']], keyedBy: [], timeLimitMs: 10_000 }];
  const project = startProject({ 'a.txt': 'a' }, failing);
  expect(await project.judge('true')).toMatchObject({
    verdict: 'inconclusive',
    detail: expect.stringMatching(/^what a fresh checkout needs could not be set up: sh .* exit code 3\nno registry$/),
  });
  await expect(project.prepare()).rejects.toThrow(/no registry/);
});

test('npm ci, where there is a lock file, before an agent sees the worktree and in each gate', async () => {
  const project = startProject(npmProject());
  expect(await project.judge('ls node_modules/library/package.json')).toMatchObject({ verdict: 'pass' });
  const { worktree } = await project.prepare();
  expect(existsSync(join(worktree, 'node_modules/library/package.json'))).toBe(true);
  expect(project.kept()).toHaveLength(1);
}, 60_000);

test('scripts of the package run where its modules were copied', async () => {
  const project = startProject(npmProject({ prepare: 'echo built > built.txt' }));
  expect(await project.judge('cat built.txt')).toMatchObject({ verdict: 'pass' });
  expect(await project.judge('cat built.txt && ls node_modules', {}, 'other')).toMatchObject({ verdict: 'pass' });
  expect(project.kept()).toHaveLength(1);
}, 60_000);

test('what scripts of an agent have made is kept for nobody', async () => {
  const project = startProject(npmProject());
  git(project.repository, 'checkout', '--quiet', '-b', 'changed');
  commitFiles(project.repository, npmProject({ postinstall: 'echo evil > node_modules/evil' }));
  const report = await project.judge('ls node_modules/evil');
  expect(report.detail).toMatch(/^by the rules of the target, and not by those of the branch/);
  expect(project.kept().filter(key => existsSync(join(project.keptDir, key, '0/evil')))).toEqual([]);
}, 60_000);

test('one that was only found and fails is told with what the command came to', async () => {
  const files = { 'package.json': '{"name":"a","scripts":{"test":"exit 1"}}', 'package-lock.json': '{' };
  const project = startProject(files);
  expect(await project.judge('true')).toMatchObject({ verdict: 'pass' });
  const report = await project.judge('exit 1');
  expect(report).toMatchObject({
    verdict: 'inconclusive',
    detail: expect.stringMatching(
      /failed with exit code 1, and what a fresh checkout needs could not be set up: npm ci/,
    ),
  });
  const { noticed } = await project.prepare();
  expect(noticed?.[0]).toMatch(/^what the worktree needs could not be set up: npm ci ended with exit code 1/);
}, 60_000);

/** A project with a package of its own in a workspace: what npm installs without asking any registry. */
function npmProject(scripts: Record<string, string> = {}) {
  const library = { name: 'library', version: '1.0.0' };
  const shop = { name: 'shop', version: '1.0.0', workspaces: ['library'] };
  const packages = { '': shop, library, 'node_modules/library': { resolved: 'library', link: true } };
  return {
    'package.json': JSON.stringify({ ...shop, scripts: { test: 'node --version', ...scripts } }),
    'package-lock.json': JSON.stringify({ ...shop, lockfileVersion: 3, requires: true, packages }),
    'library/package.json': JSON.stringify(library),
    '.gitignore': 'node_modules/\nbuilt.txt\n',
  };
}

test('what comes of a branch, or of a worktree that somebody has worked in, is kept for nobody', async () => {
  const project = startCounted();
  git(project.repository, 'checkout', '--quiet', '-b', 'changed');
  commitFiles(project.repository, { 'b.txt': 'b' });
  expect(await project.judge('cat lib/deep/made')).toMatchObject({ verdict: 'pass' });
  expect(project.kept()).toEqual([]);
  git(project.repository, 'checkout', '--quiet', 'work');
  const { worktree } = await project.prepare();
  expect(project.kept()).toHaveLength(1);
  rmSync(join(project.keptDir, project.kept()[0]!), { recursive: true });
  rmSync(join(git(worktree, 'rev-parse', '--absolute-git-dir').trim(), 'signalbox-created'));
  await project.prepare();
  expect(project.kept()).toEqual([]);
});

test('another repository gets nothing of it, whatever its lock file says', async () => {
  const [one, two] = [startCounted(), startCounted()];
  await one.judge('true');
  await two.judge('true', {}, 'checked');
  expect([one.runs(), two.runs()]).toEqual([1, 1]);
  expect(one.kept()).not.toEqual(two.kept());
});

test('what names the checkout where it was made names its own in each other one', async () => {
  const naming =
    'mkdir -p lib/bin lib/-d; echo "#!$PWD/lib/bin/run é" > "lib/bin/a b"; cp "lib/bin/a b" lib/-d/x; chmod 555 "lib/bin/a b"';
  const project = startProject({ lock: 'one\n', '.gitignore': 'lib/\n' }, [
    { steps: [['sh', '-c', naming]], keyedBy: ['lock'], timeLimitMs: 10_000 },
  ]);
  const { worktree } = await project.prepare();
  expect(readFileSync(join(worktree, 'lib/-d/x'), 'utf8')).toBe(`#!${worktree}/lib/bin/run é\n`);
  rmSync(join(worktree, 'lib'), { recursive: true });
  const checkout = project.checkout();
  expect(await project.judge('cat "lib/bin/a b"')).toMatchObject({ verdict: 'pass' });
  for (const file of ['lib/bin/a b', 'lib/-d/x']) {
    expect(readFileSync(join(checkout, file), 'utf8')).toBe(`#!${checkout}/lib/bin/run é\n`);
  }
  expect(statSync(join(checkout, 'lib/bin/a b')).mode & 0o777).toBe(0o555);
});
