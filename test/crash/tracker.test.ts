/**
 * Whoever works at a tracker is killed at one instant after another, from the label on an item to the moved card. However
 * often, there is one task, one approval, each agent's work once, one comment that is kept and one for the question.
 *
 * SIGNALBOX_CRASHES: at how many instants (6). SIGNALBOX_SEED: which ones.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { planeSecret } from '../trackers/configured.ts';
import { openPlanePlace, type PlanePlace } from '../trackers/place.ts';

vi.setConfig({ testTimeout: 300_000 });

const { SIGNALBOX_CRASHES: wanted = '6', SIGNALBOX_SEED: seed = '7' } = process.env;
const program = fileURLToPath(new URL('tracked.ts', import.meta.url));

interface End {
  points: number;
  end: { tasks: string[]; decisions: number; dead: number; differences: unknown[] };
}

const freePort = () =>
  new Promise<number>(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

function start({ directory, env }: PlanePlace, port: number, point: number) {
  const child = execa(process.execPath, [program, directory, String(point)], {
    ...{ reject: false, forceKillAfterDelay: false, extendEnv: false },
    env: { ...env, WEBHOOK_PORT: String(port) },
  });
  const listens = new Promise<void>(resolve => createInterface({ input: child.stdout }).once('line', () => resolve()));
  let isOver = false;
  const over = child.then(result => {
    isOver = true;
    return result;
  });
  return { child, listens: Promise.race([listens, over]), over, isOver: () => isOver };
}

/** From the label to the moved card, with a crash at each of these points behind a start. */
async function live(crashes: readonly number[]): Promise<End & { calls: string[]; comments: string[]; state: string }> {
  const place = await openPlanePlace();
  const { plane, journal } = place;
  const port = await freePort();
  plane.addWebhook({ url: `http://127.0.0.1:${port}/webhook/plane`, secret: planeSecret });
  const { key } = plane.createItem('ET', { title: 'Totals are wrong', labels: ['agent'], by: 'maria' });
  const coming = [...crashes];
  let running = start(place, port, coming.shift() ?? 0);
  let hasApproved = false;
  const isDone = () => plane.item(key).state === 'Done';
  const step = () => {
    const isAsked = plane.comments(key).some(({ html }) => html.includes(':approved:') && !html.startsWith('<p>:'));
    if (isAsked && !hasApproved) {
      hasApproved = true;
      plane.comment(key, '<p>:approved:</p>', 'maria');
    }
    if (running.isOver()) running = start(place, port, coming.shift() ?? 0);
    return isDone() && coming.length === 0;
  };
  await vi.waitUntil(step, { timeout: 120_000, interval: 30 });
  // Whatever follows the last move has happened too.
  if (running.isOver()) running = start(place, port, 0);
  await running.listens;
  running.child.kill('SIGTERM');
  const { stdout, stderr } = await running.over;
  const last = JSON.parse(stdout.trim().split('\n').at(-1) || `"${stderr}"`) as End;
  const calls = readFileSync(join(journal, 'calls'), 'utf8').trim().split('\n');
  const comments = plane
    .comments(key)
    .map(({ html }) => (html.includes('</em>') ? 'kept' : html.startsWith('<p>:') ? 'hers' : 'question'));
  return {
    ...last,
    calls: calls.map(line => line.split(' ').slice(0, 2).join(' ')),
    comments,
    state: plane.item(key).state,
  };
}

/** Numbers that are the same for the same seed. */
function* numbers(from: number) {
  for (let state = from; ; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    yield state;
  }
}

test('an item is made into one task and goes to its end once, wherever the process is killed', async () => {
  const calm = await live([]);
  expect(calm).toMatchObject({ state: 'Done', end: { tasks: ['ET-1 done'], decisions: 1, dead: 0, differences: [] } });
  expect(calm.comments.sort()).toEqual(['hers', 'kept', 'question']);
  expect(calm.points).toBeGreaterThan(200);
  const next = numbers(Number(seed));
  // Several crashes in each life: what one has left meets the next.
  for (let crashed = 0; crashed < Number(wanted); ) {
    const crashes = Array.from({ length: Math.min(6, Number(wanted) - crashed) }, () => 1 + (next.next().value! % 160));
    const { points: _, ...end } = await live(crashes);
    expect([crashes, end.end, end.state]).toEqual([crashes, calm.end, 'Done']);
    expect([crashes, end.comments.sort()]).toEqual([crashes, calm.comments.sort()]);
    // An agent that was at work when the process died is adopted or concluded, and never started a second time beside it.
    expect([crashes, end.calls]).toEqual([crashes, calm.calls]);
    crashed += crashes.length;
  }
});
