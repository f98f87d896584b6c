import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test as anyTest, expect, vi } from 'vitest';
import type { ConfigSource } from '../../src/config/schema.ts';
import { hasBubblewrap } from '../support/bubblewrap.ts';
import { makeStage, poll, quickStage, type Stage } from './stage.ts';

const test = anyTest.skipIf(!hasBubblewrap);

/** The fakes and their journal lie below /tmp, which a sandbox covers: both are shown. */
async function makeSandboxed() {
  const stage = await makeStage();
  const config: ConfigSource = {
    agent: 'claude',
    agents: {
      claude: {
        sandbox: {
          driver: 'bubblewrap',
          network: false,
          mounts: [{ path: stage.bin }, { path: stage.fixtures }, { path: stage.journal, write: true }],
        },
      },
    },
  };
  stage.configure(config);
  return stage;
}

const begin = (stage: Stage, run: Record<string, unknown> = {}) =>
  stage.begin(stage.newTask('--pipeline', stage.pipeline(quickStage(run))), { FORGE_TOKEN: 'not for the agent' });

test('in bubblewrap an agent works and commits, sees no data of Signalbox, and writes nowhere else', async () => {
  const stage = await makeSandboxed();
  const probe = `
    cat ${stage.data}/signalbox.db; ls ${stage.data}
    echo x > ${stage.repository}/outside.txt; echo x > /etc/signalbox-test; echo x > ${stage.directory}/outside.txt
    cat /proc/1/environ | tr '\\0' '\\n' | grep FORGE; ls /proc | grep -c '^[0-9]'
    git -c user.name=A -c user.email=a@b commit --quiet --allow-empty -m 'From inside'; echo 'kept in its home' > "$HOME/kept.txt"
    cat "$HOME/kept.txt"`;
  stage.probe(probe);
  const { code, stdout, stderr } = await begin(stage);
  expect(code, stdout + stderr).toBe(0);
  const told = readFileSync(join(stage.journal, 'development.1.probe'), 'utf8');
  expect(told).toMatch(/signalbox\.db.*No such file/);
  expect(told).not.toContain('SQLite format');
  expect(told).not.toContain('FORGE');
  for (const file of [
    join(stage.repository, 'outside.txt'),
    '/etc/signalbox-test',
    join(stage.directory, 'outside.txt'),
  ])
    expect(existsSync(file), file).toBe(false);
  const subjects = await stage.git(['log', '--format=%s', 'feature/ET-1-fix-the-totals']);
  expect(subjects).toContain('From inside');
  expect(stage.argv('development.1')).toContain('bypassPermissions');
  // A home of its own, which goes with the task.
  expect(told).toContain('kept in its home');
  expect(existsSync(join(homedir(), 'kept.txt'))).toBe(false);
  expect(existsSync(join(stage.data, 'homes', 'ET-1'))).toBe(false);
});

test('the private home stays between the attempts of a task', async () => {
  const stage = await makeSandboxed();
  stage.plan('development.1=cli:failsInTheEnd');
  stage.probe('cat "$HOME/notes.txt"; echo "here was $SIGNALBOX_STAGE.$SIGNALBOX_ATTEMPT" >> "$HOME/notes.txt"');
  const { code, stdout } = await begin(stage);
  expect(code, stdout).toBe(0);
  expect(readFileSync(join(stage.journal, 'development.2.probe'), 'utf8')).toContain('here was development.1');
});

test('a kill leaves nothing of a sandbox, however stubborn what is inside', async () => {
  const stage = await makeSandboxed();
  stage.plan('development=cli:hangs');
  stage.probe(`setsid sh -c 'trap "" TERM HUP; while :; do sleep 0.05; done' > /dev/null 2>&1 &`);
  const running = begin(stage);
  await stage.untilHalfDone('development.1');
  running.kill('SIGKILL');
  await running;
  expect(stage.processes().length).toBeGreaterThan(0);
  expect((await stage.signalbox('agent', 'kill', 'ET-1')).code).toBe(0);
  expect(stage.processes()).toEqual([]);
  expect(await stage.git(['for-each-ref', 'refs/signalbox/ET-1/'])).not.toBe('');
});

test('a sandboxed agent outlives Signalbox and is adopted', async () => {
  const stage = await makeSandboxed();
  stage.plan('development=cli:waits');
  const running = begin(stage);
  await stage.untilHalfDone('development.1');
  running.kill('SIGKILL');
  await running;
  const resumed = stage.resume();
  await vi.waitUntil(async () => (await stage.agentRun()).state.startsWith('working.running'), poll);
  writeFileSync(join(stage.journal, 'go'), '');
  const { code, stdout } = await resumed;
  expect(code, stdout).toBe(0);
  expect(stage.visits()).toEqual(['development.1']);
});

test('a silent tool in a sandbox is seen from outside', async () => {
  const stage = await makeSandboxed();
  stage.plan('development=cli:runsTool');
  const running = begin(stage, { silence: '6s', permanentAttempts: 1 });
  await stage.untilStarted('development.1');
  await vi.waitUntil(async () => (await stage.agentRun()).state.endsWith('inTool'), poll);
  stage.letGo();
  const { code, stdout } = await running;
  expect(code, stdout).toBe(0);
});

test('what an agent writes where git looks for its configuration is never run outside, nor widens its sandbox', async () => {
  const stage = await makeSandboxed();
  const trap = join(stage.directory, 'sprung');
  stage.probe(`
    mkdir -p own && git init --quiet --bare own/git
    printf '[filter "x"]\\n\\tclean = touch ${trap}; cat\\n' >> own/git/config
    echo '* filter=x' > .gitattributes
    echo "$SIGNALBOX_WORKTREE/own/git" > "$(git rev-parse --git-dir)/commondir"
    rm -f .git && cp -r own/git .git`);
  const { code, stdout, stderr } = await begin(stage);
  expect(existsSync(trap), stdout + stderr).toBe(false);
  // Its own git is broken; that of Signalbox is told where to look.
  expect([0, 1, 3]).toContain(code);
});

test('other branches, the checkpoints and the configuration of the repository are out of reach', async () => {
  const stage = await makeSandboxed();
  const before = await stage.git(['rev-parse', 'main']);
  stage.probe(`
    git update-ref refs/heads/main HEAD~0 || true
    git update-ref refs/heads/evil HEAD || echo 'no evil'
    git update-ref refs/signalbox/ET-1/forged HEAD || echo 'no forged'
    git config core.editor x || echo 'no config'`);
  await begin(stage);
  const told = readFileSync(join(stage.journal, 'development.1.probe'), 'utf8');
  expect(told).toContain('no evil');
  expect(told).toContain('no forged');
  expect(told).toContain('no config');
  expect(await stage.git(['rev-parse', 'main'])).toBe(before);
});

test('the tests that judge its work run in the same sandbox', async () => {
  const stage = await makeSandboxed();
  const seen = join(stage.journal, 'gate');
  stage.probe(`
    printf '%s\\n' 'cat /proc/1/environ | tr "\\0" "\\n" > ${seen}' 'ls ${stage.data} >> ${seen} 2>&1' 'echo x > ${stage.repository}/outside.txt' > head.sh
    cat head.sh test.sh > both.sh; mv both.sh test.sh; rm head.sh`);
  await begin(stage);
  const told = readFileSync(seen, 'utf8');
  expect(told).not.toContain('FORGE_TOKEN');
  expect(told).not.toContain('signalbox.db');
  expect(existsSync(join(stage.repository, 'outside.txt'))).toBe(false);
});
