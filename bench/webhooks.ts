/** What deliveries take: one at a time, as many as there can be, and with a million tasks stored. */
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import autocannon from 'autocannon';
import Database from 'better-sqlite3';
import { builtFor, type Hook, pushTo } from './forge.ts';
import { makeForgeData } from './forge-data.ts';
import { inDirectory, type Talker, talk } from './processes.ts';
import { median, microseconds, quantile } from './statistics.ts';

export const serviceOn = (dataDir: string, how: 'storing' | 'bare' = 'storing') =>
  talk('webhooks-child.ts', [dataDir, how]);

export interface Answered {
  status: number;
  ms: number;
}

/** Sends one and waits for its answer. */
export function send(url: string, agent: Agent, { headers, body }: Hook): Promise<Answered> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const options = { agent, method: 'POST', headers: { ...headers, 'Content-Length': String(body.length) } };
    const sent = request(`${url}/webhook/gitea`, options, response => {
      response.resume().once('end', () => resolve({ status: response.statusCode!, ms: performance.now() - began }));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** A commit of one row with SQLite as the store has it. Microseconds. */
function bareCommit(file: string): () => number {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE snapshots (id INTEGER PRIMARY KEY, snapshot TEXT NOT NULL) STRICT');
  const text = 'x'.repeat(700);
  db.prepare('INSERT INTO snapshots VALUES (1, ?)').run(text);
  const update = db.prepare('UPDATE snapshots SET snapshot = ? WHERE id = 1');
  let count = 0;
  return () => {
    const began = microseconds();
    update.run(`${text}${count++ % 10}`);
    return microseconds() - began;
  };
}

export interface OneByOne {
  what: string;
  median: number;
  p99: number;
  bare: number;
  ratio: number;
}

/** One connection, one delivery at a time, in turns with the bare commit of a row. Milliseconds. */
export async function measureOneByOne(): Promise<OneByOne[]> {
  return inDirectory(async directory => {
    const service = await serviceOn(await makeForgeData(directory, { open: 100, ended: 1_000 }));
    const commit = bareCommit(join(directory, 'bare.db'));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const measured = { push: [] as number[], status: [] as number[], bare: [] as number[] };
      for (let count = 0; count < 4_500; count++) {
        const isPush = count % 2 === 0;
        const hook = (isPush ? pushTo : builtFor)((count % 100) + 1, count);
        const { status, ms } = await send(service.first, agent, hook);
        if (status !== 202) throw new Error(`${hook.id} was answered with ${status}`);
        const bare = commit() / 1_000;
        // The first ones warm it up.
        if (count < 500) continue;
        measured[isPush ? 'push' : 'status'].push(ms);
        measured.bare.push(bare);
      }
      const bare = median(measured.bare);
      const told = (what: string, times: readonly number[]) => ({
        what,
        median: median(times),
        p99: quantile(times, 0.99),
        bare,
        ratio: median(times) / bare,
      });
      return [told('push', measured.push), told('status', measured.status)];
    } finally {
      agent.destroy();
      await service.end();
    }
  });
}

export interface Flooding {
  bare: number;
  storing: number;
  ratio: number;
  /** Microseconds of the service's processor for one delivery. */
  bareBusy: number;
  storingBusy: number;
}

/** Fifty connections, stored and answered as if it were, in turns. */
export async function measureDeliveries(): Promise<Flooding> {
  return inDirectory(async directory => {
    const storing = await serviceOn(await makeForgeData(directory, { open: 100, ended: 1_000 }));
    const bare = await serviceOn(await makeForgeData(directory, { open: 100, ended: 1_001 }), 'bare');
    let count = 0;
    const round = async (service: Talker) => {
      const hooks = Array.from({ length: 6_000 }, () => pushTo((count % 100) + 1, count++));
      const before = await service.ask<{ busy: number }>();
      const perSecond = await flood(service.first, hooks);
      const { busy } = await service.ask<{ busy: number }>();
      return { perSecond, busy: (busy - before.busy) / hooks.length };
    };
    try {
      const pairs: { bare: Awaited<ReturnType<typeof round>>; storing: Awaited<ReturnType<typeof round>> }[] = [];
      for (let index = 0; index <= 6; index++) {
        const [a, b] = [await round(bare), await round(storing)];
        // The first pair warms both up.
        if (index > 0) pairs.push({ bare: a, storing: b });
      }
      return {
        bare: median(pairs.map(pair => pair.bare.perSecond)),
        storing: median(pairs.map(pair => pair.storing.perSecond)),
        ratio: median(pairs.map(pair => pair.storing.perSecond / pair.bare.perSecond)),
        bareBusy: median(pairs.map(pair => pair.bare.busy)),
        storingBusy: median(pairs.map(pair => pair.storing.busy)),
      };
    } finally {
      await Promise.all([storing.end(), bare.end()]);
    }
  });
}

/** Deliveries per second of these, on fifty connections. */
async function flood(url: string, hooks: readonly Hook[]): Promise<number> {
  let next = 0;
  const began = performance.now();
  const { non2xx, errors } = await autocannon({
    url,
    connections: 50,
    amount: hooks.length,
    requests: [
      {
        setupRequest(asked) {
          // It prepares a few more than it sends.
          const { headers, body } = hooks[Math.min(next++, hooks.length - 1)]!;
          return { ...asked, method: 'POST', path: '/webhook/gitea', headers, body };
        },
      },
    ],
  });
  if (non2xx + errors > 0) throw new Error(`${non2xx} refused, ${errors} lost`);
  return (hooks.length / (performance.now() - began)) * 1_000;
}

export interface Routing {
  what: string;
  few: number;
  many: number;
  ratio: number;
}

/** Looking up and taking with a million tasks against a hundred, in turns. Microseconds for one. */
export async function measureRouting(ended: number, open: number): Promise<Routing[]> {
  return inDirectory(async directory => {
    const few = await talk('routing-child.ts', [await makeForgeData(directory, { open: 100, ended: 0 })]);
    const many = await talk('routing-child.ts', [await makeForgeData(directory, { open, ended })]);
    const compare = async (what: string, asked: [few: string, many: string]): Promise<Routing> => {
      const pairs: { few: number; many: number }[] = [];
      for (let round = 0; round <= 8; round++) {
        const pair = { few: await few.ask<number>(asked[0]), many: await many.ask<number>(asked[1]) };
        if (round > 0) pairs.push(pair);
      }
      return {
        what,
        few: median(pairs.map(pair => pair.few)),
        many: median(pairs.map(pair => pair.many)),
        ratio: median(pairs.map(pair => pair.many / pair.few)),
      };
    };
    try {
      return [
        await compare('looking up whom a branch means', ['linked 100', `linked ${open}`]),
        await compare('a whole delivery for one of 100 open tasks', ['whole 100', 'whole 100']),
        await compare(`a whole delivery for one of all open tasks`, ['whole 100', `whole ${open}`]),
      ];
    } finally {
      await Promise.all([few.end(), many.end()]);
    }
  });
}
