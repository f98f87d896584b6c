/** Asks the person at the terminal what a task waits for. */
import { createInterface } from 'node:readline/promises';
import type { TaskView, Working } from '../service/working.ts';
import { colors, harmless, print } from './output.ts';
import type { Progress } from './progress.ts';
import { showChanges } from './task-diff.ts';
import { whereTheWorkIs } from './task-show.ts';

/** What a person has decided: an operation with its fields. */
export type Decision =
  | { operation: 'task.approve' | 'task.retry'; fields: { reason?: string } }
  | { operation: 'task.answer'; fields: { text: string } }
  | { operation: 'task.reject'; fields: { reason: string } };

/** Answers nothing where nobody is there, or where they leave it for later. */
export async function askPerson(working: Working, task: TaskView, progress: Progress): Promise<Decision | undefined> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined;
  const goOn = progress.pause();
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new Promise<undefined>(resolve => terminal.once('close', () => resolve(undefined)));
  // The terminal takes Ctrl-C while it asks: pass it on, and then ask no more, or the terminal would keep the process.
  terminal.once('SIGINT', () => {
    process.emit('SIGINT');
    terminal.close();
  });
  try {
    print(`\n${colors.yellow('?')} ${harmless(task.why)}`);
    return await decide(working, task, question => Promise.race([terminal.question(question), closed]));
  } finally {
    terminal.close();
    goOn();
  }
}

type Ask = (question: string) => Promise<string | undefined>;

async function decide(working: Working, task: TaskView, ask: Ask): Promise<Decision | undefined> {
  const may = (event: string) => task.moves.some(move => move.event === event);
  if (may('task.answer')) {
    print(`\n${harmless(task.questions ?? '')}\n`);
    const text = (await ask('Your answer (empty to leave it for later): '))?.trim();
    return text ? { operation: 'task.answer', fields: { text } } : undefined;
  }
  const mayApprove = may('task.approve');
  const choices = mayApprove
    ? 'Approve? [y]es, [n]o, [v]iew, [r]etry, [l]ater; a comment may follow the letter: '
    : '[r]etry, send back with a [n]ote, [v]iew, [l]ater: ';
  for (;;) {
    const [, letter = '', said = ''] = /^(\S*)\s*(.*)$/s.exec((await ask(choices))?.trim() ?? 'l') ?? [];
    const reason = said === '' ? {} : { reason: said };
    switch (letter.toLowerCase().slice(0, 1)) {
      case 'v':
        await view(working, task);
        break;
      case 'y':
        if (mayApprove) return { operation: 'task.approve', fields: reason };
        print('This cannot be approved.');
        break;
      case 'r':
        return { operation: 'task.retry', fields: reason };
      case 'n': {
        const why = said || (await ask('Why not? '))?.trim();
        if (why) return { operation: 'task.reject', fields: { reason: why } };
        break;
      }
      case 'l':
        return undefined;
      default:
        print(`${harmless(JSON.stringify(letter))} is none of the letters in brackets.`);
    }
  }
}

/** What the task has changed: its documents, and the code. */
async function view(working: Working, task: TaskView): Promise<void> {
  showChanges(await working.ask('task.changes', { taskId: task.id }));
  print(`\n${whereTheWorkIs(task)}\n`);
}
