/** Nobody beyond this machine gets in without a token: found out before anything is opened. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { openLocal } from '../../src/client/local.ts';
import type { SignalboxError } from '../../src/domain/errors.ts';
import { silentLogger } from '../../src/service/log.ts';
import { startService } from '../../src/service/serve.ts';
import { configPlace } from '../config/files.ts';

const news = { note() {}, warn() {}, onTakenOver() {}, onEntry() {} };

function place(serve: Record<string, unknown>) {
  const { directory } = configPlace({ 'signalbox.config.yaml': stringify({ serve: { port: 0, ...serve } }) });
  const data = join(directory, 'data');
  const local = openLocal({ cwd: directory, env: {}, data, warn() {} }, { name: 'ann', role: 'admin' });
  const start = async (env: Record<string, string> = {}) => {
    const service = await startService(local, { env, logger: silentLogger, news });
    onTestFinished(() => service.close({ stopAgents: false }));
    return service;
  };
  return { data, local, start };
}

const refusal = (starting: Promise<unknown>): Promise<SignalboxError> =>
  starting.then(
    () => Promise.reject(new Error('It has started.')),
    error => error as SignalboxError,
  );

test('a service beyond this machine is refused without a token', async () => {
  for (const serve of [{ host: '0.0.0.0' }, { host: '::' }, { host: '192.0.2.1' }]) {
    const { data, start } = place(serve);
    expect(await refusal(start())).toMatchObject({ reason: 'openDoor', remedy: { field: 'host' } });
    expect(existsSync(data)).toBe(false);
  }
});

test('one behind a proxy is refused without a token, wherever it listens', async () => {
  for (const serve of [
    { publicUrl: 'https://signalbox.example.org' },
    { trustProxy: 1 },
    { trustProxy: ['10.0.0.1'] },
  ]) {
    const { data, start } = place(serve);
    const { reason, message, remedy } = await refusal(start());
    expect([reason, message, remedy?.field]).toEqual(['openDoor', expect.stringMatching(/^Behind a proxy/), undefined]);
    expect(existsSync(data)).toBe(false);
  }
});

test('with a token it is there for whoever has it', async () => {
  const { start } = place({ publicUrl: 'https://signalbox.example.org', trustProxy: 1 });
  const { url } = await start({ SIGNALBOX_API_TOKEN: 'a-secret-of-ours' });
  expect((await fetch(`${url}/queue`)).status).toBe(401);
  const headers = { authorization: 'Bearer a-secret-of-ours' };
  expect((await fetch(`${url}/queue`, { headers })).status).toBe(200);
});

test('on this machine alone it needs none, also under an address of its own', async () => {
  const { start } = place({ publicUrl: 'http://localhost:8500' });
  const { url } = await start();
  expect((await fetch(`${url}/queue`)).status).toBe(200);
});

test('a token of the data is enough', async () => {
  const { local, start } = place({ trustProxy: 1 });
  const { token } = await local.ask('token.create', { name: 'ci', role: 'viewer' });
  const { url } = await start();
  expect((await fetch(`${url}/queue`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
});
