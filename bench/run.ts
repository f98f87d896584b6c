/** Takes every measurement and writes `bench/RESULTS.md`. Usage: npm run bench [-- throughput latency start …] */
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { execa } from 'execa';
import { measureAdoption } from './adoption.ts';
import { measureCommandStart, measureCommandsOnMany, measureFirstOutput } from './commands.ts';
import { dashboardMeasurements } from './dashboard-rows.ts';
import { measureFigures } from './figures.ts';
import { measureCheckout, measureHandingOn, measureSetUp, ownProgram, type QuickGate } from './judging.ts';
import { kills, measureKill } from './kill.ts';
import { measureParsing, measureParsingMemory } from './parsing.ts';
import { measureIdleMemory, measureManyFinished, measureRecovery } from './scale.ts';
import { measureFollowing, measureHolding, measureLooking, measureOrders, measureServeStart } from './service.ts';
import { measureSmallTasks } from './small-tasks.ts';
import { measureStart } from './start.ts';
import { megabytes, type Row, short } from './statistics.ts';
import { measureSupervision } from './supervision.ts';
import { measureLatency, measureThroughput } from './throughput.ts';
import { trackerMeasurements } from './tracker-rows.ts';
import { webhookMeasurements } from './webhook-rows.ts';

const measurements: Record<string, () => Promise<Row[]>> = {
  async throughput() {
    return (await measureThroughput()).map(({ tasks, bare, runtime, ratio }) => ({
      what: `durable transitions per second, ${tasks} task${tasks === 1 ? '' : 's'} at once`,
      measured: `${short(runtime)} against ${short(bare)} bare: ${short(ratio)}`,
      bar: '≥ 0.8 of the bare loop',
      isMet: ratio >= 0.8,
    }));
  },
  async latency() {
    const { bare, runtime, ratio } = await measureLatency();
    return [
      {
        what: 'one event at a time, send → committed, median',
        measured: `${short(runtime)} µs against ${short(bare)} µs bare: ${short(ratio)}`,
        bar: '≤ 2 × a bare single-row commit',
        isMet: ratio <= 2,
      },
    ];
  },
  async start() {
    const { bare, durable, over } = await measureStart();
    return [
      {
        what: "commit that makes a run ready → its process has been exec'ed, median",
        measured: `${short(durable)} ms against ${short(bare)} ms bare: ${short(over)} ms over`,
        bar: '≤ 5 ms over a bare spawn',
        isMet: over <= 5,
      },
    ];
  },
  async judging() {
    const { worktree, first, second } = await measureCheckout();
    const before = process.env.SIGNALBOX_BENCH_BEFORE;
    const programs = [ownProgram, ...(before === undefined ? [] : [before])];
    const handingOn = async (gate: QuickGate): Promise<Row> => {
      const [handing = 0, earlier] = await measureHandingOn(programs, gate);
      const compared =
        earlier === undefined ? '' : ` against ${short(earlier)} ms of ${before}: ${short(handing / earlier)}`;
      const kind = gate === 'command' ? 'a command gate that passes at once' : 'a gate that looks for a document';
      return {
        what: `an agent's end → the next one's first instruction, with ${kind}, median`,
        measured: `${short(handing)} ms${compared}`,
        bar: '≤ 0.5 × the version before, where `SIGNALBOX_BENCH_BEFORE` names its command',
        isMet: earlier === undefined || handing <= 0.5 * earlier,
      };
    };
    return [
      {
        what: 'clean checkout for a gate, 10,000 files, the first, median',
        measured: `${short(first)} ms against ${short(worktree)} ms of \`git worktree add\`: ${short(first / worktree)}`,
        bar: '≤ 1.3 ×',
        isMet: first <= 1.3 * worktree,
      },
      {
        what: 'the second, 20 files changed',
        measured: `${short(second)} ms: ${short(second / worktree)}`,
        bar: '≤ 0.3 ×',
        isMet: second <= 0.3 * worktree,
      },
      await handingOn('artifacts'),
      await handingOn('command'),
    ];
  },
  async smallTasks() {
    const before = process.env.SIGNALBOX_BENCH_BEFORE;
    const [now, then] = await measureSmallTasks([ownProgram, ...(before === undefined ? [] : [before])]);
    const { perMinute, blocked, gits } = now!;
    const compared = then && ` against ${short(then.perMinute)} of ${before}: ${short(perMinute / then.perMinute)}`;
    const beside = then && `, against ${short(then.blocked.p99)} and ${short(then.blocked.most)} ms`;
    return [
      {
        what: '60 tasks of three stages at a service, 8 at once, agents of 20 ms: tasks per minute, median of 3',
        measured: `${short(perMinute)}${compared ?? ''}`,
        bar: '≥ 2.5 × the version before, where `SIGNALBOX_BENCH_BEFORE` names its command',
        isMet: then === undefined || perMinute >= 2.5 * then.perMinute,
      },
      {
        what: 'the main thread meanwhile: how late it was for what was due, p99',
        measured: `${short(blocked.p99)} ms, ${short(blocked.most)} ms at the most${beside ?? ''}`,
        bar: '≤ 20 ms',
        isMet: blocked.p99 <= 20,
      },
      {
        what: 'starts of git for such a task, on average, counted in a run of its own',
        measured: `${short(gits)}${then === undefined ? '' : ` against ${short(then.gits)}`}`,
        bar: '≤ 8 a stage and for the beginning and the end, 32 in all',
        isMet: gits <= 32,
      },
    ];
  },
  async setUp() {
    const { bytes, files, fileSystem, empty, full, keeping, copied } = await measureSetUp();
    const tree = `${megabytes(bytes)} MB of node_modules in ${short(files)} files`;
    return [
      {
        what: `set-up of a checkout from what is kept, ${tree}, on ${fileSystem}, median, against a first install`,
        measured: `${short(copied)} ms against ${short(empty)} ms of \`npm ci\` with an empty cache: ${short(copied / empty)}; keeping it took ${short(keeping)} ms more`,
        bar: '≤ 0.15 ×',
        isMet: copied <= 0.15 * empty,
      },
      {
        what: 'the same against an install from the full cache of npm',
        measured: `${short(copied)} ms against ${short(full)} ms: ${short(copied / full)}`,
        bar: '< 1 ×',
        isMet: copied < full,
      },
    ];
  },
  async commandStart() {
    const bars: Record<string, number> = { '--version': 3, 'task list': 5 };
    const { node, started } = await measureCommandStart();
    return started.map(({ what, ms, ratio }) => ({
      what: `\`signalbox ${what}\` as a whole process, built${what === '--version' ? '' : ', on empty data'}`,
      measured: `${short(ms)} ms against ${short(node)} ms of \`node -e 0\`: ${short(ratio)}`,
      bar: `≤ ${bars[what]} ×`,
      isMet: ratio <= bars[what]!,
    }));
  },
  async commandsOnMany() {
    return (await measureCommandsOnMany()).map(({ what, few, many, ratio }) => ({
      what: `\`signalbox ${what}\` as a whole process on 100,000 tasks against 100`,
      measured: `${short(many)} ms against ${short(few)} ms: ${short(ratio)}`,
      bar: '≤ 1.2 ×',
      isMet: ratio <= 1.2,
    }));
  },
  async firstOutput() {
    const { start, commands } = await measureFirstOutput();
    return commands.map(({ what, ms }) => ({
      what: `first output of \`signalbox ${what}\` on 100,000 tasks, after the start (${short(start)} ms)`,
      measured: `${short(ms)} ms`,
      bar: '≤ 150 ms',
      isMet: ms <= 150,
    }));
  },
  async figures() {
    const rows: Row[] = [];
    for (const [tasks, isHard] of [
      [1_000, false],
      [1_000, true],
      [5_000, false],
    ] as const) {
      const { entries, first, again, bytes, rss, ...held } = await measureFigures(tasks, isHard);
      const whose = isHard ? ', whose runs were tried twice, so that every entry is read' : '';
      const longer = (count: number) => (count === 0 ? '' : `, ${count} times longer than 20 ms`);
      rows.push(
        {
          what: `figures of ${short(tasks)} tasks with ${short(entries)} entries in their logs${whose}: the first time, and again`,
          measured: `${short(first)} ms, then ${short(again)} ms; ${megabytes(bytes)} MB of answer, RSS ${megabytes(rss)} MB`,
          bar: '≤ 5 ms and ≤ 0.2 ms a task',
          isMet: first <= 5 * tasks && again <= 0.2 * tasks,
        },
        {
          what: 'the longest that the event loop is held meanwhile',
          measured: `${short(held.heldAtFirst)} ms${longer(held.longerAtFirst)}; again ${short(held.heldAgain)} ms${longer(held.longerAgain)}`,
          bar: 'about 20 ms',
          isMet: Math.max(held.heldAtFirst, held.heldAgain) <= 30,
        },
      );
    }
    return rows;
  },
  async finished() {
    const { few, many, ratio, bytes } = await measureManyFinished();
    return [
      {
        what: `throughput (100 tasks) with 1,000,000 finished tasks in the file (${short(bytes / 1e6)} MB) against 1,000`,
        measured: `${short(many)} against ${short(few)} per second: ${short(ratio)}`,
        bar: '≥ 0.9',
        isMet: ratio >= 0.9,
      },
    ];
  },
  async memory() {
    const { heapPerTask, rssPerTask, cached } = await measureIdleMemory();
    return [
      {
        what: `memory per idle task beyond the cache (${cached} cached), 10,000 → 100,000 tasks`,
        measured: `${short(heapPerTask)} bytes of heap, ${short(rssPerTask)} bytes of RSS`,
        bar: '0',
        // A snapshot alone has 700 bytes: what is below a hundredth of it is the noise of two processes.
        isMet: Math.abs(heapPerTask) < 7,
      },
    ];
  },
  async recovery() {
    const [few, many] = await measureRecovery();
    return [
      {
        what: 'start after kill -9 with 100,000 unfinished tasks: open → first effect restarted',
        measured: `${short(many!.firstEffectMs)} ms (${short(few!.firstEffectMs)} ms with 1,000)`,
        bar: '≤ 1 s',
        isMet: many!.firstEffectMs <= 1_000,
      },
      {
        what: 'RSS at that moment, 100,000 unfinished tasks against 1,000',
        measured: `${short(many!.rssMb)} MB against ${short(few!.rssMb)} MB`,
        bar: 'does not grow with their number',
        isMet: many!.rssMb - few!.rssMb < 20,
      },
    ];
  },
  async parsing() {
    return (await measureParsing()).flatMap(({ cli, mixed, resultShare, small, bytesPerSmallLine, pace }) => [
      {
        what: `parsing the stream of ${cli}, ${Math.round(resultShare * 100)} % of its bytes in tool results`,
        measured: `${short(mixed)} MB/s`,
        bar: '≥ 200 MB/s',
        isMet: mixed >= 200,
      },
      {
        what: `parsing ${cli} at its worst: next to no tool results, ${Math.round(bytesPerSmallLine)} bytes a line`,
        measured: `${short(small)} MB/s, against ${perSecond(pace)} that it was recorded to print at most: ${short(small / pace)}`,
        bar: '≥ 5 × what it could ever print',
        isMet: small >= 5 * pace,
      },
    ]);
  },
  async parsingMemory() {
    const { usual, held } = await measureParsingMemory();
    const growth = (values: [number, number, number]) => `${values.map(value => megabytes(value)).join(' → ')} MB`;
    return [
      {
        what: `heap in use while ${megabytes(usual.bytes)} MB are parsed: before → at 250 MB → at the end`,
        measured: growth(usual.heap),
        bar: 'flat',
        isMet: usual.heap[2] - usual.heap[1] < 1e6,
      },
      {
        what: 'RSS at the same moments',
        measured: `${growth(usual.rss)}, of which V8 has taken ${growth(usual.committed)}; with its young generation held small ${growth(held.rss)}`,
        bar: 'flat but for the young generation',
        isMet: held.rss[2] - held.rss[1] < 10e6,
      },
    ];
  },
  async supervision() {
    const { agents, seconds, idle, started, adopted, rssPerAgent } = await measureSupervision();
    const percent = (share: number) => `${short(share * 100)} %`;
    return [
      {
        what: `processor time of the orchestrator with ${agents} silent agents for ${seconds} s`,
        measured: `${percent(started.share)} of a core, ${percent(adopted.share)} when it has adopted them, ${percent(idle.share)} without agents`,
        bar: '≤ 2 % of a core',
        isMet: Math.max(started.share, adopted.share) <= 0.02,
      },
      {
        what: 'RSS for each of them, against the orchestrator without agents',
        measured: `${short(rssPerAgent / 1e6)} MB`,
        bar: '≤ 1 MB',
        isMet: rssPerAgent <= 1e6,
      },
    ];
  },
  async kill() {
    const { whole, afterCheckpoint, afterSignal, gitCommand } = await measureKill();
    const text = ({ median, worst }: { median: number; worst: number }) =>
      `${short(median)} ms, worst of ${kills} ${short(worst)} ms`;
    return [
      {
        what: 'kill of 3 generations that ignore SIGTERM, each in a session of its own: order → nothing left in /proc, median',
        measured: `${text(whole)}; all but ${short(afterCheckpoint.median)} ms saves the worktree (a git command takes ${short(gitCommand)} ms here)`,
        bar: '≤ 60 ms, the worst ≤ 150 ms',
        isMet: whole.median <= 60 && whole.worst <= 150,
      },
      {
        what: 'the same from the moment in which the worktree is saved',
        measured: `${text(afterCheckpoint)}; from SIGKILL on ${text(afterSignal)}`,
        bar: '≤ 100 ms, also the worst',
        isMet: afterCheckpoint.worst <= 100,
      },
    ];
  },
  async looking() {
    const [one, list] = await measureLooking(1_000_000);
    return [
      { ...one!, bar: 10 },
      { ...list!, bar: 50 },
    ].map(({ what, p99, bar }) => ({
      what: `${what} with 1,000,000 tasks stored and 100 that move, p99`,
      measured: `${short(p99)} ms`,
      bar: `≤ ${bar} ms`,
      isMet: p99 <= bar,
    }));
  },
  async orders() {
    const { bare, storing, ratio } = await measureOrders();
    return [
      {
        what: '`POST /tasks/:id/events`, durable, 50 connections',
        measured: `${short(storing)} per second against ${short(bare)} of the same route that stores nothing: ${short(ratio)}`,
        bar: '≥ 0.5',
        isMet: ratio >= 0.5,
      },
    ];
  },
  async following() {
    const { readers, pace, p50, p99, alone, followed, ratio, bytesPerSecond, lost } = await measureFollowing(500);
    return [
      {
        what: `commit → seen by one of ${readers} readers of \`GET /events\`, at ${pace} orders a second, p99`,
        measured: `${short(p99)} ms (median ${short(p50)} ms), ${lost} lost`,
        bar: '≤ 50 ms',
        isMet: p99 <= 50 && lost === 0,
      },
      {
        what: `orders per second with ${readers} readers of everything against none, as many as there can be`,
        measured: `${short(followed)} against ${short(alone)}: ${short(ratio)}; the readers took ${short(bytesPerSecond / 1e6)} MB/s`,
        bar: '≥ 0.9',
        isMet: ratio >= 0.9,
      },
    ];
  },
  async serveStart() {
    const { ms, worst } = await measureServeStart(1_000_000, 10_000);
    return [
      {
        what: 'start of `signalbox serve` with 1,000,000 finished and 10,000 open tasks until it is ready, median',
        measured: `${short(ms)} ms (worst ${short(worst)} ms)`,
        bar: '≤ 2 s',
        isMet: ms <= 2_000,
      },
    ];
  },
  async holding() {
    const { events, readers, before, after } = await measureHolding(500, 360_000);
    const growth = after.heapUsed / before.heapUsed;
    return [
      {
        what: `memory of a service with ${readers} readers after ${short(events)} events (an hour of 100 tasks at one a second)`,
        measured: `heap ${megabytes(before.heapUsed)} → ${megabytes(after.heapUsed)} MB, RSS ${megabytes(before.rss)} → ${megabytes(after.rss)} MB`,
        bar: 'flat: heap ≤ 1.2 ×',
        isMet: growth <= 1.2,
      },
    ];
  },
  async adoption() {
    const result = await measureAdoption();
    const { agents, fromSpawn, fromOpen, lost, doubled, gaps, misread, lines, longestPause } = result;
    const text = ({ median, worst }: { median: number; worst: number }) =>
      `${short(median)} ms (worst ${short(worst)} ms)`;
    return [
      {
        what: `adoption of ${agents} live agents after kill -9, all of them, median`,
        measured: `${text(fromOpen)} from opening the data, ${text(fromSpawn)} from the start of the process`,
        bar: '≤ 1 s',
        isMet: fromSpawn.median <= 1_000,
      },
      {
        what: 'what became of them and of what they print',
        measured: `${lost} lost, ${doubled} doubled; of ${short(lines)} lines ${gaps} missing or repeated in the logs, ${misread} missed or counted twice; the longest pause of an agent ${short(longestPause)} ms`,
        bar: 'none lost, none doubled, output continuous',
        isMet: lost + doubled + gaps + misread === 0,
      },
    ];
  },
  ...webhookMeasurements,
  ...dashboardMeasurements,
  ...trackerMeasurements,
};

