/**
 * What the dashboard takes, in a real browser (headless, drawn by the processor) that shares the machine with the service and
 * with whoever orders.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { openLocal } from '../src/client/local.ts';
import { makeDemoRepository } from '../src/demo/repository.ts';
import { makeData } from './data.ts';
import { here, inDirectory, talk } from './processes.ts';
import { median, quantile } from './statistics.ts';

const program = process.env.SIGNALBOX_CHROMIUM ?? '/usr/bin/chromium';
const live = 1_000;

async function inBrowser<T>(work: (browser: Browser) => Promise<T>): Promise<T> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: program, args: [...args, '--enable-precise-memory-info'] });
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/** A service that records and starts nothing, on data with as many living tasks. */
function withTasks<T>(living: number, work: (url: string, browser: Browser) => Promise<T>): Promise<T> {
  return inDirectory(async directory => {
    const dataDir = await makeData(directory, { ended: 1, living, hasRuns: false });
    const service = await talk('service-child.ts', [dataDir, 'storing']);
    try {
      return await inBrowser(browser => work(service.first.trim(), browser));
    } finally {
      await service.end();
    }
  });
}

const send = (url: string, id: string, type: string) =>
  fetch(`${url}/tasks/${id}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type }),
  }).then(async answer => ((await answer.json()) as { seq: number }).seq);

const inside = readFileSync(here('in-page.js'), 'utf8');

/** Something of `in-page.js`, in the page. */
async function inPage<T = void>(page: Page, what: string): Promise<T> {
  if (!(await page.evaluate('"bench" in globalThis'))) await page.evaluate(inside);
  return (await page.evaluate(`bench.${what}`)) as T;
}

interface Cost {
  taskMs: number;
  atMs: number;
}

async function costOf(session: CDPSession): Promise<Cost> {
  const { metrics } = await session.send('Performance.getMetrics');
  const found = (name: string) => metrics.find(metric => metric.name === name)!.value * 1_000;
  return { taskMs: found('TaskDuration'), atMs: found('Timestamp') };
}

async function watched(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return session;
}

const opens = 5;
const perSecond = 100;
const seconds = 20;
/** Of these the cards are on the screen. */
const onScreen = 12;

export function measureBoard() {
  return withTasks(live, async (url, browser) => {
    const usable: number[] = [];
    let bytes = 0;
    for (let count = 0; count < opens; count += 1) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      const session = await watched(page);
      await session.send('Network.enable');
      let taken = 0;
      const isFile = new Set<string>();
      session.on('Network.responseReceived', ({ requestId, response }) => {
        if (/\/assets\/|\/$/.test(new URL(response.url).pathname)) isFile.add(requestId);
      });
      session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        if (isFile.has(requestId)) taken += encodedDataLength;
      });
      const began = performance.now();
      await page.goto(`${url}/`, { waitUntil: 'commit' });
      await page.waitForSelector('.card');
      usable.push(performance.now() - began);
      await page.waitForLoadState('networkidle').catch(() => {});
      bytes = Math.max(bytes, taken);
      await context.close();
    }
    return { bytes, usableMs: median(usable), ...(await moving(url, browser)) };
  });
}

/** Orders come at an even pace; of one task in eight of them the card is on the screen. */
async function moving(url: string, browser: Browser) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1_800 } });
  await page.goto(`${url}/board?q=L-1`);
  await page.waitForSelector('.card');
  await page.getByText(/\d+ tasks$/).waitFor();
  const ids = (await inPage<string[]>(page, 'cards()')).slice(0, onScreen);
  await inPage(page, 'watchCards()');
  const session = await watched(page);
  const before = await costOf(session);
  const committed = new Map<string, number>();
  const rounds = new Map<string, number>();
  const orders: Promise<void>[] = [];
  const began = performance.now();
  for (let count = 0; count < perSecond * seconds; count += 1) {
    await pause(Math.max(0, began + (count * 1_000) / perSecond - performance.now()));
    const isSeen = count % 8 === 0;
    const id = isSeen ? ids[(count / 8) % ids.length]! : `L-${(count % 800) + 200}`;
    const round = rounds.get(id) ?? 0;
    rounds.set(id, round + 1);
    orders.push(
      send(url, id, round % 2 === 0 ? 'task.resume' : 'task.pause').then(seq => {
        if (isSeen) committed.set(`${id} ${seq}`, Date.now());
      }),
    );
  }
  await Promise.all(orders);
  const after = await costOf(session);
  await pause(500);
  const seen = await inPage<[string, number, number][]>(page, 'seen');
  const first = new Map<string, number>();
  for (const [id, version, at] of seen) if (!first.has(`${id} ${version}`)) first.set(`${id} ${version}`, at);
  const late = [...committed].flatMap(([key, at]) => (first.has(key) ? [Math.max(0, first.get(key)! - at)] : []));
  return {
    lateMs: quantile(late, 0.95),
    moved: late.length,
    asked: committed.size,
    free: 1 - (after.taskMs - before.taskMs) / (after.atMs - before.atMs),
  };
}

/** The first frames are those in which watching began. */
const framesOf = async (page: Page) => (await inPage<number[]>(page, 'frames')).slice(2);

const many = 10_000;

export function measureMany() {
  return withTasks(many, async (url, browser) => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const began = performance.now();
    await page.goto(`${url}/board`);
    await page.getByText(`${many + 2} tasks`).waitFor({ timeout: 120_000 });
    const readMs = performance.now() - began;
    await inPage(page, 'watchFrames()');
    const elements = await inPage<number>(page, 'scroll()');
    const frames = await framesOf(page);
    return { cards: many, elements, longestMs: Math.max(...frames), readMs };
  });
}

const updates = 200;

export function measureChart() {
  return withTasks(20, async (url, browser) => {
    const draw = async () => {
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      await page.goto(`${url}/board`);
      await page.waitForSelector('[data-task="L-1"]');
      const ms = await inPage<number>(page, `openTask('L-1')`);
      return { page, ms };
    };
    const first = await draw();
    await first.page.close();
    const { page, ms: againMs } = await draw();
    await pause(500);
    const session = await watched(page);
    const before = await costOf(session);
    for (let count = 0; count < updates; count += 1) {
      await send(url, 'L-1', count % 2 === 0 ? 'task.resume' : 'task.pause');
      await pause(50);
    }
    const after = await costOf(session);
    return { firstMs: first.ms, againMs, updateMs: (after.taskMs - before.taskMs) / updates, updates };
  });
}

/** Prints for so long at this pace, in seconds and in bytes. */
const printing = { seconds: 25, perSecond: 10_000_000 };

export function measureLog() {
  return inDirectory(async directory => {
    const repository = join(directory, 'shop');
    mkdirSync(repository);
    await makeDemoRepository(repository);
    const dataDir = join(directory, 'data');
    const agent = `node ${here('prints.ts')} ${printing.perSecond} ${printing.seconds}`;
    const service = await talk('serve-child.ts', [dataDir]);
    try {
      const url = service.first.trim();
      const place = { cwd: directory, env: process.env, data: dataDir, warn: () => {} };
      const client = openLocal(place, { name: 'bench', role: 'admin' });
      await client.ask('task.add', { id: 'ET-1', title: 'Print', repository, agent });
      return await inBrowser(async browser => {
        const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
        await page.goto(`${url}/tasks/ET-1?show=output`);
        await page.locator('.lines .slot').first().waitFor({ timeout: 60_000 });
        const heap = () => inPage<number>(page, 'heap()');
        await pause(5_000);
        const heapBefore = await heap();
        await inPage(page, 'watchFrames()');
        await pause(15_000);
        const frames = await framesOf(page);
        const heapAfter = await heap();
        const said = await page.locator('.log .meta').first().textContent();
        return {
          perSecond: printing.perSecond,
          said: said ?? '',
          longestMs: Math.max(...frames),
          slowFrames: frames.filter(ms => ms > 50).length,
          frames: frames.length,
          heapBefore,
          heapAfter,
        };
      });
    } finally {
      await service.end();
    }
  });
}
