/** Gates look for themselves: nothing that an agent claims, links to or leaves running makes one pass. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type JudgeInput, judgeGate } from '../../src/actors/gate.ts';
import { noSandbox } from '../../src/domain/agent-spec.ts';
import { gateSchema } from '../../src/machines/pipeline.ts';
import { markedProcesses } from '../host/processes.ts';
import { hasBubblewrap } from '../support/bubblewrap.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { beginRepository, commitFiles, git, write } from './repository.ts';

const nowhere = () => Promise.reject(new Error('there is no forge'));

/** A worktree with these documents of the task, and a way to judge gates in it. */
function startTask(documents: Record<string, string> = {}, files: Record<string, string> = {}) {
  const directory = temporaryDirectory();
  const worktree = join(directory, 'worktree');
  const folder = join(worktree, 'docs/work-items/ET-1');
  mkdirSync(folder, { recursive: true });
  write(worktree, files);
  beginRepository(worktree);
  write(folder, documents);
  const [runsDir, checkoutsDir] = [join(directory, 'runs'), join(directory, 'checkouts')];
  const inputFor = (gate: object, more: Partial<JudgeInput> = {}): JudgeInput => ({
    taskId: 'task-1',
    project: 'shop',
    repository: worktree,
    workItem: 'ET-1',
    branch: 'feature/ET-1',
    target: 'main',
    sandbox: noSandbox,
    forge: null,
    head: commitFiles(worktree, {}),
    gate: gateSchema.parse({ name: 'checked', ...gate }),
    job: { ref: 'task-1.gate-checked.7' },
    ...more,
  });
  const cacheDir = join(directory, 'cache');
  const checkout = join(checkoutsDir, 'shop/task-1/checked');
  const mark = ['SIGNALBOX_RUN_ID=task-1.gate-checked.7', `SIGNALBOX_WORKTREE=${checkout}`];
  onTestFinished(() => {
    for (const pid of markedProcesses({ mark })) process.kill(pid, 'SIGKILL');
  });
  return {
    directory,
    worktree,
    folder,
    runsDir,
    checkout,
    checkoutsDir,
    cacheDir,
    inputFor,
    processes: () => markedProcesses({ mark }),
    async judge(gate: object, signal = new AbortController().signal) {
      const { durationMs, ...looked } = await judgeGate(
        inputFor(gate),
        { runsDir, checkoutsDir, cacheDir, forgeOf: nowhere },
        signal,
      );
      expect(looked.gate).toBe('checked');
      expect(durationMs).toBeGreaterThanOrEqual(0);
      return looked;
    },
  };
}

describe('artifacts', () => {
  const artifacts = (files: string[], need?: 'all' | 'any') => ({ kind: 'artifacts', files, ...(need && { need }) });

  test('pass when every document is there and holds something', async () => {
    const task = startTask({ 'analysis.md': 'x', 'plan.md': 'y' });
    expect(await task.judge(artifacts(['analysis.md', 'plan.md']))).toMatchObject({ verdict: 'pass' });
  });

  test('fail when one is missing or empty, and say which', async () => {
    const task = startTask({ 'analysis.md': 'x', 'empty.md': '' });
    const report = await task.judge(artifacts(['analysis.md', 'empty.md', 'plan.md']));
    expect(report.verdict).toBe('fail');
    expect(report.detail).toContain('empty.md, plan.md');
    expect(report.detail).not.toContain('analysis.md');
  });

  test('one of several is enough where the pipeline says so', async () => {
    const task = startTask({ 'plan.md': 'y' });
    expect(await task.judge(artifacts(['adr.md', 'plan.md'], 'any'))).toMatchObject({ verdict: 'pass' });
    expect(await task.judge(artifacts(['adr.md', 'notes.md'], 'any'))).toMatchObject({ verdict: 'fail' });
  });

  test('a star stands for any part of a file name and for nothing else', async () => {
    const task = startTask({ 'adr-001.md': 'x', 'sub/deep.md': 'x', aXmd: 'x' });
    const verdictOf = async (pattern: string) => (await task.judge(artifacts([pattern]))).verdict;
    expect(await verdictOf('adr-*.md')).toBe('pass');
    expect(await verdictOf('sub/*.md')).toBe('pass');
    expect(await verdictOf('*.txt')).toBe('fail');
    expect(await verdictOf('deep.md')).toBe('fail');
    expect(await verdictOf('a.md')).toBe('fail');
  });

  test('a folder with the name of a document is none', async () => {
    const task = startTask({ 'plan.md/readme': 'x' });
    expect(await task.judge(artifacts(['plan.md']))).toMatchObject({ verdict: 'fail' });
  });

  test('a document by way of a link that leads out of the worktree does not count', async () => {
    const task = startTask();
    writeFileSync(join(task.directory, 'outside.md'), 'somebody else’s work');
    symlinkSync(join(task.directory, 'outside.md'), join(task.folder, 'plan.md'));
    expect((await task.judge(artifacts(['plan.md']))).verdict).not.toBe('pass');
  });

  test('a folder by way of a link that leads out of the worktree holds nothing', async () => {
    const task = startTask();
    write(task.directory, { 'outside/plan.md': 'somebody else’s work' });
    symlinkSync(join(task.directory, 'outside'), join(task.folder, 'sub'));
    expect(await task.judge(artifacts(['sub/plan.md']))).toMatchObject({ verdict: 'fail' });
  });
});

