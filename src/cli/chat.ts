/** `signalbox chat …`: where people hear of what happens. */
import { answers } from './command.ts';
import { dayTime, exitCodes, harmless, print } from './output.ts';

export const list = answers({
  operation: 'chat.list',
  examples: ['signalbox chat list'],
  show({ chats }) {
    if (chats.length === 0)
      return print('No chat is configured; docs/notifications.md tells how people hear of things.');
    for (const { name, kind, account, problem, rules, waiting } of chats) {
      const since = waiting.oldest === null ? '' : `, the oldest since ${dayTime(waiting.oldest)}`;
      const lines = [
        `${name}: ${kind}${account === null ? '' : `, ${account}`}, ${rules} ${rules === 1 ? 'rule' : 'rules'}`,
        ...(problem === null ? [] : [`  ${problem.why}`, `    → ${problem.remedy}`]),
        ...(waiting.actions === 0 ? [] : [`  ${waiting.actions} waiting to be told there${since}`]),
      ];
      print(lines.map(harmless).join('\n'));
    }
  },
  exitCode: ({ chats }) => (chats.some(({ problem }) => problem !== null) ? exitCodes.failed : exitCodes.done),
});
