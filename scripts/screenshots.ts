/**
 * Takes the pictures of the dashboard that the documents show: every view at three widths in both themes, and a task on its
 * way through its chart. Usage: node scripts/screenshots.ts (needs Chromium, and img2webp of Debian's package webp).
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { openLocal } from '../src/client/local.ts';
import { makeDemoRepository } from '../src/demo/repository.ts';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const pictures = at('docs/dashboard');
const widths = { wide: [1440, 900], middle: [900, 1_100], phone: [390, 844] } as const;
const views = {
  home: '/',
  'needs-you': '/needs-you',
  board: '/board',
  task: '/tasks/ET-2',
  near: '/tasks/ET-2?near=development',
  past: '/tasks/ET-2?at=12&show=context',
  output: '/tasks/ET-5?show=output',
  agents: '/agents',
  figures: '/figures',
  pipelines: '/pipelines/default',
  operations: '/operations',
};

const place = mkdtempSync(join(tmpdir(), 'signalbox-pictures-'));
const data = join(place, 'data');

async function world(): Promise<{ url: string; end(): Promise<void> }> {
  for (const name of ['shop', 'bank']) {
    mkdirSync(join(place, name));
    await makeDemoRepository(join(place, name));
  }
  const program = (name: string, text: string) => {
    writeFileSync(join(place, name), `#!/bin/sh\n${text}\n`);
    return `sh ${join(place, name)}`;
  };
  const scripted = at('examples/scripted-agent.sh');
  const agents = {
    scripted: program('scripted', `sleep 1; exec sh ${scripted}`),
    busy: program(
      'builder',
      'i=0; while :; do i=$((i+1)); printf "\\033[32m✓\\033[0m total.test.ts case %s\\n" $i; sleep 0.3; done',
    ),
    asks: program(
      'asks',
      `mkdir -p docs/work-items/$SIGNALBOX_WORK_ITEM; printf '# Questions\\n\\nWhich rounding is meant: per item or per order?\\n' > docs/work-items/$SIGNALBOX_WORK_ITEM/01-questions.md`,
    ),
  };
  const env = { ...process.env, SIGNALBOX_API_TOKEN: '', SIGNALBOX_DATA: data };
  const child = spawn(process.execPath, [at('bin/signalbox.js'), 'serve', '--json', '--port', '0'], {
    ...{ cwd: place, env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { url } = JSON.parse(String((await lines.next()).value)) as { url: string };
  const client = openLocal({ cwd: place, env, data, warn: () => {} }, { name: 'ann', role: 'admin' });
  const add = (id: string, title: string, repository: string, agent: string, more = {}) =>
    client.ask('task.add', { id, title, repository: join(place, repository), agent, ...more });
  await add('ET-1', 'Totals are wrong for more than one item', 'shop', agents.scripted);
  await add('ET-2', 'A bank transfer loses its cents', 'bank', agents.scripted);
  await until(url, 'ET-1', 'person');
  await until(url, 'ET-2', 'person');
  await client.ask('task.approve', { taskId: 'ET-2' });
  await until(url, 'ET-2', 'done');
  await add('ET-3', 'Which rounding do invoices use?', 'shop', agents.asks);
  await add('ET-4', 'Add a health route to the service', 'shop', 'false');
  await until(url, 'ET-3', 'person');
  await until(url, 'ET-4', 'blocked');
  await add('ET-5', 'Cover the totals with tests', 'shop', agents.busy);
  await add('ET-6', 'Show the balance in the header', 'bank', agents.busy);
  await add('ET-7', 'Sign statements', 'bank', agents.busy);
  await add('ET-8', 'Tell customers when a statement is ready', 'bank', agents.scripted, { blockedBy: ['ET-7'] });
  await pause(4_000);
  return {
    url,
    async end() {
      await client.ask('agent.killAll', {});
      child.kill('SIGKILL');
    },
  };
}

async function until(url: string, id: string, standing: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const task = (await (await fetch(`${url}/tasks/${id}`)).json()) as { standing: string };
    if (task.standing === standing) return;
    await pause(100);
  }
  throw new Error(`${id} is not ${standing}`);
}

async function takePictures(browser: Browser, url: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [size, [width, height]] of Object.entries(widths)) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
      const page = await context.newPage();
      for (const [name, path] of Object.entries(views)) {
        await page.goto(`${url}${path}`);
        await page.waitForSelector('h1');
        while ((await page.locator('.reading').count()) > 0) await pause(50);
        await pause(400);
        await page.screenshot({ path: join(place, 'picture.png') });
        toWebp(
          ['-q', '82', join(place, 'picture.png'), '-o', join(pictures, `${name}-${size}-${colorScheme}.webp`)],
          'cwebp',
        );
      }
      await context.close();
    }
  }
}

function toWebp(args: readonly string[], program: 'cwebp' | 'img2webp'): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'ignore'] });
}

/** A task that is approved, and goes through its chart to the end. */
async function takeAnimation(browser: Browser, url: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1_180, height: 1_160 }, colorScheme: 'light' });
  await page.goto(`${url}/tasks/ET-1`);
  await page.waitForSelector('.state.lit');
  const frames: string[] = [];
  const take = async () => {
    const file = join(place, `frame-${String(frames.length).padStart(3, '0')}.png`);
    await page.screenshot({ path: file });
    frames.push(file);
  };
  await take();
  await page.locator('aside').getByRole('button', { name: 'Approve' }).click();
  await page.locator('.act .outcome').waitFor();
  await take();
  await page.locator('form.act .primary').click();
  for (let count = 0; count < 400 && !(await page.locator('.title .standing.done').isVisible()); count += 1) {
    await take();
    await pause(120);
  }
  await take();
  toWebp(
    [
      '-loop',
      '0',
      '-lossy',
      '-q',
      '60',
      '-d',
      '350',
      ...frames,
      '-d',
      '4000',
      frames.at(-1)!,
      '-o',
      join(pictures, 'task.webp'),
    ],
    'img2webp',
  );
}

mkdirSync(pictures, { recursive: true });
const { url, end } = await world();
const browser = await chromium.launch({
  executablePath: process.env.SIGNALBOX_CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  await takePictures(browser, url);
  await takeAnimation(browser, url);
} finally {
  await browser.close();
  await end();
  rmSync(place, { recursive: true, force: true });
}
process.exit(0);
