/** What commands of gates come to on the untouched target, and whether it is the machine that cannot run them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgeBaseline, judgeGate } from '../../src/actors/gate.ts';
import { noSandbox } from '../../src/domain/agent-spec.ts';
import type { TestCommand } from '../../src/domain/test-command.ts';
import { gateSchema } from '../../src/machines/pipeline.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { beginRepository, commitFiles, git, write } from './repository.ts';

function startProject(files: Record<string, string>, tests: TestCommand[] = []) {
  const directory = temporaryDirectory();
  const repository = join(directory, 'repository');
  write(repository, files);
  beginRepository(repository);
  commitFiles(repository, {});
  const log = join(directory, 'log');
  writeFileSync(log, '');
  const at = (name: string) => join(directory, name);
  const places = { runsDir: at('runs'), checkoutsDir: at('checkouts'), cacheDir: at('cache') };
  const { signal } = new AbortController();
  const gateOf = (gate: object) => gateSchema.parse({ kind: 'command', name: 'tests', ...gate });
  let jobs = 0;
  const inputFor = (taskId: string) => ({
    ...{ taskId, project: 'shop', repository, workItem: 'ET-1', branch: 'work', target: 'work', tests },
    ...{ sandbox: noSandbox, forge: null, setUp: 'none' as const, job: { ref: `job-${++jobs}` } },
  });
  return {
    repository,
    counting: ['sh', '-c', `echo run >> ${log}; test ! -e broken`],
    runs: () => readFileSync(log, 'utf8').split('\n').length - 1,
    async look(gate: object = {}, taskId = 'task-1') {
      const base = git(repository, 'rev-parse', 'HEAD').trim();
      const { sandbox, ...input } = inputFor(taskId);
      const gates = [{ gate: gateOf(gate) as never, sandbox, env: [] }];
      const { reports } = await judgeBaseline({ ...input, gates, base }, places, signal);
      return reports[0]!;
    },
    judge(gate: object, head: string) {
      const forgeOf = () => Promise.reject(new Error('there is no forge'));
      return judgeGate({ ...inputFor('task-1'), gate: gateOf(gate), head }, { ...places, forgeOf }, signal);
    },
  };
}

test('tests that pass, and tests that fail already', async () => {
  const project = startProject({ 'a.txt': 'a' });
  expect(await project.look({ run: ['test', '-e', 'a.txt'] })).toMatchObject({ verdict: 'pass', isOfMachine: false });
  expect(await project.look({ run: ['test', '-e', 'b.txt'] })).toMatchObject({ verdict: 'fail', isOfMachine: false });
});

test.for([
  ['a program that is not installed', ['no-such-runner-4711', 'test']],
  ['a command that does not end', ['sleep', '60'], { timeout: 300 }],
] as const)('this machine cannot run it: %s', async ([, run, more = {}]) => {
  const project = startProject({ 'a.txt': 'a' });
  const report = await project.look({ run, ...more });
  expect(report).toMatchObject({ verdict: 'inconclusive', isOfMachine: true });
});

test.for([
  ['a script that the repository does not have yet', ['./check.sh']],
  ['a script of package.json that is not there yet', ['npm', 'run', 'check']],
] as const)('what the change may bring is nothing that the machine lacks: %s', async ([, run]) => {
  const project = startProject({ 'package.json': '{"name":"a"}' });
  expect(await project.look({ run })).toMatchObject({ isOfMachine: false, verdict: expect.not.stringMatching('pass') });
});

test('a repository without tests has nothing to look at', async () => {
  const project = startProject({ 'a.txt': 'a' });
  expect(await project.look()).toMatchObject({ verdict: 'inconclusive', isAbsent: true, isOfMachine: false });
});

test('tasks that begin on the same tree look once, and a failure is compared with what was seen', async () => {
  const project = startProject({ 'a.txt': 'a', broken: '' });
  const gate = { run: project.counting };
  expect(await project.look(gate)).toMatchObject({ verdict: 'fail' });
  expect(await project.look(gate, 'task-2')).toMatchObject({ verdict: 'fail' });
  expect(project.runs()).toBe(1);
  git(project.repository, 'checkout', '--quiet', '-b', 'changed');
  const head = commitFiles(project.repository, { 'b.txt': 'b' });
  expect(await project.judge(gate, head)).toMatchObject({
    verdict: 'fail',
    detail: expect.stringMatching(/it fails on work \(\w+\) as well, without the change/),
  });
  // The branch twice, and the target not once more.
  expect(project.runs()).toBe(3);
});

test('another tree is looked at anew', async () => {
  const project = startProject({ 'a.txt': 'a' });
  const gate = { run: project.counting };
  await project.look(gate);
  commitFiles(project.repository, { 'b.txt': 'b' });
  await project.look(gate);
  expect(project.runs()).toBe(2);
});

test('what the machine lacked is looked for again', async () => {
  const project = startProject({ 'a.txt': 'a' });
  const tool = join(temporaryDirectory(), 'tool');
  const gate = { run: ['sh', '-c', `test -e ${tool} || exit 127`] };
  expect(await project.look(gate)).toMatchObject({ isOfMachine: true });
  writeFileSync(tool, '');
  expect(await project.look(gate)).toMatchObject({ verdict: 'pass' });
});

test('a project that says how it is tested has each of its commands run, where it is to be run', async () => {
  const tests = [
    { run: ['test', '-e', 'server.txt'], cwd: 'server' },
    { run: ['test', '-e', 'page.txt'], cwd: 'web' },
  ];
  const project = startProject({ 'server/server.txt': '', 'web/page.txt': '' }, tests);
  expect(await project.look()).toMatchObject({ verdict: 'pass' });
  git(project.repository, 'checkout', '--quiet', '-b', 'changed');
  git(project.repository, 'mv', 'web/page.txt', 'web/site.txt');
  const head = commitFiles(project.repository, {});
  expect(await project.judge({}, head)).toMatchObject({
    verdict: 'fail',
    detail: expect.stringMatching(/^test -e page\.txt failed/),
  });
});
