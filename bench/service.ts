/** What the service takes: looking with a million tasks, ordering, following, starting, and what it holds. On loopback. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { makeData } from './data.ts';
import { here, inDirectory, stopped, type Talker, talk } from './processes.ts';
import { median, quantile } from './statistics.ts';

const serviceOn = (dataDir: string, how: 'storing' | 'bare' = 'storing') => talk('service-child.ts', [dataDir, how]);

/** A service on data with the tasks that move, for as long as the work takes. */
function withService<T>(work: (service: Talker) => Promise<T>): Promise<T> {
  return inDirectory(async directory => {
    const dataDir = await makeData(directory, { ended: 1_000, living: moving + 10 });
    const service = await serviceOn(dataDir);
    try {
      return await work(service);
    } finally {
      await service.end();
    }
  });
}

/** The tasks that move: each is let on and paused in turn. */
const moving = 100;
const json = { 'content-type': 'application/json' };

function orders() {
  let count = 0;
  return () => {
    const [task, round] = [(count % moving) + 1, Math.floor(count / moving)];
    count += 1;
    const type = round % 2 === 0 ? 'task.resume' : 'task.pause';
    return {
      method: 'POST' as const,
      path: `/tasks/L-${task}/events`,
      body: JSON.stringify({ type }),
      headers: { ...json },
    };
  };
}

interface Asked {
  method: 'GET' | 'POST';
  path: string;
  body?: string;
  headers?: Record<string, string>;
}

interface Load {
  url: string;
  seconds: number;
  next(): Asked;
}

