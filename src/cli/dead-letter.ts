/** `signalbox dead-letter …`: events that a machine could not take and actions that would not go, for a person to see. */
import { Command } from 'commander';
import { type CommonOptions, withApp, withCommonOptions } from './command.ts';
import { clockTime, print, printJson, table } from './output.ts';

export function deadLetterCommand(): Command {
  const letters = new Command('dead-letter').description('events and actions that wait for a person');
  letters.addCommand(withCommonOptions(new Command('list').description('everything that waits, and why')).action(list));
  letters.addCommand(
    withCommonOptions(
      new Command('retry')
        .argument('<id>', 'as the list names it')
        .description('take an event, or carry out an action, again'),
    ).action(retry),
  );
  return letters.addHelpText(
    'after',
    '\nExamples:\n  $ signalbox dead-letter list\n  $ signalbox dead-letter retry event:12',
  );
}

async function list({ json, ...place }: CommonOptions): Promise<void> {
  const { events, outbox } = await withApp({ ...place, mode: 'read' }, app => app.runtime.deadLetters());
  const items = [
    ...events.map(({ position, actorId, event, error, at }) => ({
      id: `event:${position}`,
      actorId,
      type: event.type,
      error,
      at: new Date(at).toISOString(),
    })),
    ...outbox.map(({ key, actorId, type, error, at }) => ({
      id: key,
      actorId,
      type,
      error,
      at: new Date(at).toISOString(),
    })),
  ];
  if (json) return printJson({ items });
  if (items.length === 0) return print('Nothing waits for a person here.');
  const rows = items.map(({ id, actorId, type, error, at }) => [id, clockTime(at), actorId, type, error ?? '']);
  print(table(['ID', 'SINCE', 'ACTOR', 'WHAT', 'WHY'], rows));
}

async function retry(id: string, { json, ...place }: CommonOptions): Promise<void> {
  await withApp({ ...place, mode: 'commit', creates: false }, app => app.runtime.retryDeadLetter(id));
  if (json) printJson({ id, status: 'retried' });
  else print(`${id} is open again. An action is carried out by whoever works on this data next.`);
}
