/** Takes every measurement and writes `bench/RESULTS.md`. Usage: npm run bench [-- throughput latency start …] */
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { execa } from 'execa';
import { measureIdleMemory, measureManyFinished, measureRecovery } from './scale.ts';
import { measureStart } from './start.ts';
import { short } from './statistics.ts';
import { measureLatency, measureThroughput } from './throughput.ts';

interface Row {
  what: string;
  measured: string;
  bar: string;
  isMet: boolean;
}

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
};

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
