/** Asks the person at the terminal what a task waits for. */
import { createInterface } from 'node:readline/promises';
import type { TaskView } from '../service/working.ts';
import { colors, harmless, print } from './output.ts';
import type { Progress } from './progress.ts';

/** What a person has decided: an operation with its fields. */
export type Decision =
  | { operation: 'task.approve' | 'task.retry'; fields: Record<string, never> }
  | { operation: 'task.answer'; fields: { text: string } }
  | { operation: 'task.reject'; fields: { reason: string } };

/** Answers nothing where nobody is there, or where they leave it for later. */
export async function askPerson(task: TaskView, progress: Progress): Promise<Decision | undefined> {
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
    return await decide(task, question => Promise.race([terminal.question(question), closed]));
  } finally {
    terminal.close();
    goOn();
  }
}

async function decide(
  task: TaskView,
  ask: (question: string) => Promise<string | undefined>,
): Promise<Decision | undefined> {
  const may = (event: string) => task.moves.some(move => move.event === event);
  if (may('task.answer')) {
    print(`\n${harmless(task.questions ?? '')}\n`);
    const text = (await ask('Your answer (empty to leave it for later): '))?.trim();
    return text ? { operation: 'task.answer', fields: { text } } : undefined;
  }
  print(`  Look at it in ${task.branch}: git -C ${task.repository} log --stat ${task.target}..${task.branch}`);
  const mayApprove = may('task.approve');
  const choices = mayApprove
    ? 'Approve? [y]es, [n]o, [r]etry, [l]ater: '
    : '[r]etry, send back with a [n]ote, [l]ater: ';
  const word = (await ask(choices))?.trim().toLowerCase() ?? '';
  if (mayApprove && word.startsWith('y')) return { operation: 'task.approve', fields: {} };
  if (word.startsWith('r')) return { operation: 'task.retry', fields: {} };
  if (!word.startsWith('n')) return undefined;
  const reason = (await ask('Why not? '))?.trim();
  return reason ? { operation: 'task.reject', fields: { reason } } : undefined;
}
