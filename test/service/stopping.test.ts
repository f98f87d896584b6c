/** What a stop, a crash and a new start of the service mean for those who ask and for agents at work. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { oneStage } from '../cli/place.ts';
import { ask, isThere, makePlace, orderFor, patience, serve, token, untilCalled } from './process.ts';

const standingOf = (service: Awaited<ReturnType<typeof serve>>, id = 'ET-1') =>
  service.ask('GET', `/tasks/${id}`).then(({ json }) => json);

/** Orders a task whose agent does what it is told there, and waits until it has begun. */
async function working(twist: string, pipeline: object = oneStage({ grace: '3s' })) {
  const place = await makePlace();
  const service = await serve(place);
  const { status } = await service.ask('POST', '/tasks', orderFor(place, { twists: [twist], more: { pipeline } }));
  expect(status).toBe(201);
  const [first] = await untilCalled(place);
  return { place, service, agent: first! };
}

async function untilStopping(service: Awaited<ReturnType<typeof serve>>): Promise<void> {
  await vi.waitUntil(async () => {
    const { json } = await service.ask('GET', '/agents');
    return (json.items as { state: string }[])[0]?.state.includes('stopping');
  }, patience);
}

test('a request under way is finished, and nobody else gets in', async () => {
  const { place, service, agent } = await working('development=hangs');
  const killed = service.ask('POST', '/agents/kill-all', {});
  // The agent heeds no signal, so that the order lasts until the grace is over.
  await untilStopping(service);
  service.signal('SIGTERM');
  await vi.waitUntil(() => refused(service.url), patience);
  expect(isThere(agent.pid)).toBe(true);

  expect(await killed).toMatchObject({ status: 200, json: { killed: 1, failed: 0 } });
  expect((await service.ended).code).toBe(0);
  expect(place.processes()).toEqual([]);
});

test('a connection on which nothing is asked keeps no service from stopping', async () => {
  const place = await makePlace();
  const service = await serve(place);
  const { hostname, port } = new URL(service.url);
  const silent = connect(Number(port), hostname);
  onTestFinished(() => void silent.destroy());
  silent.on('error', () => {});
  await once(silent, 'connect');
  // By now the service has it.
  await service.ask('GET', '/health');
  expect((await service.stop()).code).toBe(0);
});

test('a second signal leaves at once, and the agent is found again', async () => {
  const { place, service, agent } = await working('development=hangs', oneStage({ grace: '60s' }));
  const killed = service.ask('POST', '/agents/kill-all', {}).catch((error: unknown) => error);
  await untilStopping(service);
  service.signal('SIGTERM');
  await vi.waitUntil(() => refused(service.url), patience);
  service.signal('SIGTERM');
  expect((await service.ended).code).toBe(130);
  expect(await killed).toBeInstanceOf(Error);
  expect(isThere(agent.pid)).toBe(true);
  expect(place.calls()).toHaveLength(1);
});

test('agents go on while the service is stopped, and the next start adopts them', async () => {
  const { place, service, agent } = await working('development=waits');
  expect((await service.stop()).code).toBe(0);
  expect(isThere(agent.pid)).toBe(true);

  const next = await serve(place);
  place.letGo();
  await vi.waitUntil(async () => (await standingOf(next)).standing === 'done', patience);
  expect(place.calls()).toEqual([agent]);
});

test('with --stop-agents they end after a checkpoint, and the run goes on at the next start', async () => {
  const place = await makePlace();
  const service = await serve(place, { args: ['--stop-agents'] });
  await service.ask('POST', '/tasks', orderFor(place, { twists: ['development.1=waits'], more: quick }));
  const [first] = await untilCalled(place);
  expect((await service.stop()).code).toBe(0);
  expect(isThere(first!.pid)).toBe(false);
  expect(await place.git(['log', '--format=%s', '--all'])).toContain('heckpoint');

  place.letGo();
  const next = await serve(place);
  await vi.waitUntil(async () => (await standingOf(next)).standing === 'done', patience);
  expect(place.calls().length).toBe(2);
  expect((await place.signalbox('verify')).code).toBe(0);
});

test('after kill -9 an agent that still works is adopted', async () => {
  const { place, service, agent } = await working('development=waits');
  await service.crash();
  const next = await serve(place);
  place.letGo();
  await vi.waitUntil(async () => (await standingOf(next)).standing === 'done', patience);
  expect(place.calls()).toEqual([agent]);
});

test('and one that has ended meanwhile is concluded', async () => {
  const { place, service, agent } = await working('development=waits');
  await service.crash();
  place.letGo();
  await vi.waitUntil(() => place.processes().length === 0, patience);
  const next = await serve(place);
  await vi.waitUntil(async () => (await standingOf(next)).standing === 'done', patience);
  expect(place.calls()).toEqual([agent]);
  expect((await place.signalbox('verify')).code).toBe(0);
});

const quick = { pipeline: oneStage() };

async function refused(url: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}`, connection: 'close' };
  try {
    await ask(url, { method: 'GET', path: '/health', headers });
    return false;
  } catch {
    return true;
  }
}
