/** `signalbox serve` as it starts and as it stops: what it leaves behind, and what it refuses. */
import { once } from 'node:events';
import { existsSync, lstatSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ask, makePlace, type Place, serve, token } from './process.ts';

const fileOf = (place: Place, name: string) => join(place.data, name);

/** Has a free port of loopback and keeps it. */
async function takenPort(): Promise<string> {
  const other = createServer();
  onTestFinished(() => void other.close());
  await once(other.listen(0, '127.0.0.1'), 'listening');
  return String((other.address() as AddressInfo).port);
}

test('says in one line where it listens, and stops cleanly', async () => {
  const place = await makePlace();
  const service = await serve(place);
  expect(JSON.parse(service.line)).toEqual({
    event: 'listening',
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    dataDir: place.data,
    projects: [],
  });
  expect(JSON.parse(readFileSync(fileOf(place, 'service.json'), 'utf8'))).toMatchObject({
    url: service.url,
    pid: service.pid,
  });
  expect((await ask(service.url, { method: 'GET', path: '/health' })).status).toBe(200);

  const { code, stdout } = await service.stop();
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${service.line}\n` });
  for (const name of ['service.json', 'api.sock', 'lock']) expect(existsSync(fileOf(place, name)), name).toBe(false);
});

test('speaks to people in a line of its own', async () => {
  const place = await makePlace();
  const service = place.begin(['serve', '--port', '0']);
  const [line] = (await once(service.stdout, 'data')) as [Buffer];
  expect(String(line)).toMatch(
    /^Signalbox listens on http:\/\/127\.0\.0\.1:\d+, works on .*, no project \(.*init.*\)\n$/,
  );
  service.kill('SIGTERM');
  const { code, stderr } = await service;
  expect(code).toBe(0);
  expect(stderr).toContain('Stopping: requests under way finish');
});

test('its socket is for nobody else from its first moment, whatever the umask is', async () => {
  const place = await makePlace();
  const usual = process.umask(0);
  await serve(place).finally(() => process.umask(usual));
  // Nothing changes the mode of the file once it is there.
  expect(statSync(fileOf(place, 'api.sock')).mode & 0o777).toBe(0o600);
  expect(statSync(fileOf(place, 'service.json')).mode & 0o777).toBe(0o600);
});

test('the socket of a process that was killed stands in nobody’s way', async () => {
  const place = await makePlace();
  const first = await serve(place);
  await first.crash();
  expect(existsSync(fileOf(place, 'api.sock'))).toBe(true);
  expect(await place.signalbox('task', 'list')).toMatchObject({ code: 0, stdout: 'There are no tasks.\n' });

  const second = await serve(place);
  expect(JSON.parse(readFileSync(fileOf(place, 'service.json'), 'utf8'))).toMatchObject({ pid: second.pid });
  expect((await place.signalbox('queue', 'pause')).code).toBe(0);
  expect(await second.ask('GET', '/queue')).toMatchObject({ json: { worker: expect.stringMatching(/^draining/) } });
});

test('is asked by its socket also where the data lies too deep for one', async () => {
  const place = await makePlace();
  const data = join(place.directory, 'd'.repeat(80), 'e'.repeat(80));
  const env = { SIGNALBOX_DATA: data };
  const service = await serve(place, { env });
  const socket = join(data, 'api.sock');
  expect(Buffer.byteLength(socket)).toBeGreaterThan(107);
  expect(lstatSync(socket).isSymbolicLink()).toBe(true);
  expect(await place.begin(['queue', 'pause'], { env })).toMatchObject({ code: 0 });
  expect(await service.ask('GET', '/queue')).toMatchObject({ json: { worker: expect.stringMatching(/^draining/) } });
  const short = dirname(readlinkSync(socket));
  await service.stop();
  expect(existsSync(short)).toBe(false);
});

test('a second service on the same data names the process that has it', async () => {
  const place = await makePlace();
  const service = await serve(place);
  for (const port of ['0', service.port]) {
    const { code, stderr } = await place.signalbox('serve', '--port', port);
    // It may go away: whoever starts services anew is to try again.
    expect(code).toBe(1);
    expect(stderr).toContain(`in use by process ${service.pid}`);
  }
  expect((await service.ask('GET', '/health')).status).toBe(200);
});

test('where another program listens, nothing is made and nobody begins to work', async () => {
  const place = await makePlace();
  const port = await takenPort();
  const { code, stderr } = await place.signalbox('serve', '--port', port);
  expect(code).toBe(1);
  expect(stderr).toContain(`Nothing can listen on 127.0.0.1:${port}: another service listens there.`);
  expect(stderr).toContain('with --port');
  expect(existsSync(place.data)).toBe(false);

  await place.signalbox('task', 'add', '--repo', place.repository, '--title', 'Fix it', ...place.agent());
  expect((await place.signalbox('serve', '--port', port)).code).toBe(1);
  expect(place.calls()).toEqual([]);
  expect((await place.signalbox('queue', '--json')).stdout).toContain('"isAttended": false');
});

test('beyond this machine it needs a token before it opens anything', async () => {
  const place = await makePlace();
  const { code, stderr } = await place.signalbox('serve', '--port', '0', '--host', '0.0.0.0');
  expect(code).toBe(2);
  expect(stderr).toContain('SIGNALBOX_API_TOKEN');
  expect(existsSync(place.data)).toBe(false);
});

test('with a token it serves beyond this machine whoever has it', async () => {
  const place = await makePlace();
  const { port } = await serve(place, { args: ['--host', '0.0.0.0'] });
  const url = `http://127.0.0.1:${port}`;
  const asked = (headers: Record<string, string>) => ask(url, { method: 'GET', path: '/tasks', headers });
  expect((await asked({})).status).toBe(401);
  expect((await asked({ authorization: 'Bearer sbx-another' })).status).toBe(401);
  expect((await asked({ authorization: `Bearer ${token}` })).status).toBe(200);
});

test('a configuration that does not hold is told with its file and its field', async () => {
  const place = await makePlace();
  const file = join(place.directory, 'signalbox.config.json');
  writeFileSync(file, JSON.stringify({ serve: { port: 'many' } }));
  const { code, stderr } = await place.signalbox('serve');
  expect(code).toBe(2);
  expect(stderr).toContain('signalbox.config.json');
  expect(stderr).toContain('serve.port');
  expect(existsSync(place.data)).toBe(false);
});
