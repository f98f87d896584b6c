/**
 * The application in a process of its own, told what to do on its command line. Prints one JSON object per line.
 *
 *   supervise DIRECTORY COUNT SECONDS   starts or adopts silent agents, says what watching them takes, and dies at once
 *   start DIRECTORY COUNT               starts counting agents, says `ready`, and lives until it is killed
 *   adopt DIRECTORY COUNT               opens the data of a process that was killed, and says when each run was adopted
 *   kill DIRECTORY                      starts and stops runs of stubborn trees as standard input says, and says when what happened
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Transition } from '../src/runtime/index.ts';
import { createRun, fakeClaude, openBench, pause, stubborn } from './agent-runs.ts';

const [what, directory = '', countText = '0', secondsText = '0'] = process.argv.slice(2);
const count = Number(countText);
const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
/** Waits until this many runs have said that their process has started. */
function startedRuns(wanted: number) {
  const pids = new Map<string, number>();
  let resolve = () => {};
  const all = new Promise<void>(done => {
    resolve = done;
  });
  if (wanted === 0) resolve();
  return {
    all,
    pids,
    listener({ kind, actorId, type, event }: Transition) {
      if (kind !== 'agentRun' || type !== 'agent.started') return;
      pids.set(actorId, (event as unknown as { pid: number }).pid);
      if (pids.size === wanted) resolve();
    },
  };
}

async function supervise(seconds: number): Promise<void> {
  const { all, listener } = startedRuns(count);
  const app = await openBench(directory, listener);
  // In a directory that a killed orchestrator has left, they are there already, and adopted.
  const isNew = (await app.runtime.actor('r0')) === undefined;
  for (let run = 0; isNew && run < count; run++) await createRun(app, `r${run}`, { agent: fakeClaude('silent') });
  await all;
  // Until the first lines have been read, the code is compiled and the heap has settled.
  await pause(10_000);
  collect();
  const before = process.cpuUsage();
  const began = performance.now();
  await pause(seconds * 1_000);
  const { user, system } = process.cpuUsage(before);
  const elapsed = performance.now() - began;
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  print({ share: (user + system) / 1_000 / elapsed, rss, heap: heapUsed });
  process.kill(process.pid, 'SIGKILL');
}

async function start(): Promise<void> {
  const { all, pids, listener } = startedRuns(count);
  const app = await openBench(directory, listener);
  for (let run = 0; run < count; run++) await createRun(app, `r${run}`, { agent: fakeClaude('counting') });
  await all;
  print({ pids: Object.fromEntries(pids) });
}

async function adopt(): Promise<void> {
  const opened = performance.now();
  const { all, pids, listener } = startedRuns(count);
  const ends = new Map<string, object>();
  await openBench(directory, transition => {
    listener(transition);
    if (transition.kind !== 'agentRun' || transition.type !== 'agent.exited') return;
    const { report, end } = transition.event as unknown as {
      report: { events: number; lastText: string };
      end: { class: string };
    };
    ends.set(transition.actorId, { events: report.events, lastText: report.lastText, end: end.class });
    if (ends.size === count) print({ ends: Object.fromEntries(ends) });
  });
  const ready = performance.now();
  await all;
  const adopted = performance.now();
  print({
    pids: Object.fromEntries(pids),
    fromStartMs: adopted,
    openedAfterMs: opened,
    fromOpenMs: adopted - opened,
    openMs: ready - opened,
    wall: performance.timeOrigin + adopted,
  });
}

/** One order per line: `start RUN`, `stop RUN`. Each is answered when it has been carried out. */
async function kill(): Promise<void> {
  let entered = (_: { actorId: string; to: string }) => {};
  const app = await openBench(directory, transition => entered(transition));
  const worktree = join(directory, 'worktrees', 'repository');
  /** When the run first came into each state, nanoseconds of the machine's monotonic clock. */
  const follow = (run: string, last: (state: string) => boolean) =>
    new Promise<Record<string, string>>(resolve => {
      const times: Record<string, string> = {};
      entered = ({ actorId, to }) => {
        if (actorId !== run) return;
        times[to] ??= String(process.hrtime.bigint());
        if (last(to)) resolve(times);
      };
    });
  for await (const line of createInterface({ input: process.stdin })) {
    const [order, run = '', head = ''] = line.split(' ');
    if (order === 'start') {
      const running = follow(run, state => state.startsWith('working.running'));
      await createRun(app, run, { agent: stubborn, policy: { graceMs: 0 }, worktree, head });
      await running;
      print({ run });
    } else {
      // The worktree is put back after the end: the next run does not begin before that.
      const settled = follow(run, state => state === 'settled');
      const sent = String(process.hrtime.bigint());
      await app.runtime.send(run, { type: 'run.stop', cause: 'killed', by: 'bench' } as never);
      print({ sent, ...(await settled) });
      await app.runtime.idle();
    }
  }
}

function collect(): void {
  for (let round = 0; round < 5; round++) globalThis.gc?.();
}

const orders: Record<string, () => Promise<void>> = {
  supervise: () => supervise(Number(secondsText)),
  start,
  adopt,
  kill,
};
await orders[what ?? '']?.();
