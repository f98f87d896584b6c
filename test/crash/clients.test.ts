/**
 * The service is killed at one instant of the life of an order after another, with a client attached. What was
 * acknowledged is there after the restart; what was not is there once or not at all; and every order that is given again
 * under its key is answered as it was, or carried out then.
 *
 * SIGNALBOX_CRASHES: at how many instants (30), or `all`. SIGNALBOX_SEED: which ones.
 */
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { makeDemoRepository } from '../../src/demo/repository.ts';
import { oneStage } from '../cli/place.ts';
import { isBroken, type Order, openCaller, type Reply } from '../service/clients.ts';
import { ask, patience, token } from '../service/process.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const { SIGNALBOX_CRASHES: wanted = '30', SIGNALBOX_SEED: seed = '7' } = process.env;
vi.setConfig({ testTimeout: wanted === '30' ? 300_000 : 7_200_000 });

const program = fileURLToPath(new URL('served.ts', import.meta.url));
const fixture = fileURLToPath(new URL('../fixtures/agent-all-roles.sh', import.meta.url));

async function start(directory: string, point: number) {
  const child = execa(process.execPath, [program, directory, String(point)], {
    env: { SIGNALBOX_API_TOKEN: token },
    reject: false,
    forceKillAfterDelay: false,
  });
  const first = new Promise<string>(resolve => createInterface({ input: child.stdout }).once('line', resolve));
  const line = await Promise.race([first, child]);
  if (typeof line !== 'string') throw new Error(`It did not start: ${line.stdout}${line.stderr}`);
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    child,
    get: (path: string) => ask(url, { method: 'GET', path, headers: { authorization: `Bearer ${token}` } }),
    async stop() {
      child.kill('SIGTERM');
      const { stdout } = await child;
      return JSON.parse(stdout.trim().split('\n').at(-1)!) as { points: number; differences: unknown[] };
    },
  };
}

type Served = Awaited<ReturnType<typeof start>>;

/** An order, and those that follow it in its life. */
function ordersFor(directory: string): Order[] {
  const body = {
    id: 'ET-1',
    title: 'Fix the totals',
    repository: join(directory, 'shop'),
    agent: `sh ${fixture} ${join(directory, 'journal')}`,
    pipeline: oneStage(),
  };
  const unnamed = { title: 'Another', repository: join(directory, 'shop'), agent: 'true', priority: 9 };
  return [
    { key: 'hold', path: '/queue/pause', body: {} },
    { key: 'add', path: '/tasks', body },
    { key: 'pause', path: '/tasks/ET-1/pause', body: {} },
    { key: 'resume', path: '/tasks/ET-1/resume', body: {} },
    { key: 'again', path: '/tasks', body: unnamed },
    { key: 'cancel', path: '/tasks/T-2/cancel', body: {} },
    { key: 'go', path: '/queue/resume', body: {} },
  ];
}

/** Sends one after another; ends where the connection breaks off. */
async function orderAll(served: Served, orders: readonly Order[]): Promise<Map<string, Reply>> {
  const acknowledged = new Map<string, Reply>();
  const caller = openCaller(() => served.url);
  try {
    for (const order of orders) acknowledged.set(order.key, await caller.send(order));
  } catch (error) {
    if (!isBroken(error)) throw error;
  } finally {
    caller.close();
  }
  return acknowledged;
}

/** Resolves when the task has ended, or when the service has. */
async function untilDone({ get, child }: Served): Promise<void> {
  const ended = child.then(() => true);
  await vi.waitUntil(
    async () => {
      try {
        return (await get('/tasks/ET-1')).json.standing === 'done';
      } catch {
        return Promise.race([ended, false]);
      }
    },
    { ...patience, interval: 100 },
  );
}

const appliedOf = async (served: Served, id: string) => {
  const { json, status } = await served.get(`/tasks/${id}/events?limit=1000`);
  if (status === 404) return [];
  const items = json.items as { type: string; outcome: string; source: string }[];
  return items.filter(({ outcome, source }) => outcome === 'applied' && source === 'api').map(({ type }) => type);
};

