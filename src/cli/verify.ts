/** `signalbox verify` and `signalbox backup`: is the data whole, and a copy of it. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { type CommonOptions, withApp, withCommonOptions } from './command.ts';
import { colors, exitCodes, note, print, printJson } from './output.ts';

export function verifyCommand(): Command {
  return withCommonOptions(
    new Command('verify').description('check the database and replay every actor; exits 1 when something differs'),
  ).action(async ({ json, ...place }: CommonOptions) => {
    const isLive = !json && Boolean(process.stderr.isTTY);
    const { problems, checked, differences } = await withApp({ ...place, mode: 'read' }, async app => {
      const found = await app.store.integrity();
      const result = await app.runtime.verify(count => {
        if (isLive && count % 100 === 0) process.stderr.write(`\r${count} actors replayed`);
      });
      if (isLive) process.stderr.write('\r\x1b[2K');
      return { problems: found, ...result };
    });
    const isWhole = problems.length === 0 && differences.length === 0;
    if (json) printJson({ ok: isWhole, integrity: problems, actors: checked, differences });
    else {
      for (const problem of problems) note(`${colors.red('✗')} database: ${problem}`);
      for (const { actorId, reason } of differences) note(`${colors.red('✗')} ${actorId}: ${reason}`);
      if (isWhole)
        print(`${colors.green('✓')} The database is whole; ${checked} actors replay to their stored snapshots.`);
    }
    if (!isWhole) process.exitCode = exitCodes.failed;
  });
}

export function backupCommand(): Command {
  return withCommonOptions(
    new Command('backup')
      .argument('<file>', 'where to write the copy')
      .description('copy the database while it is in use'),
  ).action(async (file: string, { json, ...place }: CommonOptions) => {
    const target = resolve(file);
    await withApp({ ...place, mode: 'read' }, app => app.store.backup(target));
    if (json) printJson({ file: target });
    else print(`${target} is a complete copy. To restore it, put it in place of signalbox.db while nothing runs.`);
  });
}