describe('verdict', () => {
  const gate = { kind: 'verdict', file: 'review.md', pass: ['approved'], fail: ['changes-requested'] };
  const review = (text: string) => startTask({ 'review.md': text });

  test.each([
    ['approved', 'pass'],
    ['changes-requested', 'fail'],
  ])('the word %s in the front matter decides: %s', async (word, verdict) => {
    const text = `---\nauthor: me\nverdict: ${word}\n---\n\nSome findings.\n`;
    expect(await review(text).judge(gate)).toEqual({
      gate: 'checked',
      verdict,
      detail: `review.md says verdict: ${word}\n\n${text}`,
    });
  });

  test.each([
    [
      'the field is read past a byte order mark and with Windows line ends',
      '\uFEFF---\r\nverdict: approved\r\n---\r\nFine.',
    ],
    ['the field is read in quotes', '---\nverdict: "approved"\n---\n'],
  ])('%s', async (_, text) => {
    expect(await review(text).judge(gate)).toMatchObject({ verdict: 'pass' });
  });

  test.each([
    ['prose', 'APPROVED. Verdict: approved. I approve this.\nverdict: approved\n'],
    ['prose against the front matter', '---\nverdict: perhaps\n---\nverdict: approved\nAPPROVED\n'],
    ['front matter that is not at the beginning', 'Hello.\n---\nverdict: approved\n---\n'],
    ['front matter that does not end', '---\nverdict: approved\n'],
    ['front matter in a block of code', '```\n---\nverdict: approved\n---\n```\n'],
    ['another spelling', '---\nverdict: Approved!\n---\n'],
    ['a list of both words', '---\nverdict: [approved, changes-requested]\n---\n'],
    ['the field inside another', '---\nreview:\n  verdict: approved\n---\n'],
    ['the field twice', '---\nverdict: changes-requested\nverdict: approved\n---\n'],
    ['an alias', '---\nfirst: &a approved\nverdict: *a\n---\n'],
    ['a missing field', '---\nauthor: me\n---\n'],
    ['something that is no YAML', '---\n{{{{\n---\n'],
    ['nothing', ''],
    ['bytes that are no text', '\0\x01\x02'],
  ])('%s decides nothing', async (_, text) => {
    expect(await review(text).judge(gate)).toMatchObject({ verdict: 'inconclusive' });
  });

  test('an unknown word is inconclusive and is told with the known ones', async () => {
    const { detail } = await review('---\nverdict: lgtm\n---\n').judge(gate);
    expect(detail).toMatch(/lgtm.*approved, changes-requested/);
  });

  test('a document that is not there is inconclusive', async () => {
    expect(await startTask().judge(gate)).toMatchObject({ verdict: 'inconclusive' });
  });

  test('a link that leads out of the worktree is inconclusive, and nothing behind it is told', async () => {
    const task = startTask();
    writeFileSync(join(task.directory, 'outside.md'), '---\nverdict: approved\n---\nsecret\n');
    symlinkSync(join(task.directory, 'outside.md'), join(task.folder, 'review.md'));
    const report = await task.judge(gate);
    expect(report.verdict).toBe('inconclusive');
    expect(report.detail).not.toContain('secret');
  });

  test('a documents folder that is a link out of the worktree is inconclusive', async () => {
    const task = startTask();
    write(task.directory, { 'outside/review.md': '---\nverdict: approved\n---\n' });
    execFileSync('rm', ['-r', task.folder]);
    symlinkSync(join(task.directory, 'outside'), task.folder);
    expect(await task.judge(gate)).toMatchObject({ verdict: 'inconclusive' });
  });
});

