/** `signalbox verify`, `backup` and `prune`: is the data whole, a copy of it, and an end to what ended long ago. */
import { resolve } from 'node:path';
import { commandFor } from '../domain/command-line.ts';
import { formatSize } from '../domain/size.ts';
import { answers } from './command.ts';
import { colors, counted, exitCodes, note, print } from './output.ts';

const isLive = () => Boolean(process.stderr.isTTY);

export const verify = answers({
  operation: 'data.verify',
  description: 'check the database and replay every actor; exits 1 when something differs',
  examples: ['signalbox verify'],
  onProgress(count) {
    if (isLive() && Number(count) % 100 === 0) process.stderr.write(`\r${Number(count)} actors replayed`);
  },
  show({ ok, integrity, actors, differences }) {
    if (isLive()) process.stderr.write('\r\x1b[2K');
    for (const problem of integrity) note(`${colors.red('✗')} database: ${problem}`);
    for (const { actorId, reason } of differences) note(`${colors.red('✗')} ${actorId}: ${reason}`);
    if (ok) print(`${colors.green('✓')} The database is whole; ${actors} actors replay to their stored snapshots.`);
  },
  exitCode: ({ ok }) => (ok ? exitCodes.done : exitCodes.failed),
});

export const backup = answers({
  operation: 'data.backup',
  examples: ['signalbox backup ../signalbox.backup.db'],
  input: ({ file }) => ({ file: resolve(String(file)) }),
  show: ({ file }, { hint }) =>
    print(
      `${file} is a complete copy. While nobody works here, it is restored with: ${commandFor('data.restore', { file }, hint)}`,
    ),
});

export const restore = answers({
  operation: 'data.restore',
  hidden: ['dataDir'],
  input: ({ file }, { data }) => ({ file, dataDir: data ?? (process.env.SIGNALBOX_DATA || undefined) }),
  examples: ['signalbox restore ../signalbox.backup.db && signalbox verify'],
  show({ database, before, tasks }, { hint }) {
    print(`${colors.green('✓')} ${database} holds ${counted(tasks, 'task')} now.`);
    if (before !== null) print(`What was there is kept as ${before}.`);
    print(`Whether it is whole says: ${commandFor('data.verify', {}, hint)}`);
  },
});

export const prune = answers({
  operation: 'data.prune',
  named: { olderThan: '--older-than <duration>' },
  examples: ['signalbox prune --older-than 90d --dry-run', 'signalbox prune --older-than 90d'],
  onProgress(count) {
    if (isLive()) process.stderr.write(`\r${Number(count)} tasks`);
  },
  show({ dryRun, tasks, actors, logEntries, directories, bytes, kept, keptInAll }) {
    if (isLive()) process.stderr.write('\r\x1b[2K');
    const records = `${counted(tasks, 'task')} with ${counted(actors - tasks, 'run')} and ${logEntries} lines of log`;
    const files = `${formatSize(bytes)} of files of runs in ${directories} places`;
    print(`${dryRun ? 'Would remove' : 'Removed'} ${records}; ${files}.`);
    for (const { id, why } of kept) print(`${id} stays: ${why}.`);
    if (keptInAll > kept.length) print(`${keptInAll - kept.length} more stay.`);
  },
});
