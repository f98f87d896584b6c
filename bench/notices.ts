/** Ten thousand notices for a chat that is away for an hour, beside a lane that carries actions all the time. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type SlackMessage, startFakeSlack } from '../src/testing/chats/slack.ts';
import { type ChatApp, startChatApp } from './chat-app.ts';
import { createMovingClock } from './moving-clock.ts';
import { inDirectory } from './processes.ts';
import { median, quantile } from './statistics.ts';

export interface Told {
  notices: number;
  /** How often somebody tried to reach the chat while it was away. */
  tries: number;
  received: number;
  lost: number;
  doubled: number;
  /** Repeats that do not carry the mark of the first, and marks that two notices share. */
  unmarked: number;
  restarts: number;
  /** Milliseconds from sending to the answer of the other lane's action, one at a time, with the lane that is dead and without. */
  with: Lane;
  without: Lane;
  /** Medians of the ratios of neighbouring measurements, with it to without it. */
  latency: number;
  throughput: number;
}

interface Lane {
  median: number;
  p99: number;
  perSecond: number;
}

const hourMs = 3_600_000;
const stepMs = 10_000;
const atOnce = 50;

export async function measureNotices(notices: number): Promise<Told> {
  return inDirectory(async directory => {
    const away = await startFakeSlack();
    const there = await startFakeSlack();
    const clock = createMovingClock();
    away.down();
    // Both have told the same: the only difference is that with one of them it waits.
    let burdened = await startChatApp(join(directory, 'with'), away.url, clock);
    const free = await startChatApp(join(directory, 'without'), there.url, clock);
    try {
      for (let made = 0; made < notices; made += 100) {
        await Promise.all([burdened.finish(made, 100), free.finish(made, 100)]);
        await clock.pass(clock.now());
      }
      await settled(() => there.messages.length === notices);
      await settled(async () => (await burdened.runtime.lanes())[0]?.open === notices);

      const compared = await compare({ burdened, free }, clock);
      const tries = await triesIn(burdened);
      away.up();
      const restarts = 3;
      for (let restart = 1; restart <= restarts; restart++) {
        await passUntil(clock, () => away.messages.length >= (notices * restart) / (restarts + 1));
        await burdened.killed();
        burdened = await startChatApp(join(directory, 'with'), away.url, clock);
      }
      await passUntil(clock, async () => (await burdened.runtime.lanes()).length === 0);
      return { notices, tries, restarts, ...counted(away.messages, notices), ...compared };
    } finally {
      await Promise.all([burdened.close(), free.close()]);
      await Promise.all([away.close(), there.close()]);
    }
  });
}

/** An hour of both, step by step, and in each step the same calls of the other lane, in turns. */
async function compare(
  { burdened, free }: { burdened: ChatApp; free: ChatApp },
  clock: ReturnType<typeof createMovingClock>,
): Promise<Pick<Told, 'with' | 'without' | 'latency' | 'throughput'>> {
  const times = { burdened: [] as number[], free: [] as number[] };
  const rounds = { burdened: [] as number[], free: [] as number[] };
  const apps = [
    ['burdened', burdened],
    ['free', free],
  ] as const;
  for (let end = clock.now() + hourMs, step = 0; clock.now() < end; step++) {
    // What has become due is taken up beside the calls, and not before them.
    await clock.hop(stepMs);
    for (const [name, app] of step % 2 === 0 ? apps : apps.toReversed()) {
      for (let call = 0; call < 5; call++) times[name].push(await app.call(1));
      rounds[name].push(await app.call(atOnce));
    }
  }
  const laneOf = (name: keyof typeof times): Lane => ({
    median: median(times[name]),
    p99: quantile(times[name], 0.99),
    perSecond: (atOnce / median(rounds[name])) * 1_000,
  });
  return {
    with: laneOf('burdened'),
    without: laneOf('free'),
    latency: median(times.burdened.map((ms, index) => ms / times.free[index]!)),
    throughput: median(rounds.free.map((ms, index) => ms / rounds.burdened[index]!)),
  };
}

async function triesIn({ runtime }: ChatApp): Promise<number> {
  const row = await runtime.actor('breaker:chat:slack');
  const { totals } = JSON.parse(row!.snapshot).context as { totals: { failures: number } };
  return totals.failures;
}

/** Every notice is about a task of its own. */
function counted(
  messages: readonly SlackMessage[],
  notices: number,
): Pick<Told, 'received' | 'lost' | 'doubled' | 'unmarked'> {
  const marks = new Map<string, string[]>();
  for (const message of messages) {
    const all = JSON.stringify(message);
    const [, subject = ''] = /(T-\d+) is done/.exec(all) ?? [];
    const [, mark = ''] = /· (n[\w-]+)/.exec(all) ?? [];
    marks.set(subject, [...(marks.get(subject) ?? []), mark]);
  }
  const different = new Set([...marks.values()].map(([mark]) => mark));
  const other = [...marks.values()].filter(([first, ...more]) => more.some(mark => mark !== first)).length;
  return {
    received: messages.length,
    lost: notices - marks.size,
    doubled: messages.length - marks.size,
    unmarked: other + (marks.size - different.size) + (different.has('') ? 1 : 0),
  };
}

async function settled(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(20);
}

async function passUntil(
  clock: ReturnType<typeof createMovingClock>,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  for (let step = 0; !(await isSo()); step++) {
    if (step > 100_000) throw new Error('it does not come to an end');
    await pause(20);
    // A pause in a lane is one of the clock.
    if (step % 5 === 0) await clock.hop(1_000);
  }
}
