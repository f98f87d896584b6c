/** `signalbox verify` and `signalbox backup`: is the data whole, and a copy of it. */
import { resolve } from 'node:path';
import { answers } from './command.ts';
import { colors, exitCodes, note, print } from './output.ts';

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
  show: ({ file }) =>
    print(`${file} is a complete copy. To restore it, put it in place of signalbox.db while nothing runs.`),
});