/** As many as there can be, one after another on each connection. Answers how many those were per second. */
async function flood({ url, seconds, connections, next }: Load & { connections: number }): Promise<number> {
  const result = await autocannon({
    url,
    duration: seconds,
    connections,
    requests: [{ setupRequest: request => ({ ...request, ...next() }) }],
  });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} lost`);
  return result['2xx'] / result.duration;
}

/** At an even pace, whether answers come or not: how long each took, from when it was due. Of autocannon they come in bursts. */
async function paced({ url, seconds, rate, next }: Load & { rate: number }): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const times: number[] = [];
  const asked: Promise<void>[] = [];
  const began = performance.now();
  for (let count = 0; count < seconds * rate; count++) {
    const due = began + (count * 1_000) / rate;
    if (due > performance.now()) await pause(due - performance.now());
    const { method, path, body, headers } = next();
    asked.push(
      new Promise((resolve, reject) => {
        const sent = request(`${url}${path}`, { agent, method, ...(headers && { headers }) }, response => {
          if (response.statusCode! >= 400) {
            void text(response).then(why => reject(new Error(`${path} was answered with ${why}`)), reject);
            return;
          }
          response.resume().once('end', () => {
            times.push(performance.now() - due);
            resolve();
          });
        });
        sent.once('error', reject);
        sent.end(body);
      }),
    );
  }
  await Promise.all(asked);
  agent.destroy();
  return times;
}

export interface Looking {
  what: string;
  p99: number;
}

/** Looks while a hundred tasks move, with so many stored. */
export async function measureLooking(ended: number): Promise<Looking[]> {
  return inDirectory(async directory => {
    const dataDir = await makeData(directory, { ended, living: 1_000, hasRuns: false });
    const service = await serviceOn(dataDir);
    try {
      const url = service.first;
      // The check of a large file, in a thread of its own, reads it from end to end after each start.
      if (ended > 100_000) await pause(40_000);
      const stop = new AbortController();
      const move = orders();
      const movements = (async () => {
        while (!stop.signal.aborted) {
          const { path, method, body, headers } = move();
          await fetch(`${url}${path}`, { method, body, headers }).then(answer => answer.text());
          await pause(10);
        }
      })();
      const looking = async (rate: number, path: () => string) => {
        const next = () => ({ method: 'GET' as const, path: path() });
        await paced({ url, seconds: 3, rate, next });
        return quantile(await paced({ url, seconds: 15, rate, next }), 0.99);
      };
      let count = 0;
      const one = await looking(500, () => `/tasks/T-${(count++ * 7_919) % ended || 1}`);
      const list = await looking(100, () => `/tasks?project=shop-${ended}-1000&standing=paused&limit=20`);
      stop.abort();
      await movements;
      return [
        { what: '`GET /tasks/:id` at 500 requests a second', p99: one },
        { what: '`GET /tasks?project=&standing=` (20 of them) at 100 a second', p99: list },
      ];
    } finally {
      await service.end();
    }
  });
}

/** Orders with 50 connections, stored and answered as if they were, in turns. */
export async function measureOrders(): Promise<{ bare: number; storing: number; ratio: number }> {
  return inDirectory(async directory => {
    const dataDir = await makeData(directory, { ended: 1_000, living: moving + 10 });
    const copy = await makeData(join(directory), { ended: 1_001, living: moving + 10 });
    const [storing, bare] = [await serviceOn(dataDir), await serviceOn(copy, 'bare')];
    try {
      const pace = (url: string) => flood({ url, seconds: 5, connections: 50, next: orders() });
      const pairs: { bare: number; storing: number }[] = [];
      for (let round = 0; round <= 4; round++) {
        const [a, b] = [await pace(bare.first), await pace(storing.first)];
        if (round > 0) pairs.push({ bare: a, storing: b });
      }
      return {
        bare: median(pairs.map(pair => pair.bare)),
        storing: median(pairs.map(pair => pair.storing)),
        ratio: median(pairs.map(pair => pair.storing / pair.bare)),
      };
    } finally {
      await Promise.all([storing.end(), bare.end()]);
    }
  });
}

export interface Following {
  readers: number;
  /** Orders per second while it was looked how long events take to be seen. */
  pace: number;
  p50: number;
  p99: number;
  /** Orders per second, as many as there can be, with nobody following and with all. */
  alone: number;
  followed: number;
  ratio: number;
  /** Bytes that the readers took per second meanwhile. */
  bytesPerSecond: number;
  lost: number;
}

/** How soon events are seen by many readers, and what they cost those who order. */
export async function measureFollowing(readers: number): Promise<Following> {
  return withService(async service => {
    const url = service.first;
    const next = orders();
    const full = () => flood({ url, seconds: 8, connections: 10, next });
    await full();
    const alone = await full();
    const crowd = await talk('readers-child.ts', [url, String(readers)]);
    const pace = 50;
    await paced({ url, seconds: 3, rate: pace, next });
    await crowd.ask();
    await paced({ url, seconds: 15, rate: pace, next });
    await pause(500);
    const seen = await crowd.ask<{ delays: number[]; lost: number }>();
    const followed = await full();
    const { bytes, lost } = await crowd.ask<{ bytes: number; lost: number }>();
    await crowd.end();
    return {
      readers,
      pace,
      p50: quantile(seen.delays, 0.5),
      p99: quantile(seen.delays, 0.99),
      alone,
      followed,
      ratio: followed / alone,
      bytesPerSecond: bytes / 8,
      lost: seen.lost + lost,
    };
  });
}

/** From the start of the process of `signalbox serve` until it says that it is ready. */
export async function measureServeStart(ended: number, living: number): Promise<{ ms: number; worst: number }> {
  return inDirectory(async directory => {
    const dataDir = await makeData(directory, { ended, living, hasRuns: false });
    const times: number[] = [];
    for (let round = 0; round < 6; round++) {
      const began = performance.now();
      const args = [here('../bin/signalbox.js'), 'serve', '--json', '--port', '0', '--data', dataDir];
      const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] });
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      const { url } = JSON.parse(line) as { url: string };
      while ((await fetch(`${url}/health/ready`)).status !== 200) await pause(5);
      // The first start tags and checks nothing that the others do not; it warms the disk.
      if (round > 0) times.push(performance.now() - began);
      await stopped(child);
    }
    return { ms: median(times), worst: Math.max(...times) };
  });
}

export interface Holding {
  events: number;
  readers: number;
  before: { heapUsed: number; rss: number };
  after: { heapUsed: number; rss: number };
}

/** What a service holds after an hour's worth of events (one a second for each task that moves), replayed fast. */
export async function measureHolding(readers: number, events: number): Promise<Holding> {
  return withService(async service => {
    const url = service.first;
    const next = orders();
    const crowd = await talk('readers-child.ts', [url, String(readers)]);
    type Held = { heapUsed: number; rss: number; position: number };
    await paced({ url, seconds: 10, rate: 100, next });
    await pause(1_000);
    const before = await service.ask<Held>();
    let held = before;
    while (held.position - before.position < events) {
      await flood({ url, seconds: 10, connections: 10, next });
      await pause(1_000);
      held = await service.ask<Held>();
      await crowd.ask();
    }
    await crowd.end();
    return { events: held.position - before.position, readers, before, after: held };
  });
}
