/** A scrape reads what is kept, however much there is: it counts nothing and looks at no task. */
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { type App, openApp } from '../../src/app/open.ts';
import { plainAgent } from '../../src/domain/agent-spec.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { readScrape } from './exposition.ts';

async function openData() {
  const statements: string[] = [];
  const app = await openApp({
    dataDir: temporaryDirectory(),
    mode: 'commit',
    trace: sql => statements.push(sql),
  });
  onTestFinished(() => app.close());
  const metrics = createMetrics({ version: '1.2.3' });
  metrics.attach(app);
  /** A scrape, and the statements that ran for it. */
  const scrape = async () => {
    statements.length = 0;
    const scraped = readScrape(await metrics.text());
    return { ...scraped, ran: [...statements] };
  };
  return { app, scrape };
}

/** Tasks that are recorded and not worked on, spread over projects. */
async function addTasks({ runtime }: App, count: number, projects: number): Promise<void> {
  const agent = plainAgent('bot', ['true']);
  const place = { repository: '/none', target: 'main', branch: 'b', worktree: '/none', mergeQueue: 'm' };
  const rest = { title: 'Much to do', body: '', priority: 5, agent, agents: {}, hooks: {}, ...place };
  const one = (index: number) =>
    runtime.create('task', `T-${index}`, { ...rest, workItem: `T-${index}`, project: `p${index % projects}` } as never);
  await Promise.all(Array.from({ length: count }, (_, index) => one(index)));
}

test('a scrape runs the same few statements for two thousand tasks as for none, and each of them looks up', async () => {
  const { app, scrape } = await openData();
  const before = await scrape();
  await addTasks(app, 2_000, 3);
  const after = await scrape();
  expect(after.value('signalbox_tasks', { standing: 'working' })).toBe(2_000);
  expect(after.ran.length).toBeGreaterThan(0);
  expect(after.ran).toEqual(before.ran);

  const db = new Database(app.paths.database, { readonly: true });
  onTestFinished(() => void db.close());
  const plans = after.ran.map(sql => {
    const plan = db.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all();
    return plan.map(({ detail }) => detail);
  });
  // Rejected events lie among those that are on their way, which are few; dead actions have an index of their own.
  const scans = plans.flat().filter(step => step.startsWith('SCAN'));
  expect(scans).toEqual(['SCAN inbox', 'SCAN outbox USING INDEX outbox_dead']);
});

test('projects beyond the first two hundred are shown together, and no task is lost', async () => {
  const { app, scrape } = await openData();
  await addTasks(app, 500, 250);
  const { find, value } = await scrape();
  expect(find('signalbox_project_tasks', { status: 'living' })).toHaveLength(201);
  expect(value('signalbox_project_tasks', { project: 'other', status: 'living' })).toBe(100);
  expect(value('signalbox_project_tasks', { status: 'living' })).toBe(500);
});
