/** `signalbox work`: works on all that waits, in the foreground, without a service. */
import { messageOf } from '../domain/errors.ts';
import type { FeedEntry } from '../service/working.ts';
import { type CommonOptions, hintFor, type OwnCommand, openData } from './command.ts';
import { interruptHere, openForeground } from './foreground.ts';
import { interruption } from './interruption.ts';
import { clockTime, colors, exitCodes, harmless, print, printJsonLine, warn } from './output.ts';
import { deedOf } from './words.ts';

interface WorkOptions extends CommonOptions {
  untilIdle?: boolean;
}

export const work: OwnCommand = {
  description: 'work on all tasks of the data, in the foreground, until it is stopped',
  extra: command =>
    command
      .option('--until-idle', 'end when no task goes on by itself any more')
      .addHelpText('after', '\nExit codes: 0 idle, 2 bad usage or configuration, 130 interrupted.'),
  examples: ['signalbox work', 'signalbox work --until-idle --json'],
  run: options => workOn(options as WorkOptions),
};

async function workOn(options: WorkOptions): Promise<number> {
  const local = await openData(options);
  for (const warning of (await local.here.configuration()).warnings) warn(warning);
  let wake = () => {};
  const working = await openForeground(local, entry => {
    tell(entry, Boolean(options.json));
    wake();
  });
  const interrupted = interruption();
  try {
    if (!options.json) print(`Working on ${await local.here.dataDir()}; Ctrl-C stops after a checkpoint.`);
    const idle = async () => {
      for (;;) {
        const changed = new Promise<void>(resolve => {
          wake = resolve;
        });
        const { items } = await working.ask('task.list', { standing: 'working', limit: 1 });
        if (items.length === 0) return exitCodes.done;
        await changed;
      }
    };
    const code = await Promise.race([interrupted.happened, ...(options.untilIdle ? [idle()] : [])]);
    await working.caughtUp();
    if (code !== undefined) return code;
    return await interruptHere(working, `signalbox work${hintFor(options)}`);
  } finally {
    await working.interrupt('signalbox work').catch(error => warn(messageOf(error)));
    interrupted.forget();
    await working.close();
  }
}

/** A line for what happens to a task. */
function tell(entry: FeedEntry, isJson: boolean): void {
  const { kind, at, taskId, words, by, outcome } = entry;
  if (kind !== 'task' || outcome === 'ignored' || outcome === 'duplicate') return;
  if (isJson) printJsonLine(entry);
  else if (words !== null)
    print(`${colors.dim(clockTime(at))}  ${colors.bold(taskId ?? '')}  ${harmless(deedOf({ by, words }))}`);
}