describe('command', () => {
  const run = (script: string, more = {}) => ({ kind: 'command', run: ['sh', '-c', script], ...more });

  test.each<[string, Record<string, string>]>([
    ['npm', { 'package.json': '{"scripts":{"test":"test -f marker"}}' }],
    ['make', { Makefile: 'test:\n\ttest -f marker\n' }],
    ['test.sh', { 'test.sh': 'test -f marker' }],
  ])('runs what it has found in the target and judges by the exit code: %s', async (_, files) => {
    expect(await startTask({}, files).judge({ kind: 'command' })).toMatchObject({ verdict: 'fail' });
    expect(await startTask({}, { ...files, marker: '' }).judge({ kind: 'command' })).toMatchObject({ verdict: 'pass' });
  });

  test.each(['pass', 'inconclusive'] as const)(
    'one that fails and then passes says so beside its verdict: %s',
    async flaky => {
      const task = startTask();
      const once = `test -e ${task.directory}/seen || { touch ${task.directory}/seen; exit 1; }`;
      expect(await task.judge(run(once, { flaky }))).toMatchObject({ verdict: flaky, isFlaky: true });
      expect(await startTask().judge(run('true'))).not.toHaveProperty('isFlaky');
    },
  );

  test('without anything to run is inconclusive and says what was looked for', async () => {
    const report = await startTask().judge({ kind: 'command' });
    expect(report.verdict).toBe('inconclusive');
    expect(report.detail).toMatch(/package\.json.*Makefile/);
  });

  test.each([
    ['a program that is not there', ['/nowhere/checker']],
    ['exit code 127', ['sh', '-c', 'exit 127']],
    ['exit code 126', ['sh', '-c', 'exit 126']],
    ['a death by signal', ['sh', '-c', 'kill -KILL $$']],
  ])('%s is inconclusive', async (_, argv) => {
    expect(await startTask().judge({ kind: 'command', run: argv })).toMatchObject({ verdict: 'inconclusive' });
  });

  test('a failure tells the exit code and the end of the output', async () => {
    const report = await startTask().judge(run('seq 1 5000; echo the reason >&2; exit 3'));
    expect(report.verdict).toBe('fail');
    expect(report.detail).toContain('exit code 3');
    expect(report.detail).toMatch(/4999\n5000\nthe reason\n$/);
    expect(report.detail).not.toContain('\n17\n');
    expect(report.detail.length).toBeLessThan(3_200);
  });

  test('a failure says whether it fails without the change as well', async () => {
    const broken = startTask({}, { 'test.sh': 'test -e fixed' });
    expect((await broken.judge({ kind: 'command' })).detail).toMatch(
      /^sh test.sh failed with exit code 1; it fails on main \([0-9a-f]{9}\) as well/,
    );
    const sound = startTask({}, { 'test.sh': 'test ! -e bug' });
    write(sound.worktree, { bug: '' });
    expect((await sound.judge({ kind: 'command' })).detail).toMatch(/^sh test.sh failed with exit code 1\n/);
  });

  test('a module that is missing only since the change is a fault of the change; else of this machine', async () => {
    const script = 'if [ -e asks ]; then echo "Cannot find module \'left-pad\'"; exit 1; fi';
    const since = startTask({}, { 'test.sh': script });
    write(since.worktree, { asks: '' });
    expect(await since.judge({ kind: 'command' })).toMatchObject({
      verdict: 'fail',
      detail: expect.stringMatching(/left-pad is not installed; nothing is missing on main/),
    });
    const before = startTask({}, { 'test.sh': script, asks: '' });
    expect(await before.judge({ kind: 'command' })).toMatchObject({
      verdict: 'inconclusive',
      detail: expect.stringMatching(/it cannot be judged on main \(\w+\) as well, without the change/),
    });
  });

  test('what the output says decides nothing', async () => {
    expect(await startTask().judge(run('echo "all tests passed"; exit 1'))).toMatchObject({ verdict: 'fail' });
    expect(await startTask().judge(run('echo "FAIL 12 errors"; exit 0'))).toMatchObject({ verdict: 'pass' });
  });

  test('I8: sees the allow-listed environment and no secret of ours', async () => {
    vi.stubEnv('SECRET_TOKEN', 'hunter2');
    onTestFinished(() => void vi.unstubAllEnvs());
    const report = await startTask().judge(run('env; exit 1'));
    expect(report.detail).toContain('CI=true');
    expect(report.detail).not.toContain('hunter2');
  });

  test('that takes too long is inconclusive, and nothing of it is left running', async () => {
    const task = startTask();
    const report = await task.judge(run('(setsid sleep 600 &); sleep 600 & echo begun; wait', { timeout: 700 }));
    expect(report.verdict).toBe('inconclusive');
    expect(report.detail).toMatch(/took longer than 700ms\nbegun/);
    expect(task.processes()).toEqual([]);
  });

  test('that leaves something running when it passes: it passes, and nothing is left', async () => {
    const task = startTask();
    expect(await task.judge(run('setsid sleep 600 & exit 0'))).toMatchObject({ verdict: 'pass' });
    expect(task.processes()).toEqual([]);
  });

  test('is ended when the task moves on', async () => {
    const task = startTask();
    const controller = new AbortController();
    const judged = task.judge(run('touch begun; setsid sleep 600 & sleep 600'), controller.signal);
    await vi.waitFor(() => readFileSync(join(task.checkout, 'begun')));
    controller.abort();
    await judged;
    expect(task.processes()).toEqual([]);
  });

  test('is not begun, or ended at once, when the task has moved on already', async () => {
    const task = startTask();
    const ended = task.judge(run('sleep 600', { timeout: 3_000 }), AbortSignal.abort());
    const answer = await Promise.race([
      ended.then(report => report.detail),
      new Promise(end => setTimeout(end, 2_000, 'still waiting')),
    ]);
    expect(answer).not.toBe('still waiting');
    expect(task.processes()).toEqual([]);
    await ended;
  });

  test('asked again for the same job, as after a crash, is answered from the first run', async () => {
    const task = startTask();
    const count = join(task.directory, 'count');
    const gate = run(`echo ran >> ${count}; exit 4`);
    const first = await task.judge(gate);
    expect(await task.judge(gate)).toEqual(first);
    // A failure is looked at twice, and once without the change.
    expect(readFileSync(count, 'utf8')).toBe('ran\n'.repeat(3));
  });
});

