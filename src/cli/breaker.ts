/** `signalbox breaker …`: providers that are left alone, and why. */
import { Command } from 'commander';
import type { BreakerView } from '../commands/queue.ts';
import { createWorkerCommands } from '../commands/worker.ts';
import { actor, type CommonOptions, withApp, withCommonOptions } from './command.ts';
import { dayTime, harmless, print, printJson, table } from './output.ts';

export function breakerCommand(): Command {
  const breaker = new Command('breaker').description("breakers of the agents' providers");
  breaker.addCommand(
    withCommonOptions(new Command('list').description('all breakers, why one is open and until when')).action(list),
  );
  breaker.addCommand(
    withCommonOptions(
      new Command('reset').argument('<name>', 'the provider').description('close it: runs may start again'),
    ).action(reset),
  );
  return breaker.addHelpText(
    'after',
    `
Examples:
  $ signalbox breaker list
  $ signalbox breaker reset anthropic        # after logging in again, or paying the bill`,
  );
}

async function list({ json, ...place }: CommonOptions): Promise<void> {
  const breakers = await withApp({ ...place, mode: 'read' }, app => createWorkerCommands(app).breakers());
  if (json) return printJson({ breakers });
  if (Object.keys(breakers).length === 0) return print('There are no breakers yet; the first task makes them.');
  const rows = Object.entries(breakers).map(([name, { state, failureCount, threshold, totals, why, retryAt }]) => [
    name,
    state,
    `${failureCount} of ${threshold}`,
    `${totals.successes}/${totals.failures}/${totals.openings}`,
    retryAt === null || state === 'closed' ? '' : dayTime(retryAt),
    why ?? '',
  ]);
  print(table(['PROVIDER', 'STATE', 'IN A ROW', 'GOOD/BAD/OPENED', 'PROBE AT', 'WHY'], rows));
  for (const [name, { history }] of Object.entries(breakers)) showHistory(name, history);
}

function showHistory(name: string, history: BreakerView['history']): void {
  for (const { at, to, why } of history.slice(-5)) print(`  ${dayTime(at)}  ${name} → ${to}: ${harmless(why)}`);
}

async function reset(name: string, { json, ...place }: CommonOptions): Promise<void> {
  const breaker = await withApp({ ...place, mode: 'commit', creates: false }, app =>
    createWorkerCommands(app).resetBreaker(name, actor()),
  );
  if (json) printJson(breaker);
  else print(`The breaker of ${name} is ${breaker.state}.`);
}
