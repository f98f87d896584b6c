/** A service that cannot begin, and one that lets nobody in: what whoever starts it, and whoever asks it, goes by. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openService } from '../http/place.ts';
import { makePlace } from './place.ts';

test('what is in the way and may go away ends it with 1', async () => {
  const { signalbox } = await makePlace();
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const { code, stderr } = await signalbox('serve', '--port', String(port));
  expect([code, stderr]).toEqual([1, expect.stringContaining('another service listens there')]);
});

test('what is wrong ends it with 2', async () => {
  const { signalbox } = await makePlace();
  const { code, stderr } = await signalbox('serve', '--port', 'http');
  expect([code, stderr]).toEqual([2, expect.stringContaining('--port takes a number')]);
});

test('whoever asks a service without a token is told how a command gives one', async () => {
  const { url, admin } = await openService();
  const { begin } = await makePlace();
  const refused = await begin(['queue', '--url', url]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('Set SIGNALBOX_API_TOKEN')]);
  expect((await begin(['queue', '--url', url], { env: { SIGNALBOX_API_TOKEN: admin } })).code).toBe(0);
});
