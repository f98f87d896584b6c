/** `signalbox wait`: until a task has ended, or only a person can move it on. */
import { parseDuration } from '../domain/duration.ts';
import { SignalboxError } from '../domain/errors.ts';
import { nobodyWorks, standStill } from './attended.ts';
import { type CommonOptions, hintFor, type OwnCommand, openClient } from './command.ts';
import { codeOf, standsStill } from './ending.ts';
import { interruption } from './interruption.ts';
import { exitCodes, harmless, note, print, printJson } from './output.ts';
import { usualMoves } from './task-show.ts';

interface WaitOptions extends CommonOptions {
  timeout?: string;
}

export const wait: OwnCommand = {
  description: 'wait until a task has ended, or only a person can move it on',
  extra: command =>
    command
      .argument('<id>', 'the id of the task, such as ET-003')
      .option('--timeout <duration>', 'give up after so long, such as 30m')
      .option('--url <address>', 'a service to ask instead (or SIGNALBOX_URL; its token in SIGNALBOX_API_TOKEN)')
      .addHelpText(
        'after',
        '\nExit codes: 0 done, 1 failed, blocked or still under way at the timeout, 2 bad usage, 3 a person is needed.',
      ),
  examples: ['signalbox wait ET-003 && git pull', 'signalbox wait ET-003 --timeout 30m --json'],
  run: (options, [id]) => until(String(id), options as WaitOptions),
};

async function until(taskId: string, options: WaitOptions): Promise<number> {
  const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout);
  if (options.timeout !== undefined && timeoutMs === undefined) {
    throw new SignalboxError('invalid', 'badUsage', '--timeout takes a duration such as 30m or 2h.');
  }
  const client = await openClient(options);
  const stop = new AbortController();
  const interrupted = interruption();
  let isInterrupted = false;
  void interrupted.happened.then(() => {
    isInterrupted = true;
    stop.abort();
  });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => stop.abort(), timeoutMs);
  // Followed first: what happens while it is looked at is told all the same.
  const news = client.follow('events.follow', { task: taskId }, { signal: stop.signal });
  try {
    let next = news.next();
    next.catch(() => {});
    let task = await client.ask('task.show', { taskId });
    if (await standStill(client, [task])) note(nobodyWorks(hintFor(options)));
    while (!standsStill(task) && !stop.signal.aborted) {
      if ((await next).done) break;
      next = news.next();
      next.catch(() => {});
      task = await client.ask('task.show', { taskId });
    }
    if (isInterrupted) return exitCodes.interrupted;
    if (options.json) printJson(task);
    else {
      print(`${task.id} is ${task.state}: ${harmless(task.why)}`);
      if (standsStill(task)) for (const { command } of usualMoves(task, hintFor(options))) print(`    ${command}`);
    }
    return codeOf(task);
  } catch (error) {
    if (!isInterrupted) throw error;
    return exitCodes.interrupted;
  } finally {
    stop.abort();
    clearTimeout(timer);
    interrupted.forget();
    // What was told and not taken any more would keep the data open.
    await news.return(undefined).catch(() => {});
    await client.close();
  }
}
