/** Ten thousand deliveries at once: is each kept and told once, how long does its sender wait, and what does memory do. */
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import Database from 'better-sqlite3';
import { dataPaths } from '../src/app/data-directory.ts';
import { brokenPush, builtFor, type Hook, pushTo } from './forge.ts';
import { makeForgeData } from './forge-data.ts';
import { inDirectory, type Talker } from './processes.ts';
import { median } from './statistics.ts';
import { type Answered, send, serviceOn } from './webhooks.ts';

export interface Burst {
  sent: number;
  connections: number;
  /** Until the last answer, in milliseconds. */
  whole: number;
  /** From the moment in which it was sent to its answer, the slowest. */
  slowest: number;
  /** How many were answered after more than 5 s. */
  late: number;
  p50: number;
  statuses: Record<number, number>;
  lost: number;
  rss: { before: number; most: number; after: number };
  heap: { before: number; after: number };
}

/** As many at once on many connections: 20 % of them twice, 5 % broken. And once more, to see what is kept. */
export async function measureBurst(connections: number): Promise<Burst[]> {
  return inDirectory(async directory => {
    const dataDir = await makeForgeData(directory, { open: 1_000, ended: 1_000 });
    const service = await serviceOn(dataDir);
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    try {
      const bursts: Burst[] = [];
      for (let round = 0; round < 3; round++) bursts.push(await burst(service, agent, dataDir, round * 10_000));
      return bursts;
    } finally {
      agent.destroy();
      await service.end();
    }
  });
}

async function burst(service: Talker, agent: Agent, dataDir: string, from: number): Promise<Burst> {
  const { hooks, good } = burstOf(from);
  const before = await service.ask<{ rss: number; heapUsed: number }>();
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, rssOf(service.pid));
  }, 50);
  const began = performance.now();
  const answers = await crowd(service.first, agent, hooks);
  const whole = performance.now() - began;
  clearInterval(watch);
  const after = await service.ask<{ rss: number; heapUsed: number }>();
  const times = answers.map(({ ms }) => ms);
  const statuses: Record<number, number> = {};
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  return {
    sent: hooks.length,
    connections: agent.maxSockets,
    whole,
    slowest: Math.max(...times),
    late: times.filter(ms => ms > 5_000).length,
    p50: median(times),
    statuses,
    lost: lostOf(dataDir, good),
    rss: { before: before.rss, most, after: after.rss },
    heap: { before: before.heapUsed, after: after.heapUsed },
  };
}

/** 7,500 good ones, 2,000 of them twice, and 500 that are broken: in an order in which both of a pair may be under way at once. */
function burstOf(from: number): { hooks: Hook[]; good: Hook[] } {
  const one = (index: number) => (index % 2 === 0 ? pushTo : builtFor)((index % 1_000) + 1, from + index);
  const good = Array.from({ length: 7_500 }, (_, index) => one(index));
  const hooks = good.flatMap((hook, index) => (index % 15 < 4 ? [hook, hook] : [hook]));
  const broken = Array.from({ length: 500 }, (_, index) => brokenPush((index % 1_000) + 1, from + 9_000 + index));
  return { hooks: hooks.flatMap((hook, index) => (index % 19 === 0 ? [hook, broken[index / 19]!] : [hook])), good };
}

/** Each connection has one under way at a time: what waits for a connection was not sent yet. */
async function crowd(url: string, agent: Agent, hooks: readonly Hook[]): Promise<Answered[]> {
  const answers: Answered[] = [];
  let next = 0;
  const line = async () => {
    for (let index = next++; index < hooks.length; index = next++) answers.push(await send(url, agent, hooks[index]!));
  };
  await Promise.all(Array.from({ length: agent.maxSockets }, line));
  return answers;
}

/** Of the good ones, those that are not on record exactly once, or did not reach their task exactly once. */
function lostOf(dataDir: string, good: readonly Hook[]): number {
  const db = new Database(dataPaths(dataDir).database, { readonly: true });
  const record = db.prepare<[string], number>('SELECT count(*) FROM actors WHERE id = ?').pluck();
  const told = new Map<string, number>();
  const events = db
    .prepare<[], string>(
      `SELECT json_extract(event, '$.delivery') FROM log WHERE actor_id LIKE 'T-%' AND outcome <> 'duplicate'`,
    )
    .pluck();
  for (const delivery of events.iterate()) told.set(delivery, (told.get(delivery) ?? 0) + 1);
  const isThere = ({ id }: Hook) => {
    const actor = `delivery:home:${id}`;
    return record.get(actor) === 1 && told.get(actor) === 1;
  };
  const lost = good.filter(hook => !isThere(hook)).length;
  db.close();
  return lost;
}

const rssOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024;
