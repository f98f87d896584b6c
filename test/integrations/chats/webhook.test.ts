/** Signed webhooks keep the contract: checked with the library of the specification, at a server of this test. */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import type { ChatOptions, Notice } from '../../../src/integrations/chat.ts';
import { createChat } from '../../../src/integrations/chats/index.ts';
import { type Arrived, chatConformance, failureOf } from './conformance.ts';
import { noticeOf, url } from './notices.ts';

const secret = `whsec_${Buffer.from('a key of twenty-four bytes').toString('base64')}`;

interface Asked {
  method: string;
  headers: Record<string, string>;
  body: string;
}

interface Canned {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** Answers each request with the next of these, and with 204 when there are none left. */
async function startReceiver() {
  const asked: Asked[] = [];
  const next: Canned[] = [];
  const weather = { latencyMs: 0, isDown: false };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (weather.latencyMs > 0) await pause(weather.latencyMs, undefined, { ref: false });
    const { status, headers, body: answer } = next.shift() ?? { status: request.method === 'HEAD' ? 405 : 204 };
    if (request.method === 'POST' && status < 300)
      asked.push({ method: request.method, headers: request.headers as Record<string, string>, body });
    response.writeHead(status, headers).end(answer);
  });
  server.on('connection', (socket: Socket) => {
    if (weather.isDown) socket.destroy();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/signalbox?key=k3y-in-the-query`,
    asked,
    next,
    weather,
    down() {
      weather.isDown = true;
      server.closeAllConnections();
    },
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function webhookPlace() {
  const receiver = await startReceiver();
  const options: ChatOptions = {
    ...{ name: 'alerts', url: receiver.url, token: secret, to: [], from: null, user: null },
  };
  return {
    receiver,
    chat: await createChat('webhook', options),
    make: (other: Partial<ChatOptions>) => createChat('webhook', { ...options, ...other }),
    arrived: () => receiver.asked.map(toArrived),
    secrets: [secret, secret.slice(6), 'k3y-in-the-query'],
    down: receiver.down,
    failNext: () => receiver.next.push({ status: 500 }),
    limitNext: (seconds: number) => receiver.next.push({ status: 429, headers: { 'retry-after': String(seconds) } }),
    slow(ms: number) {
      receiver.weather.latencyMs = ms;
    },
    close: receiver.close,
  };
}

const verified = ({ body, headers }: Asked) =>
  new Webhook(secret).verify(body, headers) as { type: string; timestamp: string; data: Notice };

function toArrived(asked: Asked): Arrived {
  const { data } = verified(asked);
  const held = data.heldBack === 0 ? '' : `${data.heldBack} more`;
  const seen = [data.title, data.text, data.url, data.command, held].join('\n');
  return { seen: seen.toWellFormed(), mark: asked.headers['webhook-id']!, made: [] };
}

chatConformance('webhooks', webhookPlace, start => {
  test('sends a notice that the library of the specification takes for good', async () => {
    const { chat, receiver } = await start();
    const { buttons, ...notice } = noticeOf({ buttons: [{ label: 'Approve', verb: 'approve', token: 't0ken' }] });
    await chat.send({ ...notice, buttons });
    const [asked] = receiver.asked;
    expect(verified(asked!)).toEqual({ type: 'task.needsPerson', timestamp: '2026-11-20T10:00:00.000Z', data: notice });
    expect(asked!.headers).toMatchObject({ 'webhook-id': notice.id, 'content-type': 'application/json' });
    // Whoever has the token of a button may answer with it.
    expect(asked!.body).not.toContain('t0ken');
  });

  test('signs what it sends, and nothing else', async () => {
    const { chat, receiver } = await start();
    await chat.send(noticeOf());
    const asked = receiver.asked[0]!;
    expect(() => verified({ ...asked, body: asked.body.replace('shop-12', 'shop-13') })).toThrow();
    expect(() => verified({ ...asked, headers: { ...asked.headers, 'webhook-id': 'other' } })).toThrow();
  });

  answerBehaviour(start);

  test('is usable where only POST is taken, and not where nothing is taken any more', async () => {
    const { chat, receiver } = await start();
    for (const status of [200, 404, 405]) {
      receiver.next.push({ status });
      expect(await chat.check()).toMatch(/^signed webhooks to 127\.0\.0\.1/);
    }
    receiver.next.push({ status: 410 });
    expect(await failureOf(chat.check())).toMatchObject({ failure: 'notFound' });
  });

  test.each([null, '', 'secret', 'whsec_', 'whsec_not base64!'])('signs with no secret like %j', async token => {
    const { make } = await start();
    const failed = await failureOf(make({ token, url }));
    expect(failed).toMatchObject({ failure: 'invalid' });
    if (token === 'secret') expect(failed.message).not.toMatch(/secret like|'secret'/);
  });
});

function answerBehaviour(start: () => ReturnType<typeof webhookPlace>): void {
  test.each([200, 201, 202, 204])('takes %i for delivered', async status => {
    const { chat, receiver } = await start();
    receiver.next.push({ status });
    await chat.send(noticeOf());
  });

  test('takes it for delivered however much is answered', async () => {
    const { chat, receiver } = await start();
    receiver.next.push({ status: 200, body: 'x'.repeat(2_000_000) });
    await chat.send(noticeOf());
  });

  test.each([
    [400, 'invalid'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'notFound'],
    [410, 'notFound'],
    [429, 'limited'],
    [500, 'unreachable'],
    [503, 'unreachable'],
  ] as const)('takes %i for %s', async (status, failure) => {
    const { chat, receiver } = await start();
    receiver.next.push({ status });
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject({ failure, status });
  });

  test.each([301, 302, 307, 308])('follows no redirect with %i', async status => {
    const { chat, receiver } = await start();
    receiver.next.push({ status, headers: { location: receiver.url } });
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject({ failure: 'invalid', status });
    expect(receiver.asked).toEqual([]);
  });
}
