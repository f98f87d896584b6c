/**
 * A service under load for minutes: two hundred who follow, come and go, and a mix of looks and orders. Fails when anything
 * was answered with a failure of the service, when somebody who follows missed something or was told it twice, or when
 * memory has grown by more than a fifth after the warm-up. `node bench/soak.ts [minutes]`, three without.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { eventsIn } from '../src/client/events.ts';
import { makeDemoRepository } from '../src/demo/repository.ts';
import { median, short } from './statistics.ts';

const followers = 200;
const tasks = 20;
const requestsPerSecond = 150;
const mostGrowth = 0.2;
const sampleMs = 1_000;

const program = fileURLToPath(new URL('../bin/signalbox.js', import.meta.url));

/** A service on data of its own, with tasks whose agents never start. */
async function serve(directory: string) {
  const repository = join(directory, 'shop');
  mkdirSync(repository);
  await makeDemoRepository(repository);
  const config = {
    agents: { bot: { kind: 'command', program: ['true'] } },
    agent: 'bot',
    projects: { shop: { repository } },
  };
  writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
  const args = [program, 'serve', '--port', '0', '--json', '--log-level', 'warn', '--data', join(directory, 'data')];
  const service = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await Promise.race([
    once(createInterface(service.stdout), 'line'),
    once(service, 'exit').then(() => Promise.reject(new Error('the service did not start'))),
  ]);
  const { url } = JSON.parse(String(line)) as { url: string };
  const stop = async () => {
    const exited = once(service, 'exit');
    service.kill('SIGTERM');
    await exited;
  };
  return { pid: service.pid!, url, stop };
}

async function order(url: string, path: string, body: object): Promise<{ id?: string }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`POST ${path}: ${await answer.text()}`);
  return (await answer.json()) as { id?: string };
}

/** Resident memory of a process in bytes. */
const residentOf = (pid: number) => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4_096;

interface Followed {
  connections: number;
  events: number;
  wrong: string[];
}

/** Follows with some filter until the end; is cut off now and then, and goes on from the last position. */
async function follow(url: string, number: number, end: AbortSignal, told: Followed): Promise<void> {
  const filters = ['', 'types=task.pause', 'types=nothing', `task=SOAK-${(number % tasks) + 1}`, 'project=shop'];
  const filter = filters[number % filters.length]!;
  const agent = new Agent();
  let last: number | undefined;
  while (!end.aborted) {
    told.connections += 1;
    // From two seconds to half a minute, each another time.
    const cut = AbortSignal.any([
      end,
      AbortSignal.timeout(2_000 + ((number * 7_919 + told.connections * 104_729) % 28_000)),
    ]);
    try {
      for await (const { id, data } of eventsIn(await opened(url, { filter, last, agent, signal: cut }))) {
        const position = Number(id);
        if (id === null) continue;
        if (data !== null) {
          told.events += 1;
          if (last !== undefined && position <= last) told.wrong.push(`${filter}: ${position} came after ${last}`);
          if (last !== undefined && filter === '' && position !== last + 1) {
            told.wrong.push(`nobody told of what is between ${last} and ${position}`);
          }
        }
        last = position;
        // Some read slowly.
        if (number % 20 === 0) await pause(5, undefined, { signal: cut });
      }
    } catch (error) {
      if (!cut.aborted) told.wrong.push(String(error));
    }
  }
}

interface Opening {
  filter: string;
  last: number | undefined;
  agent: Agent;
  signal: AbortSignal;
}

function opened(url: string, { filter, last, agent, signal }: Opening): Promise<AsyncIterable<string>> {
  return new Promise((resolve, reject) => {
    const headers = last === undefined ? {} : { 'last-event-id': String(last) };
    const sent = request(`${url}/events?${filter}`, { agent, signal, headers }, response => {
      if (response.statusCode === 200) resolve(response.setEncoding('utf8'));
      else reject(new Error(`GET /events was answered ${response.statusCode}`));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Looks and orders, mixed; each order is one that can be given again and again. */
function load(url: string, seconds: number) {
  const headers = { 'content-type': 'application/json' };
  const post = (path: string, body: object = {}) => ({
    method: 'POST' as const,
    path,
    headers,
    body: JSON.stringify(body),
  });
  const get = (path: string) => ({ method: 'GET' as const, path });
  const perTask = Array.from({ length: tasks }, (_, index) => `/tasks/SOAK-${index + 1}`).flatMap(path => [
    get(path),
    post(`${path}/pause`),
    get(`${path}/events?limit=20`),
    get('/tasks'),
    post(`${path}/events`, { type: 'task.approve' }),
    get('/queue'),
    post(`${path}/resume`),
    get('/health/ready'),
    get('/agents'),
    get(`${path}/snapshot`),
  ]);
  return autocannon({ url, duration: seconds, connections: 10, overallRate: requestsPerSecond, requests: perTask });
}

const megabytes = (bytes: number) => `${short(bytes / 1e6)} MB`;

async function soak(minutes: number): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-soak-'));
  const { pid, url, stop } = await serve(directory);
  try {
    await order(url, '/queue/pause', {});
    for (let index = 1; index <= tasks; index++)
      await order(url, '/tasks', { id: `SOAK-${index}`, title: 'Soak', project: 'shop' });
    const end = new AbortController();
    const told: Followed = { connections: 0, events: 0, wrong: [] };
    const following = Array.from({ length: followers }, (_, number) => follow(url, number, end.signal, told));
    const samples: number[] = [];
    const sampling = setInterval(() => samples.push(residentOf(pid)), sampleMs);
    const result = await load(url, minutes * 60);
    clearInterval(sampling);
    end.abort();
    await Promise.all(following);

    // A third of the time to warm up; then the first and the last tenth of it.
    const warm = samples.slice(Math.floor(samples.length / 3));
    const tenth = Math.max(1, Math.floor(samples.length / 10));
    const [before, after] = [median(warm.slice(0, tenth)), median(warm.slice(-tenth))];
    const growth = after / before - 1;
    const failures = result['5xx'] + result.errors + result.timeouts;
    console.log(
      `memory        ${megabytes(samples[0]!)} at first, ${megabytes(before)} warm, ${megabytes(after)} at the end (${short(growth * 100)} %)`,
    );
    console.log(
      `requests      2xx ${result['2xx']}, 4xx ${result['4xx']}, 5xx ${result['5xx']}, errors ${result.errors}, timeouts ${result.timeouts}`,
    );
    console.log(
      `latency       median ${result.latency.p50} ms, 99 % ${result.latency.p99} ms, longest ${result.latency.max} ms`,
    );
    console.log(
      `followed      ${short(told.events)} events over ${told.connections} connections, ${told.wrong.length} wrong`,
    );
    for (const wrong of told.wrong.slice(0, 20)) console.log(`  ${wrong}`);
    return failures === 0 && told.wrong.length === 0 && growth <= mostGrowth;
  } finally {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

process.exitCode = (await soak(Number(process.argv[2] ?? 3))) ? 0 : 1;