test('an approval is for people: a machine has no opinion', async () => {
  expect(await startTask().judge({ kind: 'approval' })).toMatchObject({ verdict: 'inconclusive' });
});

describe('a command, where the branch changes how it is judged', () => {
  const npm = (script: string) => `{"name":"x","scripts":{"test":"${script}"}}`;
  const judged = async (target: Record<string, string>, branch: Record<string, string | null>) => {
    const task = startTask({}, target);
    for (const [file, text] of Object.entries(branch)) {
      if (text === null) rmSync(join(task.worktree, file));
      else write(task.worktree, { [file]: text });
    }
    return task.judge({ kind: 'command' });
  };

  test('what passes by both rules passes, and the change is told', async () => {
    const report = await judged(
      { 'package.json': npm('true;true') },
      { 'package.json': npm('sh more.sh'), 'more.sh': 'exit 0' },
    );
    expect(report).toMatchObject({ verdict: 'pass', concerns: ['package.json was changed'] });
  });

  test('what passes by its own rules alone is for people: the judged does not write the judge', async () => {
    const report = await judged(
      { 'package.json': npm('sh real.sh'), 'real.sh': 'exit 1' },
      { 'package.json': npm('sh none.sh'), 'none.sh': 'exit 0' },
    );
    expect(report.verdict).toBe('inconclusive');
    expect(report.detail).toMatch(/by the rules of the target/);
  });

  test('what fails by its own rules fails', async () => {
    const target = { Makefile: 'test:\n\ttrue\n' };
    expect(await judged(target, { Makefile: 'test:\n\tfalse\n' })).toMatchObject({ verdict: 'fail' });
  });

  test('dependencies are the branch’s own: a package that only gets another one is judged once', async () => {
    const target = { 'package.json': '{"scripts":{"test":"sh t.sh"}}', 't.sh': 'exit 0' };
    const own = '{"dependencies":{"left-pad":"1"},"scripts":{"test":"sh t.sh"}}';
    const report = await judged(target, { 'package.json': own });
    expect(report).toEqual({ gate: 'checked', verdict: 'pass', detail: 'npm test --silent passed' });
  });

  test.each<[string, Record<string, string>, Record<string, string | null>, string]>([
    [
      'the script that is the whole test',
      { 'test.sh': 'exit 0' },
      { 'test.sh': 'exit 0 # more' },
      'test.sh was changed',
    ],
    [
      'a section of pyproject.toml',
      {
        Makefile: 'test:\n\ttrue\n',
        'pyproject.toml': '[project]\nname = "x"\n[tool.pytest.ini_options]\naddopts = "-x"\n',
      },
      { 'pyproject.toml': '[project]\nname = "y"\n[tool.pytest.ini_options]\naddopts = "--co"\n' },
      'pyproject.toml was changed',
    ],
    [
      'a configuration of a runner',
      { 'test.sh': 'exit 0' },
      { 'web/vitest.config.ts': 'export default {}' },
      'web/vitest.config.ts was added',
    ],
    [
      'a build',
      { 'test.sh': 'exit 0', '.github/workflows/ci.yml': 'on: push' },
      { '.github/workflows/ci.yml': 'on: []' },
      '.github/workflows/ci.yml was changed',
    ],
    [
      'a test that is gone',
      { 'test.sh': 'exit 0', 'test/total.test.js': 'x' },
      { 'test/total.test.js': null },
      'the test test/total.test.js was removed',
    ],
  ])('%s is told', async (_, target, branch, concern) => {
    expect(await judged(target, branch)).toMatchObject({ verdict: 'pass', concerns: [concern] });
  });

  test('what is put back is what the target has; nothing of it is in the checkout of the branch', async () => {
    const target = {
      'package.json': npm('sh real.sh'),
      'real.sh': 'grep -q left-pad package.json && test ! -e added.mk',
    };
    const own = '{"dependencies":{"left-pad":"1"},"scripts":{"test":"sh own.sh"}}';
    const branch = {
      'package.json': own,
      'own.sh': 'grep -q own.sh package.json && test -e added.mk',
      'added.mk': 'x:\n',
    };
    expect(await judged(target, branch)).toMatchObject({ verdict: 'pass' });
  });

  test('tests that the target does not have decide nothing alone', async () => {
    const report = await judged({}, { 'test.sh': 'exit 0' });
    expect(report).toMatchObject({ verdict: 'inconclusive', detail: expect.stringMatching(/the target has no tests/) });
  });
});

