/** The service is replaced again and again, by a stop and by `kill -9`, while clients order and agents work. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { oneStage } from '../cli/place.ts';
import { openCaller, type Reply } from './clients.ts';
import { isThere, makePlace, orderFor, type Place, patience, type Service, serve, untilCalled } from './process.ts';

vi.setConfig({ testTimeout: 180_000 });

const restarts = 3;
const clients = 3;
/** Acknowledged between two restarts, at least. */
const between = 8;

interface Given {
  title: string;
  /** Undefined for an order that was never answered. */
  reply: Reply | undefined;
  pause?: Reply | undefined;
}

/** Orders one task after another and holds each, until the signal aborts. */
async function orderAll(name: string, place: Place, url: () => string, signal: AbortSignal, given: Given[]) {
  const caller = openCaller(url);
  for (let number = 1; !signal.aborted; number++) {
    const title = `order ${name}-${number}`;
    const body = { title, repository: place.repository, agent: 'true', pipeline: oneStage() };
    const order: Given = { title, reply: undefined };
    given.push(order);
    order.reply = await caller.insist({ key: `${title} add`, path: '/tasks', body }, signal);
    if (order.reply?.status !== 201) continue;
    const path = `/tasks/${order.reply.json.id}/pause`;
    order.pause = await caller.insist({ key: `${title} pause`, path, body: {} }, signal);
  }
  caller.close();
}

/** Two agents that work until they are let go: as many as work at a time. */
async function occupy(place: Place, service: Service): Promise<number[]> {
  for (const id of ['ET-1', 'ET-2']) {
    const order = orderFor(place, { id, twists: ['development=waits'], more: { pipeline: oneStage() } });
    expect((await service.ask('POST', '/tasks', order)).status).toBe(201);
  }
  return (await untilCalled(place, 2)).map(({ pid }) => pid);
}

async function tasksOf(service: Service): Promise<{ id: string; title: string }[]> {
  const { json } = await service.ask('GET', '/tasks?limit=1000');
  return json.items as { id: string; title: string }[];
}

async function appliedPauses(service: Service, id: string): Promise<number> {
  const { json } = await service.ask('GET', `/tasks/${id}/events?limit=1000`);
  const items = json.items as { type: string; outcome: string }[];
  return items.filter(({ type, outcome }) => type === 'task.pause' && outcome === 'applied').length;
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'nothing is lost or done twice when %s ends the service under load',
  async signal => {
    const place = await makePlace();
    writeFileSync(join(place.directory, 'signalbox.config.json'), '{"serve":{"requestsPerMinute":"off"}}');
    let service = await serve(place);
    const { url, port } = service;
    const agents = await occupy(place, service);

    const given: Given[] = [];
    const stop = new AbortController();
    const names = Array.from({ length: clients }, (_, index) => `c${index + 1}`);
    const ordering = names.map(name => orderAll(name, place, () => url, stop.signal, given));
    const acknowledged = () => given.filter(({ pause }) => pause !== undefined).length;
    for (let round = 0; round < restarts; round++) {
      const before = acknowledged();
      await vi.waitUntil(() => acknowledged() >= before + between, patience);
      service.signal(signal);
      const { code } = await service.ended;
      if (signal === 'SIGTERM') expect(code).toBe(0);
      service = await serve(place, { args: ['--port', port] });
      expect(service.url).toBe(url);
    }
    const before = acknowledged();
    await vi.waitUntil(() => acknowledged() >= before + between, patience);
    stop.abort();
    await Promise.all(ordering);

    const answers = given.flatMap(({ reply, pause }) => [reply, pause]).filter(reply => reply !== undefined);
    expect([...new Set(answers.map(({ status }) => status))].sort()).toEqual([201, 202]);
    const tasks = await tasksOf(service);
    for (const { title, reply, pause } of given) {
      const made = tasks.filter(task => task.title === title).map(({ id }) => id);
      if (reply !== undefined) expect(made, title).toEqual([reply.json.id]);
      else expect(made.length, title).toBeLessThanOrEqual(1);
      if (pause !== undefined) expect(await appliedPauses(service, made[0]!), title).toBe(1);
    }
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(tasks.length);

    expect(agents.filter(isThere)).toEqual(agents);
    expect(place.calls()).toHaveLength(2);
    place.letGo();
    await vi.waitUntil(async () => {
      const all = await Promise.all(['ET-1', 'ET-2'].map(id => service.ask('GET', `/tasks/${id}`)));
      return all.every(({ json }) => json.standing === 'done');
    }, patience);
    expect(place.calls().map(({ pid }) => pid)).toEqual(agents);
    expect(await place.signalbox('verify')).toMatchObject({ code: 0 });
  },
);
