/** Data that is worked on in this process, with fake agent CLIs, and watched by metrics. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type App, openApp } from '../../src/app/open.ts';
import { locate } from '../../src/app/place.ts';
import { clientOn } from '../../src/client/on-site.ts';
import { makeDemoRepository } from '../../src/demo/repository.ts';
import { standingIn } from '../../src/machines/standing.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { Site } from '../../src/operations/operation.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { readScrape } from './exposition.ts';

const claude = fileURLToPath(new URL('../fixtures/fake-clis/claude', import.meta.url));

export const secret = 'sk-never-to-be-seen';

export type Observed = Awaited<ReturnType<typeof openObserved>>;

/** A repository, a configuration of a project `shop` and an agent `bot`, and a data directory. */
export async function makeObservedPlace() {
  const directory = temporaryDirectory();
  const repository = join(directory, 'shop');
  const bin = join(directory, 'bin');
  for (const path of [repository, bin, join(directory, 'journal')]) mkdirSync(path);
  await makeDemoRepository(repository);
  symlinkSync(claude, join(bin, 'claude'));
  const bot = { kind: 'claude', program: [join(bin, 'claude')], set: { TOKEN: secret } };
  const config = { agents: { bot }, agent: 'bot', projects: { shop: { repository } } };
  writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
  return {
    directory,
    dataDir: join(directory, 'data'),
    /** What the CLI does beside its work; see fixtures/fake-clis/play.sh. */
    plan: (...words: string[]) => writeFileSync(join(bin, 'plan'), words.join('\n')),
    /** Lets agents with the twist `waits` go on. */
    letGo: () => writeFileSync(join(directory, 'journal', 'go'), ''),
  };
}

/** Works on the data of a place. `now` is the clock of the metrics. */
export async function openObserved(
  { directory, dataDir }: { directory: string; dataDir: string },
  { now = Date.now }: { now?: () => number } = {},
) {
  const faults: unknown[] = [];
  const metrics = createMetrics({ version: '1.2.3', now, onFault: error => faults.push(error) });
  const { PATH = '', HOME = '' } = process.env;
  const here = { cwd: directory, env: { PATH, HOME } };
  const located = locate({ ...here, data: dataDir, warn: () => {} });
  const statements: string[] = [];
  const app: App = await openApp({
    dataDir,
    mode: 'work',
    configuration: await located.configuration(),
    listeners: [metrics.listener],
    observer: { onCommit: metrics.onCommit, onFault: error => faults.push(error) },
    trace: sql => statements.push(sql),
  });
  metrics.attach(app);
  let isOpen = true;
  const close = async () => {
    if (isOpen) await app.close();
    isOpen = false;
    metrics.close();
  };
  onTestFinished(close);
  const site: Site = Object.assign(app, { here: { ...here, ...located } });
  const client = clientOn(site, { name: 'ann', role: 'admin' });

  /** Waits until the task stands so, and approves what is asked on the way. */
  const until = (id: string, ...wanted: string[]) =>
    app.runtime.until(async () => {
      const row = await app.runtime.actor(id);
      if (row === undefined) return undefined;
      if (wanted.includes(standingIn(row.tags))) return row;
      if (row.tags.includes('approval')) await client.ask('task.approve', { taskId: id });
      return undefined;
    });

  return {
    ...app,
    metrics,
    client,
    faults,
    statements,
    close,
    until,
    add: (order: object = {}) =>
      client.ask('task.add', { project: 'shop', id: 'ET-1', title: 'Fix the totals', ...order }),
    async scrape() {
      const text = await metrics.text();
      return { text, ...readScrape(text) };
    },
  };
}