describe('a command in its checkout', () => {
  const run = (script: string) => ({ kind: 'command', run: ['sh', '-c', script] });

  test('finds what is committed, and nothing else; what it leaves nobody finds', async () => {
    const task = startTask({}, { '.gitignore': 'lib/\n', 'kept.txt': 'kept' });
    write(task.worktree, { 'lib/ignored.js': 'x' });
    const look =
      'test ! -e lib && test ! -e made && test "$(cat kept.txt)" = kept && touch made && echo other > kept.txt';
    expect(await task.judge(run(look))).toMatchObject({ verdict: 'pass' });
    const again = await judgeGate(
      task.inputFor(run(look), { job: { ref: 'task-1.gate-checked.9' } }),
      { ...task, forgeOf: nowhere },
      new AbortController().signal,
    );
    expect(again).toMatchObject({ verdict: 'pass' });
    expect(readFileSync(join(task.worktree, 'kept.txt'), 'utf8')).toBe('kept');
  });

  test('is made anew where somebody has left it in no order', async () => {
    const task = startTask({}, { 'kept.txt': 'kept' });
    const spoil =
      'rm -rf .git && mkdir .git && mkdir -p shut/in && touch shut/in/file && chmod 0 shut && rm -rf "$(pwd).git/objects"';
    expect(await task.judge(run(spoil))).toMatchObject({ verdict: 'pass' });
    const look = run('test "$(cat kept.txt)" = kept && test ! -e shut && git log --oneline');
    const again = task.inputFor(look, { job: { ref: 'task-1.gate-checked.9' } });
    expect(await judgeGate(again, { ...task, forgeOf: nowhere }, new AbortController().signal)).toMatchObject({
      verdict: 'pass',
    });
  });

  test.each([
    ['is gone', 'rm -rf .git "$(pwd).git.json"'],
    ['leads there', 'rm -rf .git; sed -i "s#[^\\"]*checked.git#$(cd ../../../../..; pwd)/.git#g" "$(pwd).git.json"'],
  ])('touches no repository in which it lies, also where what was noted of its own %s', async (_, spoil) => {
    const task = startTask({}, { 'kept.txt': 'kept', '.gitignore': '.signalbox/\n' });
    const places = { ...task, checkoutsDir: join(task.worktree, '.signalbox/checkouts'), forgeOf: nowhere };
    const [first, again] = [spoil, 'cat kept.txt'].map((script, index) =>
      task.inputFor(run(script), { job: { ref: `task-1.gate-checked.${index}` } }),
    );
    write(task.worktree, { 'kept.txt': 'half finished', 'new.txt': 'new' });
    git(task.worktree, 'add', 'new.txt');
    for (const input of [first!, again!]) {
      expect(await judgeGate(input, places, new AbortController().signal)).toMatchObject({ verdict: 'pass' });
    }
    expect(readFileSync(join(task.worktree, 'kept.txt'), 'utf8')).toBe('half finished');
    expect(git(task.worktree, 'status', '--porcelain')).toBe(' M kept.txt\nA  new.txt');
  });

  test('that changes files changes nothing of anybody, and says so', async () => {
    const task = startTask({}, { 'kept.txt': 'kept', 'same.txt': 'same' });
    const report = await task.judge(run('echo other > kept.txt; touch same.txt; echo new > new.txt'));
    expect(report).toMatchObject({ verdict: 'pass', detail: expect.stringMatching(/; it changed kept\.txt, which/) });
    expect(readFileSync(join(task.worktree, 'kept.txt'), 'utf8')).toBe('kept');
  });

  test('has the history and the tags, and changes no branch, stash or setting of anybody', async () => {
    const task = startTask();
    git(task.worktree, 'tag', 'v1.2.3');
    const before = git(task.worktree, 'for-each-ref');
    const script =
      'git describe --tags && git log --oneline main && git config user.name x && git config user.email x && git commit --allow-empty -qm mine && git branch mine && git stash list';
    expect(await task.judge(run(script))).toMatchObject({ verdict: 'pass' });
    expect(git(task.worktree, 'for-each-ref')).toBe(
      before.replace(/.*refs\/heads\/work\n/, `${git(task.worktree, 'rev-parse', 'HEAD')} commit\trefs/heads/work\n`),
    );
  });
});