/** How often each order is in the data. */
async function foundIn(served: Served): Promise<Record<string, number>> {
  const [first, second] = await Promise.all([appliedOf(served, 'ET-1'), appliedOf(served, 'T-2')]);
  const tasks = (await served.get('/tasks?limit=100')).json.items as { title: string }[];
  const times = (all: readonly string[], one: string) => all.filter(it => it === one).length;
  const titles = tasks.map(({ title }) => title);
  return {
    add: times(titles, 'Fix the totals'),
    pause: times(first, 'task.pause'),
    resume: times(first, 'task.resume'),
    again: times(titles, 'Another'),
    cancel: times(second, 'task.cancel'),
  };
}

/** How often the agent was started. */
function starts(directory: string): number {
  const calls = join(directory, 'journal', 'calls');
  return existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').length : 0;
}

/** What each incarnation of the service finds, and how it answers what it or an earlier one has answered before. */
async function incarnate(directory: string, point: number, known: Map<string, Reply>): Promise<Served> {
  const served = await start(directory, point);
  const orders = ordersFor(directory);
  const found = await foundIn(served).catch(unlessBroken);
  for (const [key, times] of Object.entries(found ?? {})) {
    if (known.has(key)) expect([key, times]).toEqual([key, 1]);
    else expect(times, key).toBeLessThanOrEqual(1);
  }
  for (const [key, reply] of await orderAll(served, orders)) {
    expect([key, reply]).toEqual([key, known.get(key) ?? reply]);
    known.set(key, reply);
  }
  // Orders are few of the instants; the rest of the life is the agent's, the gates' and the end.
  if (known.size === orders.length) await untilDone(served);
  return served;
}

/** `fetch` says of every connection that breaks only that it has failed. */
function unlessBroken(error: unknown): undefined {
  if (!(error instanceof TypeError)) throw error;
}

/** One life with several crashes in it, each at so many points behind the start before. */
async function live(directory: string, crashes: readonly number[]): Promise<void> {
  const known = new Map<string, Reply>();
  for (const point of crashes) {
    const doomed = await incarnate(directory, point, known);
    // Where less was left of the life than in an undisturbed one, it dies at its end.
    doomed.child.kill('SIGKILL');
    await doomed.child;
  }
  const heir = await incarnate(directory, 0, known);
  expect([...known.values()].map(({ status }) => status)).toEqual([200, 201, 202, 202, 201, 202, 200]);
  expect(await foundIn(heir)).toEqual({ add: 1, pause: 1, resume: 1, again: 1, cancel: 1 });
  expect(starts(directory)).toBe(1);
  expect((await heir.stop()).differences).toEqual([]);
}

test('what was acknowledged is there after a crash at any instant, and what was not is there once at most', async () => {
  const place = temporaryDirectory();
  const template = join(place, 'template');
  mkdirSync(template);
  await makeDemoRepository(template);
  const fresh = (name: string) => {
    const directory = join(place, name);
    cpSync(template, join(directory, 'shop'), { recursive: true });
    return directory;
  };

  const calm = fresh('calm');
  const undisturbed = await start(calm, 0);
  const replies = await orderAll(undisturbed, ordersFor(calm));
  await untilDone(undisturbed);
  const { points } = await undisturbed.stop();
  expect(replies.size).toBe(7);
  expect(points).toBeGreaterThan(200);

  const queue = lives(points);
  const failures: string[] = [];
  await Promise.all(
    [1, 2].map(async () => {
      for (let crashes = queue.pop(); crashes !== undefined; crashes = queue.pop()) {
        try {
          await live(fresh(crashes.join('-')), crashes);
        } catch (error) {
          failures.push(`${crashes.join(', then ')} of ${points}, seed ${seed}: ${(error as Error).message}`);
        }
      }
    }),
  );
  expect(failures).toEqual([]);
});

const crashesInALife = 3;

/** Instants anywhere in a life, each instant once; of a life in which there are several, how far each is from the one before. */
function lives(points: number): number[][] {
  const all = Array.from({ length: points }, (_, index) => index + 1);
  if (wanted === 'all') return all.map(point => [point]);
  // Park and Miller's generator: the same instants for the same seed, on every machine.
  let state = (Number(seed) % 2_147_483_646) + 1;
  const pick = () => {
    state = (state * 48_271) % 2_147_483_647;
    return all.splice(Math.floor((state / 2_147_483_647) * all.length), 1)[0]!;
  };
  return Array.from({ length: Math.ceil(Number(wanted) / crashesInALife) }, () => {
    const instants = Array.from({ length: crashesInALife }, pick).sort((a, b) => a - b);
    return instants.map((instant, index) => instant - (instants[index - 1] ?? 0));
  });
}
