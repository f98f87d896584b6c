/** Lists say what they leave out, begin with what lives, and cost the same however much there is. */
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { openApp } from '../../src/app/open.ts';
import { makePlace } from './place.ts';

/** Tasks that ended long ago, as rows. */
async function withEndedTasks(dataDir: string, count: number): Promise<void> {
  const app = await openApp({ dataDir, mode: 'commit' });
  const { definition } = machineKinds.find(({ name }) => name === 'task')!;
  const input = (id: string) => ({
    title: `Task ${id}`,
    body: '',
    project: 'shop',
    repository: '/nowhere',
    target: 'main',
    branch: `feature/${id}`,
    workItem: id,
    worktree: `/nowhere/${id}`,
    priority: 5,
    agent: { name: 'none', env: [], sandbox: {}, watch: {} },
    agents: {},
    hooks: { afterCreate: null, beforeRun: null, afterRun: null, beforeRemove: null },
    mergeQueue: 'merge:x',
  });
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const id = `OLD-${index}`;
      await app.runtime.create('task', id, input(id) as never, { definition });
      await app.runtime.send(id, { type: 'task.cancel', by: 'ann' } as never);
    }),
  );
  await app.close();
}

test('a task under way is on the first page, whatever has ended before and after it', async () => {
  const place = await makePlace();
  await place.signalbox('task', 'add', ...place.newTask().slice(1));
  await withEndedTasks(place.data, 120);
  const { stdout } = await place.signalbox('task', 'list');
  const [told, ...lines] = stdout.trim().split('\n');
  expect(told).toBe('Nobody works on this data now. Resume all of it with: signalbox serve');
  expect(lines[1]).toMatch(/^ET-1 .* nobody works on it \(the worktree is made ready\)$/);
  expect(lines).toHaveLength(52);
  expect(lines.at(-1)).toMatch(/… and 71 more; --limit 100 shows more of them, --cursor \S+ the next ones/);
  const cursor = / --cursor (\S+) /.exec(lines.at(-1)!)![1]!;
  const rest = JSON.parse(
    (await place.signalbox('task', 'list', '--cursor', cursor, '--limit', '100', '--json')).stdout,
  );
  expect(rest).toMatchObject({ nextCursor: null, total: 121 });
  expect(rest.items).toHaveLength(71);
});

test('a new id goes on after the number of tasks there are, and skips what is taken', async () => {
  const place = await makePlace();
  const add = ['task', 'add', '--repo', place.repository, '--title', 'Fix it', ...place.agent(), '--json'];
  await place.git(['branch', 'feature/T-2-fix-it']);
  const ids = [];
  for (let index = 0; index < 2; index++) ids.push(JSON.parse((await place.signalbox(...add)).stdout).id);
  expect(ids).toEqual(['T-1', 'T-3']);
});

test('a limit that is none is refused', async () => {
  const place = await makePlace();
  await place.signalbox('task', 'add', ...place.newTask().slice(1));
  for (const limit of ['0', '-1', '1001', 'many', '1.5']) {
    const { code, stderr } = await place.signalbox('task', 'list', '--limit', limit);
    expect([limit, code]).toEqual([limit, 2]);
    expect(stderr).toContain('--limit');
  }
});

test('the feed is shown from any position on, and on with what comes, with what is worth a line', async () => {
  const place = await makePlace();
  await place.signalbox('task', 'add', ...place.newTask().slice(1));
  const watching = place.begin(['events', '--after', '0', '--task', 'ET-1', '--json']);
  const headlines: string[] = [];
  const seen = new Promise<void>(resolve => {
    createInterface({ input: watching.stdout }).on('line', line => {
      const { headline } = JSON.parse(line) as { headline: string | null };
      if (headline !== null) headlines.push(headline);
      if (headline === 'cancelled') resolve();
    });
  });
  await place.signalbox('task', 'pause', 'ET-1');
  await place.signalbox('task', 'cancel', 'ET-1');
  await seen;
  watching.kill('SIGTERM');
  expect(headlines).toEqual(['analysis begins', 'paused', 'cancelled']);
});

test('while nobody works every read says so, with the command that goes on; while somebody does none', async () => {
  const place = await makePlace();
  await place.signalbox('task', 'add', ...place.newTask('analysis.1=waits').slice(1));
  const goesOn = `signalbox run --repo ${place.repository} --id ET-1`;
  const told = async () => (await place.signalbox('task', 'show', 'ET-1')).stdout;
  expect(await told()).toMatch(/^ {2}why {7}nobody works on it \(/m);
  expect(await told()).toContain(goesOn);
  const running = place.resume();
  await expect.poll(told, { timeout: 30_000 }).toMatch(/^ {2}why {7}an agent works on it/m);
  expect(await told()).not.toContain(goesOn);
  expect((await place.signalbox('task', 'list')).stdout).not.toMatch(/obody works/);
  place.letGo();
  await running;
});

test('what is to be typed next is one word where a path has spaces', async () => {
  const place = await makePlace({ name: 'my shop' });
  await place.signalbox('task', 'add', ...place.newTask().slice(1));
  const { stdout } = await place.signalbox('task', 'show', 'ET-1');
  expect(stdout).toContain(`signalbox run --repo '${place.repository}' --id ET-1`);
});
