/**
 * Whoever takes deliveries is killed at one instant after another. What was answered is there after the restart; what was
 * not is there once or not at all; and when it is sent again it is taken, or known.
 *
 * SIGNALBOX_CRASHES: at how many instants (18). SIGNALBOX_SEED: which ones.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { files, recorded } from '../integrations/webhooks/deliveries.ts';
import { temporaryDirectory } from '../support/temporary.ts';

vi.setConfig({ testTimeout: 300_000 });

const { SIGNALBOX_CRASHES: wanted = '18', SIGNALBOX_SEED: seed = '7' } = process.env;
const program = fileURLToPath(new URL('receiving.ts', import.meta.url));
const deliveries = files.filter(file => /^scenario\/\d+_gitea/.test(file)).map(recorded);

interface End {
  points: number;
  deliveries: string[];
  heard: string[];
  differences: unknown[];
}

async function start(file: string, point: number) {
  const child = execa(process.execPath, [program, file, String(point)], { reject: false, forceKillAfterDelay: false });
  const first = new Promise<string>(resolve => createInterface({ input: child.stdout }).once('line', resolve));
  const line = await Promise.race([first, child]);
  if (typeof line !== 'string') throw new Error(`It did not start: ${line.stdout}${line.stderr}`);
  const { url } = JSON.parse(line) as { url: string };
  return {
    /** The answer; null where the connection broke off. */
    async post({ headers, body }: (typeof deliveries)[number]): Promise<{ status: number; said: string } | null> {
      try {
        const given = { ...headers, connection: 'close' } as Record<string, string>;
        const answer = await fetch(`${url}/webhook/gitea`, {
          method: 'POST',
          headers: given,
          body: new Uint8Array(body),
        });
        const { status: said } = (await answer.json()) as { status: string };
        return { status: answer.status, said };
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        return null;
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await child;
    },
    async end(): Promise<End> {
      child.kill('SIGTERM');
      const { stdout, stderr } = await child;
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? stderr) as End;
    },
  };
}

/** One life with several crashes in it, each so many points behind the start before. */
async function live(file: string, crashes: readonly number[]): Promise<End> {
  const answered = new Set<string>();
  const incarnate = async (point: number) => {
    const served = await start(file, point);
    for (const delivery of deliveries) {
      const answer = await served.post(delivery);
      if (answer === null) break;
      expect([200, 202]).toContain(answer.status);
      // What was acknowledged once is known for ever.
      if (answered.has(delivery.file)) expect([delivery.file, answer.said]).toEqual([delivery.file, 'duplicate']);
      answered.add(delivery.file);
    }
    return served;
  };
  for (const point of crashes) await (await incarnate(point)).kill();
  return (await incarnate(0)).end();
}

test('what was answered is kept, and nothing is lost or told twice, wherever the process is killed', async () => {
  const place = temporaryDirectory();
  const { points, ...calm } = await live(join(place, 'calm.db'), []);
  expect(calm.differences).toEqual([]);
  expect(calm.deliveries).toHaveLength(deliveries.length);
  expect(new Set(calm.heard).size).toBe(calm.heard.length);
  expect(calm.heard.length).toBeGreaterThan(10);
  expect(points).toBeGreaterThan(100);

  const queue = lives(points);
  const failures: string[] = [];
  await Promise.all(
    [1, 2].map(async () => {
      for (let crashes = queue.pop(); crashes !== undefined; crashes = queue.pop()) {
        try {
          const { points: _, ...end } = await live(join(place, `${crashes.join('-')}.db`), crashes);
          expect(end).toEqual(calm);
        } catch (error) {
          failures.push(`${crashes.join(', then ')} of ${points}, seed ${seed}: ${(error as Error).message}`);
        }
      }
    }),
  );
  expect(failures).toEqual([]);
});

const crashesInALife = 3;

/** Instants of lives; each but the first is near the beginning, where what was not answered is sent again. */
function lives(points: number): number[][] {
  // Park and Miller's generator: the same instants for the same seed, on every machine.
  let state = (Number(seed) % 2_147_483_646) + 1;
  const below = (most: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return 1 + Math.floor((state / 2_147_483_647) * most);
  };
  return Array.from({ length: Math.ceil(Number(wanted) / crashesInALife) }, () => [
    below(points),
    ...Array.from({ length: crashesInALife - 1 }, () => below(points)),
  ]);
}