const perSecond = (pace: number) => (pace >= 1 ? `${short(pace)} MB/s` : `${short(pace * 1_000)} kB/s`);

const chosen = process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(measurements);
const rows: Row[] = [];
for (const name of chosen) {
  const measure = measurements[name];
  if (measure === undefined)
    throw new Error(`There is no measurement ${name}; there are ${Object.keys(measurements).join(', ')}.`);
  for (const row of await measure()) {
    rows.push(row);
    process.stdout.write(`${row.isMet ? '✓' : '✗'} ${row.what}: ${row.measured} (${row.bar})\n`);
  }
}
if (chosen.length === Object.keys(measurements).length) {
  const { stdout: commit } = await execa('git', ['rev-parse', '--short', 'HEAD'], { reject: false });
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`;
  const table = rows.map(
    ({ what, measured, bar, isMet }) => `| ${what} | ${measured} | ${bar} | ${isMet ? 'met' : '**not met**'} |`,
  );
  const text = `# Results

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}, commit ${commit || 'unknown'}.
Machine: ${machine}. Both sides of every ratio were measured in turns in the same run; SQLite with WAL and \`synchronous=FULL\`.

| what | measured | bar | |
|---|---|---|---|
${table.join('\n')}

What the numbers mean and where the time goes: [README.md](README.md).
`;
  writeFileSync(new URL('RESULTS.md', import.meta.url), text);
}