test.runIf(hasBubblewrap)(
  'in a sandbox what one run leaves at home, or an agent, decides nothing in the next',
  async () => {
    const task = startTask();
    const agents = join(task.directory, 'homes/task-1');
    mkdirSync(agents, { recursive: true });
    writeFileSync(join(agents, '.npmrc'), 'script-shell=/evil');
    const look = { kind: 'command', run: ['sh', '-c', 'test ! -e ~/.npmrc && echo evil > ~/.npmrc'] };
    const sandbox = { ...noSandbox, driver: 'bubblewrap' as const };
    for (const ref of ['task-1.gate-checked.7', 'task-1.gate-checked.8']) {
      const input = task.inputFor(look, { sandbox, job: { ref } });
      const judged = await judgeGate(input, { ...task, forgeOf: nowhere }, new AbortController().signal);
      expect(judged).toMatchObject({ verdict: 'pass' });
    }
    expect(readdirSync(join(task.directory, 'homes/task-1.gates'))).toEqual([]);
  },
);

describe('a command that needs a hook', () => {
  const hook = (script: string) => ({ run: ['sh', '-c', script], timeLimitMs: 10_000 });
  const judgeWith = (script: string, run: string) => {
    const task = startTask();
    const input = task.inputFor({ kind: 'command', run: ['sh', '-c', run] }, { hook: hook(script) });
    return judgeGate(input, { ...task, forgeOf: nowhere }, new AbortController().signal);
  };

  test('passes without where it can, and nothing is set up', async () => {
    expect(await judgeWith('exit 3', 'true')).toMatchObject({ verdict: 'pass' });
  });

  test('has it in a checkout of its own where it does not', async () => {
    expect(await judgeWith('mkdir node_modules && echo x > node_modules/dep', 'cat node_modules/dep')).toMatchObject({
      verdict: 'pass',
    });
  });

  test('is no failure of the code where that cannot be done', async () => {
    const report = await judgeWith('echo no registry >&2; exit 3', 'false');
    expect(report).toMatchObject({
      verdict: 'inconclusive',
      detail: expect.stringMatching(/could not be set up: .* exit code 3\nno registry/s),
    });
  });
});
