/** What systemd is told of a service of `Type=notify`. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makePlace, patience, serve } from './process.ts';

test('that it is ready, that it lives, that it stops', async () => {
  const place = await makePlace();
  const journal = join(place.directory, 'told');
  const programs = join(place.directory, 'bin');
  mkdirSync(programs);
  const script = `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${journal}\n`;
  writeFileSync(join(programs, 'systemd-notify'), script, { mode: 0o755 });
  const told = () => (existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : []);
  const service = await serve(place, {
    env: { PATH: `${programs}:${process.env.PATH}`, NOTIFY_SOCKET: '/run/of-the-test', WATCHDOG_USEC: '200000' },
  });
  await vi.waitUntil(() => told().filter(line => line.endsWith('WATCHDOG=1')).length >= 2, patience);
  expect(told()[0]).toBe(`/run/of-the-test --ready --status=listens on ${service.url}`);
  await service.stop();
  expect(told().at(-1)).toBe('/run/of-the-test STOPPING=1');
});

test('without systemd nobody is told anything, and without its program it is a warning', async () => {
  const place = await makePlace();
  const quiet = await serve(place);
  expect((await quiet.stop()).stderr).not.toContain('systemd');
  const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const programs = join(place.directory, 'bin');
  mkdirSync(programs);
  writeFileSync(join(programs, 'git'), `#!/bin/sh\nexec ${git} "$@"\n`, { mode: 0o755 });
  const service = await serve(place, { env: { PATH: programs, NOTIFY_SOCKET: '/run/of-the-test' } });
  const { code, stderr } = await service.stop();
  expect(code).toBe(0);
  expect(stderr).toContain('systemd was not told');
});

/** Prints each message that arrives, and lets go of the descriptors that come with it: that is what systemd-notify waits for. */
const receiver = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True:
    data, fds, _, _ = socket.recv_fds(s, 65536, 8)
    for fd in fds: os.close(fd)
    print(data.decode().replace('\\n', ' '), flush=True)
`;

const missing = ['python3', 'systemd-notify'].filter(program => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});
if (missing.length > 0)
  writeSync(2, `\nSKIPPED: the socket of systemd; there is no ${missing.join(' and no ')} here.\n`);

test.skipIf(missing.length > 0)('the messages arrive at the socket of systemd', async () => {
  const place = await makePlace();
  const socket = join(place.directory, 'notify.sock');
  const listening = execa('python3', ['-c', receiver, socket], { reject: false });
  onTestFinished(() => void listening.kill('SIGKILL'));
  let heard = '';
  listening.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  await vi.waitUntil(() => heard.includes('bound'), patience);
  const service = await serve(place, { env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' } });
  await vi.waitUntil(() => heard.includes('WATCHDOG=1'), patience);
  await service.stop();
  await vi.waitUntil(() => heard.includes('STOPPING=1'), patience);
  expect(heard).toMatch(/READY=1/);
  expect(heard).toContain(`STATUS=listens on ${service.url}`);
  expect(heard.indexOf('READY=1')).toBeLessThan(heard.indexOf('WATCHDOG=1'));
  expect((await service.ended).stderr).not.toContain('systemd was not told');
});
